// A bench for tests of the commands: a workspace with a fake Home at the socket where the commands look for it.
// It must never be what a program ships.
import { mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { stateFolders, thisMachine, workspaceIdOf } from "#platform/state/stateFolders.ts";
import type { NodeId } from "#protocol/ids.ts";
import { byteCount, costMicros, durationMs, epochMs, sequence } from "#protocol/quantities.ts";
import type { JobOutcome } from "#protocol/result.ts";
import type { EpisodeTarget, LeaseView, StartEpisodeResult } from "#protocol/wire/clientViews.ts";
import type { HomeApi } from "../../server/src/adapters/clientServer/homeApi.ts";
import { type Call, DIGEST, EPISODE, type FakeHome, IDS, openFakeHome, outputKey } from "./fakeHome.ts";
import { type FakeTerminal, type FakeTerminalOptions, fakeTerminal } from "./fakeTerminal.ts";

export interface Bench {
  readonly home: FakeHome;
  readonly workspace: string;
  readonly terminal: (options?: Partial<FakeTerminalOptions>) => FakeTerminal;
}

/** A workspace with a running fake Home. */
export async function bench(
  t: TestContext,
  api: (home: () => FakeHome) => Partial<HomeApi> = () => ({}),
): Promise<Bench> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "arw-cli-")));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const workspace = join(folder, "parser");
  const stateFolder = join(folder, "state");
  await mkdir(join(workspace, ".git"), { recursive: true });
  await mkdir(join(workspace, "src"));
  const machine = thisMachine({ ARW_STATE_HOME: stateFolder });
  const socketPath = stateFolders(machine).socketPath(workspaceIdOf(workspace));
  const home: FakeHome = await openFakeHome({ socketPath, workspaceFolder: workspace, api: api(() => home) });
  t.after(() => home.close());
  return {
    home,
    workspace,
    terminal: (options = {}) => fakeTerminal({ currentFolder: workspace, stateFolder, ...options }),
  };
}

export const STARTED: StartEpisodeResult = {
  episodeId: IDS.episode,
  jobId: IDS.job,
  target: { nodeId: IDS.home, name: "local", local: true },
  why: "local first",
  sequence: sequence(1),
};
/** A lease of which two of five jobs are spent and one runs. */
export const LEASE: LeaseView = {
  lease: {
    leaseId: IDS.lease,
    subject: IDS.worker,
    capability: "offload",
    scope: { kind: "scoped", job: "command", paths: ["src/**"], ceiling: "internal" },
    grantedAt: epochMs(1_700_000_000_000),
    expiresAt: epochMs(1_700_003_600_000),
    budget: { uses: 5, bytes: byteCount(20_000), cost: { currency: "EUR", micros: costMicros(100_000) } },
    issuer: "owner",
    reason: "nightly runs",
  },
  node: "gpu-box-1",
  state: "live",
  usesLeft: 2,
  bytesLeft: byteCount(12_000),
  costMicrosLeft: costMicros(60_000),
  remainingMs: durationMs(1_800_000),
  inUse: 1,
};

/** Where an entry happened. */
export const AWAY_NODE: { readonly nodeId: NodeId; readonly name: string } = { nodeId: IDS.worker, name: "gpu-box-1" };
const AWAY: EpisodeTarget = { nodeId: IDS.worker, name: "gpu-box-1", local: false };

/** Lets the episode happen: output in pieces, then its end. */
export function perform(home: FakeHome, outcome: JobOutcome = { kind: "exited", exitCode: 3 }): void {
  const { output, timeline } = home;
  const corrId = IDS.episode;
  const append = (stream: "stdout" | "stderr", text: string): void => {
    const key = outputKey(IDS.attempt, stream);
    const before = output.get(key) ?? Buffer.alloc(0);
    output.set(key, Buffer.concat([before, Buffer.from(text)]));
    const range = { stream, fromByte: byteCount(before.length), bytes: byteCount(Buffer.byteLength(text)) };
    timeline.append({ kind: "OutputAppended", level: "detail", corrId, attemptId: IDS.attempt, output: range });
  };
  timeline.append({ kind: "EpisodeStarted", corrId });
  append("stdout", "1..2\nok 1 – naïve\n");
  append("stderr", "warning: slow\n");
  append("stdout", "ok 2\n");
  timeline.append({ kind: "EpisodeFinished", corrId, outcome });
}

/** A Home that runs the episode here. */
export const local =
  (outcome?: JobOutcome) =>
  (home: () => FakeHome): Partial<HomeApi> => ({
    startEpisode: async () => {
      perform(home(), outcome);
      return STARTED;
    },
    showEpisode: async () => ({ ...EPISODE, outcome: outcome ?? ({ kind: "exited", exitCode: 3 } as const) }),
  });

/** A Home that would send the job to gpu-box-1. */
export const offloaded = (home: () => FakeHome): Partial<HomeApi> => ({
  startEpisode: async () => ({ ...STARTED, target: AWAY, why: "asked for", previewId: IDS.preview }),
  readPreview: async () => ({
    preview: {
      kind: "egress-preview",
      previewId: IDS.preview,
      episodeId: IDS.episode,
      jobId: IDS.job,
      title: "npm test",
      payload: DIGEST,
      payloadBytes: byteCount(18_400),
      items: [{ path: "src/a.ts", bytes: byteCount(18_400), classification: "internal", digest: DIGEST }],
      leftOut: [{ path: ".env", reason: "never leaves" }],
      destination: { nodeId: IDS.worker, name: "gpu-box-1", keyWords: ["babab", "dodod"], carrier: "direct" },
      why: { rule: "asked-for", localAlternative: "possible" },
      cost: { kind: "unknown", reason: "no price card" },
      leaseMs: durationMs(600_000),
    },
    digest: DIGEST,
    state: "waiting",
  }),
  approveEgress: async () => {
    const crossing = { direction: "out", nodeId: IDS.worker, bytes: byteCount(18_400), leaseId: IDS.lease } as const;
    home().timeline.append({ kind: "JobOffered", corrId: IDS.episode, where: AWAY_NODE, crossing, text: "Offered" });
    perform(home(), { kind: "exited", exitCode: 0 });
    return { leaseId: IDS.lease, recordId: IDS.record };
  },
  showEpisode: async () => ({ ...EPISODE, target: AWAY, proposalId: IDS.proposal }),
});

/** The calls of one method. */
export function calls(home: FakeHome, name: keyof HomeApi): readonly Call[] {
  return home.calls.filter((call) => call.name === name);
}
