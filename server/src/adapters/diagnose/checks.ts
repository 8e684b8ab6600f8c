// The checks of a Home's diagnosis, as data: each judges the facts alone, so each can be tried alone.
// Whatever is not well says its cause and the fix. It looks at nothing itself and changes nothing.
import type { DiagnosisCheck } from "#protocol/wire/diagnosis.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import type { ReadOnlyView } from "#protocol/wire/clientViews.ts";

/** Why something cannot be used, and what mends it. */
export interface Problem {
  readonly message: string;
  readonly advice: string;
}

export interface HomeFacts {
  readonly readOnly: ReadOnlyView | undefined;
  readonly durableFrames: number;
  readonly disk: { readonly folder: string; readonly freeBytes: number | undefined };
  readonly now: EpochMs;
  /** When the newest record says that it was written; undefined in a journal without any. */
  readonly newestAt: EpochMs | undefined;
  readonly ownerSecret: Problem | undefined;
  readonly clustering:
    | { readonly kind: "off"; readonly wasOn: boolean }
    | { readonly kind: "blocked"; readonly problem: Problem }
    | { readonly kind: "on"; readonly host: string; readonly port: number; readonly addresses: readonly string[] };
  /** What this runtime's self-test said; absent where it was not tried, because nothing may listen. */
  readonly selfTest: { readonly problem: Problem | undefined } | undefined;
  readonly silentNodes: readonly { readonly name: string; readonly reason: string }[];
  readonly workers: number;
  /** Workers that saw more of the egress ledger than there is. */
  readonly ledgerAhead: readonly { readonly name: string; readonly size: number }[];
  readonly ledgerSize: number;
  /** Workers that check the ledger. */
  readonly witnesses: number;
  /** Of the workspace's files, not looked for in text that leaves. */
  readonly unknownSecrets: number;
  readonly paused: { readonly at: EpochMs; readonly by: string } | undefined;
  /** Of this machine, from the worker's doctor. */
  readonly machine: readonly {
    readonly check: string;
    readonly state: "ok" | "warn" | "fail";
    readonly cause: string;
    readonly fix?: string;
  }[];
}

/** Below this the next sends and outputs may not fit. */
export const DISK_ATTENTION_BYTES: number = 2 * 1024 ** 3;
/** Below this the journal itself is in danger. */
export const DISK_FAILED_BYTES: number = 256 * 1024 ** 2;
/** Clocks are set by a little all the time; more than this misleads whoever reads the timeline. */
export const CLOCK_BACK_MS = 5_000;

/** In the order in which a problem explains those after it. */
export function diagnosis(facts: HomeFacts): readonly DiagnosisCheck[] {
  return [
    { id: "journal", title: "Journal", ...judgeJournal(facts) },
    { id: "disk", title: "Disk room", ...judgeDisk(facts) },
    { id: "clock", title: "Clock", ...judgeClock(facts) },
    { id: "owner-secret", title: "Owner secret", ...judgeOwnerSecret(facts) },
    ...facts.machine.map(({ check, state, cause, fix }) => ({
      id: check,
      title: MACHINE_TITLES.get(check) ?? check,
      state: STATES[state],
      cause,
      ...(fix === undefined ? {} : { fix }),
    })),
    { id: "runtime", title: "Runtime self-test", ...judgeRuntime(facts) },
    { id: "clustering", title: "Door for workers", ...judgeClustering(facts) },
    { id: "nodes", title: "Workers", ...judgeNodes(facts) },
    { id: "ledger", title: "Egress ledger", ...judgeLedger(facts) },
    { id: "offloads", title: "Offloads", ...judgeOffloads(facts) },
  ];
}

const MACHINE_TITLES: ReadonlyMap<string, string> = new Map([
  ["sandbox", "Sandbox"],
  ["engines", "Engines"],
  ["models", "Models"],
  ["gpu", "Graphics processor"],
]);
const STATES = { ok: "ok", warn: "attention", fail: "failed" } as const;

type Judged = Pick<DiagnosisCheck, "state" | "cause" | "fix">;

function judgeJournal({ readOnly, durableFrames }: HomeFacts): Judged {
  if (readOnly === undefined) return ok(`it takes writes; ${durableFrames} frames are durable`);
  return failed(
    `the Home serves reading only: ${readOnly.reason}`,
    "free disk space or mend the disk, then: arw-home journal reopen",
  );
}

