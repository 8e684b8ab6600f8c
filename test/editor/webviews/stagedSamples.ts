// Staged actions for the tests of their Review page: one of each kind, a revision, a table, and one in which every text attacks.
import { digestOf } from "../../../protocol/digest.ts";
import { episodeId, nodeId, proposalId, type StagedId, stagedId } from "../../../protocol/ids.ts";
import { byteCount, durationMs, epochMs } from "../../../protocol/quantities.ts";
import { type StagedAction, stagedDigest } from "../../../protocol/staging.ts";
import type { StagedReview, StagedTable, StagedTableRow } from "../../../protocol/webview/staged.ts";
import type { StagedView } from "../../../protocol/wire/stagingViews.ts";

const ENTROPY: Buffer = Buffer.alloc(32, 7);

export function stagedIdOf(number: number): StagedId {
  return stagedId.from(Buffer.alloc(32, number));
}

export const WRITES: StagedAction = {
  kind: "apply-proposal",
  proposalId: proposalId.from(ENTROPY),
  proposal: digestOf("the proposal"),
  changes: digestOf("its changes"),
  touched: { files: 3, deletes: 1, protected: 1, outside: 1 },
};

export function runs(...argv: readonly string[]): StagedAction {
  const limits = {
    wallMs: durationMs(600_000),
    memoryBytes: byteCount(4 * 1024 ** 3),
    outputBytes: byteCount(8_000_000),
  };
  const dependencies = { kind: "nothing" } as const;
  const job = {
    kind: "command",
    argv,
    folder: ".",
    tree: digestOf("inputs"),
    outputs: ["out/**"],
    dependencies,
    limits,
  } as const;
  return { kind: "run-command", job, target: nodeId.from(ENTROPY), contained: false };
}

export const LEASE: StagedAction = {
  kind: "grant-lease",
  nodeId: nodeId.from(ENTROPY),
  job: "command",
  terms: {
    paths: ["src/**", "test/**"],
    ceiling: "internal",
    budget: { uses: 5, bytes: byteCount(2_000_000) },
    leaseMs: durationMs(3_600_000),
  },
};

export function stagedViewOf(action: StagedAction, change: Partial<StagedView> = {}): StagedView {
  return {
    stagedId: stagedIdOf(1),
    episodeId: episodeId.from(ENTROPY),
    digest: stagedDigest(action),
    action,
    risk: {
      level: "high",
      rule: "writes-protected",
      reason: "It writes files that steer git, the editor or ARW itself; such files can run code later.",
    },
    title: "Write 3 files of npm run make",
    evidence: [
      { kind: "asked", by: "a script", why: "Only the owner may apply a proposal." },
      {
        kind: "diff",
        proposal: digestOf("the proposal"),
        files: 3,
        protectedPaths: [".vscode/settings.json"],
        outsidePaths: ["notes.md"],
        askedFor: ["out/**"],
      },
      {
        kind: "dry-run",
        episodeId: episodeId.from(ENTROPY),
        title: "npm run make",
        outcome: { kind: "exited", exitCode: 0 },
        outputBytes: 12_345,
      },
      { kind: "taint", untrusted: "made on gpubox" },
    ],
    requestedBy: "a script",
    stagedAt: epochMs(1_763_900_000_000),
    revision: 1,
    endorsements: [],
    state: "pending",
    ...change,
  };
}

export function reviewOf(change: Partial<StagedReview> = {}): StagedReview {
  return {
    staged: stagedViewOf(WRITES),
    voidEndorsements: 0,
    files: [
      { path: ".vscode/settings.json", change: "create", bytes: 32, mark: "protected" },
      { path: "notes.md", change: "edit", bytes: 1_200, mark: "outside" },
      { path: "out/old.txt", change: "delete" },
    ],
    answeredHere: false,
    busy: "nothing",
    othersWaiting: 2,
    sameKindWaiting: 1,
    ...change,
  };
}

/** Revision 2 of a command, beside the one whose place it took. */
export function revisedReview(): StagedReview {
  const before = stagedViewOf(runs("npm", "publish"), {
    state: "superseded",
    replacedBy: stagedIdOf(2),
    title: "Run npm publish",
  });
  const staged = stagedViewOf(runs("npm", "publish", "--dry-run"), {
    stagedId: stagedIdOf(2),
    revision: 2,
    replaces: before.stagedId,
    title: "Run npm publish --dry-run",
    evidence: [],
    endorsements: [{ by: "guest-3", at: epochMs(1_763_900_100_000) }],
  });
  return { ...reviewOf(), staged, before, voidEndorsements: 2, node: "laptop" };
}

/** Commands, each of its own. */
export function tableOf(
  count: number,
  change: (row: StagedTableRow, index: number) => StagedTableRow = (row) => row,
): StagedTable {
  const rows = Array.from({ length: count }, (_, index): StagedTableRow => {
    const argv = ["make", `part-${index + 1}`];
    const staged = stagedViewOf(runs(...argv), { stagedId: stagedIdOf(index + 1), title: `Run ${argv.join(" ")}` });
    return change({ staged, node: "laptop" }, index);
  });
  return { rows, othersWaiting: 0, busy: "nothing" };
}

/** Every text that others choose is this one. */
export function hostileReview(text: string): StagedReview {
  const action = runs(text, text);
  const staged = stagedViewOf(action, {
    title: text,
    requestedBy: text,
    risk: { level: "high", rule: text, reason: text },
    stale: text,
    evidence: [
      { kind: "asked", by: text, why: text },
      { kind: "taint", untrusted: text },
      {
        kind: "dry-run",
        episodeId: episodeId.from(ENTROPY),
        title: text,
        outcome: { kind: "cancelled" },
        outputBytes: 1,
      },
    ],
    endorsements: [{ by: text, at: epochMs(1) }],
  });
  return { ...reviewOf(), staged, node: text, problem: { message: text, advice: text } };
}
