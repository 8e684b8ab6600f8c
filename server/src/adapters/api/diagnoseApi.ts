// The Home's diagnosis for clients: finds the facts out, changes nothing, and lets the checks judge.
// What cannot be found out becomes a finding that says so; nothing is opened for other machines by asking. A diagnosis is
// made to be handed on: its texts go through the redactor.
import { statfs } from "node:fs/promises";
import { ArwError } from "#protocol/errors.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import type { DiagnosisCheck } from "#protocol/wire/diagnosis.ts";
import type { ReadOnlyView } from "#protocol/wire/clientViews.ts";
import type { Redactor } from "#platform/redaction/redactor.ts";
import { type HeldNode, nodeName } from "../../home/node/state.ts";
import type { HomeApi } from "../clientServer/homeApi.ts";
import { diagnosis, type HomeFacts, type Problem } from "../diagnose/checks.ts";
import type { Clustering } from "../workers/clustering.ts";
import type { HomeServices } from "./services.ts";

type DiagnoseApi = Pick<HomeApi, "diagnose">;

export interface DiagnoseTerms {
  readonly services: Pick<HomeServices, "home" | "journal" | "now" | "tree" | "witnesses" | "redaction">;
  readonly homeFolder: string;
  readonly clustering: Pick<Clustering, "listening" | "problem" | "addresses">;
  readonly readOnly: () => ReadOnlyView | undefined;
  readonly selfTest: (signal: AbortSignal) => Promise<ArwError | undefined>;
  readonly ownerSecretProblem: () => Promise<Problem | undefined>;
  /** The worker's doctor on this machine. */
  readonly examine: (signal: AbortSignal) => Promise<HomeFacts["machine"]>;
}

export function diagnoseApi(terms: DiagnoseTerms): DiagnoseApi {
  // Two at once would disturb each other's probes, and cost twice for the same answer.
  let running: Promise<unknown> = Promise.resolve();
  return {
    diagnose: async (_, { signal }) => {
      const found = running.then(() => factsOf(terms, signal));
      running = found.catch(() => undefined);
      const redactor = terms.services.redaction.current;
      return { checks: diagnosis(await found).map((check) => redacted(check, redactor)) };
    },
  };
}

function redacted(check: DiagnosisCheck, redactor: Redactor): DiagnosisCheck {
  const cause = redactor.redact(check.cause).text;
  return { ...check, cause, ...(check.fix === undefined ? {} : { fix: redactor.redact(check.fix).text }) };
}

async function factsOf(terms: DiagnoseTerms, signal: AbortSignal): Promise<HomeFacts> {
  signal.throwIfAborted();
  const { services, homeFolder, clustering } = terms;
  const { home, journal, now, tree, witnesses } = services;
  const { nodes, egress } = home.state;
  const workers = [...nodes.byId.values()].filter(isEnrolled);
  const listens = clustering.listening !== undefined;
  return {
    readOnly: terms.readOnly(),
    durableFrames: journal.durableSequence,
    disk: { folder: homeFolder, freeBytes: await freeBytesOf(homeFolder) },
    now: now(),
    newestAt: await newestAt(services),
    ownerSecret: await terms.ownerSecretProblem(),
    clustering: clusteringOf(terms),
    selfTest: listens ? { problem: await terms.selfTest(signal) } : undefined,
    silentNodes: workers.flatMap(({ name, status }) =>
      status.kind === "unreachable" ? [{ name, reason: status.reason }] : [],
    ),
    workers: workers.length,
    ledgerSize: tree.frontier.size,
    ledgerAhead: witnesses
      .all()
      .flatMap(({ nodeId, size, signed }) => (signed === undefined ? [{ name: nodeName(nodes, nodeId), size }] : [])),
    witnesses: witnesses.all().filter(({ signed }) => signed !== undefined).length,
    unknownSecrets: services.redaction.unknownSecrets,
    paused: egress.paused,
    machine: await machineOf(terms, signal),
  };
}

function clusteringOf({ clustering, services }: DiagnoseTerms): HomeFacts["clustering"] {
  const { listening, problem } = clustering;
  if (listening !== undefined) {
    const { host, port } = listening;
    return { kind: "on", host, port, addresses: clustering.addresses(host, port) };
  }
  if (problem !== undefined) return { kind: "blocked", problem };
  return { kind: "off", wasOn: services.home.state.nodes.lastListen !== undefined };
}

async function machineOf({ examine }: DiagnoseTerms, signal: AbortSignal): Promise<HomeFacts["machine"]> {
  try {
    return await examine(signal);
  } catch (error) {
    signal.throwIfAborted();
    const fix = error instanceof ArwError ? error.advice : "look into home.log";
    return [{ check: "engines", state: "fail", cause: `this machine could not be examined: ${String(error)}`, fix }];
  }
}

async function newestAt({ journal }: DiagnoseTerms["services"]): Promise<EpochMs | undefined> {
  if (journal.durableSequence < 1) return undefined;
  for await (const { events } of journal.read(journal.durableSequence, 1)) return events[0]?.at;
  return undefined;
}

async function freeBytesOf(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

function isEnrolled({ local, status }: HeldNode): boolean {
  return !local && (status.kind === "ready" || status.kind === "unreachable");
}