function judgeDisk({ disk: { folder, freeBytes } }: HomeFacts): Judged {
  if (freeBytes === undefined)
    return attention(`the free space of ${folder} is unknown`, `look yourself: df '${folder}'`);
  const cause = `${(freeBytes / 1024 ** 3).toFixed(1)} GiB are free where ${folder} lies`;
  const fix = "free some space; what this Home no longer needs goes with: arw-home storage collect";
  if (freeBytes < DISK_FAILED_BYTES) return failed(cause, fix);
  return freeBytes < DISK_ATTENTION_BYTES ? attention(cause, fix) : ok(cause);
}

function judgeClock({ now, newestAt }: HomeFacts): Judged {
  if (newestAt === undefined) return ok("there is no record yet that it could be before");
  const backMs = newestAt - now;
  if (backMs <= CLOCK_BACK_MS) return ok("it is not before the newest record");
  return attention(
    `it is ${Math.round(backMs / 1_000)} s before the newest record, so times in the timeline go back`,
    "set this machine's clock, for example: timedatectl set-ntp true",
  );
}

function judgeOwnerSecret({ ownerSecret }: HomeFacts): Judged {
  return ownerSecret === undefined ? ok("there is one, and nobody else can read its hash") : failedBy(ownerSecret);
}

function judgeRuntime({ selfTest }: HomeFacts): Judged {
  if (selfTest === undefined)
    return ok("not tried: clustering is off and nothing may listen; it is tried when it is turned on");
  const { problem } = selfTest;
  return problem === undefined ? ok("signatures, files, certificates and the door hold") : failedBy(problem);
}

function judgeClustering({ clustering }: HomeFacts): Judged {
  switch (clustering.kind) {
    case "off":
      return ok(clustering.wasOn ? "off: work goes on here" : "off: no worker was ever invited");
    case "blocked":
      return failedBy(clustering.problem);
    case "on": {
      const { host, port, addresses } = clustering;
      const inside = host === "127.0.0.1" || host === "::1" || host === "localhost";
      const reach = inside ? "only programs on this machine reach it" : `workers reach it at ${addresses.join(", ")}`;
      return ok(`open at ${host}:${port}; ${reach}`);
    }
  }
}

function judgeNodes({ clustering, silentNodes, workers }: HomeFacts): Judged {
  if (workers === 0) return ok("none is enrolled");
  const [first] = silentNodes;
  if (first === undefined)
    return ok(workers === 1 ? "the one that is enrolled is connected" : `all ${workers} are connected`);
  const cause = silentNodes.map(({ name, reason }) => `${name} (${reason})`).join(", ");
  if (clustering.kind === "off") return ok(`not connected while clustering is off: ${cause}`);
  return attention(
    `not connected: ${cause}`,
    `look at ${first.name}: arw-worker doctor there; start it: arw-worker run`,
  );
}

function judgeLedger({ ledgerAhead, ledgerSize, witnesses }: HomeFacts): Judged {
  const [first] = ledgerAhead;
  if (first !== undefined) {
    return failed(
      `${ledgerAhead.map(({ name, size }) => `${name} saw ${size} entries`).join(", ")}, and there are ${ledgerSize}: this Home was restored from a backup, or another one has its key`,
      "restore the newer journal; else tell the workers' owners, who accept the ledger as it is with: arw-worker ledger --accept",
    );
  }
  return ok(
    witnesses === 0
      ? `${ledgerSize} entries; no worker has checked them yet`
      : `${ledgerSize} entries, checked by ${witnesses} of the workers`,
  );
}

function judgeOffloads({ paused, unknownSecrets }: HomeFacts): Judged {
  if (paused === undefined) return unknownSecrets === 0 ? ok("not paused") : judgeUnknownSecrets(unknownSecrets);
  const since = new Date(paused.at).toISOString();
  return attention(
    `paused by ${paused.by} since ${since}: nothing new leaves`,
    "resume them: arw-home offloads resume",
  );
}

function judgeUnknownSecrets(count: number): Judged {
  return attention(
    `not paused, and the workspace's files hold ${count} more exact secrets than are looked for in prompts`,
    "move keys and credentials that this work does not need out of the workspace",
  );
}

function ok(cause: string): Judged {
  return { state: "ok", cause };
}

function attention(cause: string, fix: string): Judged {
  return { state: "attention", cause, fix };
}

function failed(cause: string, fix: string): Judged {
  return { state: "failed", cause, fix };
}

function failedBy({ message, advice }: Problem): Judged {
  return failed(message.replace(/\.$/u, ""), advice);
}
