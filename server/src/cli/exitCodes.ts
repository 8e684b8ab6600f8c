// The exit code of every error that a script may want to tell apart, and the table that `arw-home help exit-codes` prints.
// It decides nothing but numbers. A number, once given, must never change its meaning.

export const EXIT_OK = 0;
export const EXIT_USAGE = 64;
export const EXIT_CANCELLED = 130;
const EXIT_OTHER = 1;

interface ExitCodeRow {
  readonly exitCode: number;
  readonly meaning: string;
  /** Codes of errors; one that ends in `-*` stands for all that begin so. */
  readonly codes: readonly string[];
}

/** Rows in the order of the documentation. A code that stands in a row by its whole name counts before any family. */
const ROWS: readonly ExitCodeRow[] = [
  {
    exitCode: EXIT_USAGE,
    meaning: "the command line is not valid",
    codes: ["usage", "params-invalid", "limit-invalid", "workspace-missing"],
  },
  { exitCode: 70, meaning: "another Home holds this workspace", codes: ["home-held"] },
  { exitCode: 71, meaning: "the journal is corrupt", codes: ["journal-corrupt"] },
  {
    exitCode: 72,
    meaning: "the disk is full or refuses to write",
    codes: ["disk-full", "journal-unavailable", "journal-read-only", "journal-*", "home-read-only"],
  },
  {
    exitCode: 73,
    meaning: "the owner secret is needed, or was wrong",
    codes: ["owner-session-required", "owner-secret-wrong", "owner-locked", "owner-secret-unusable"],
  },
  {
    exitCode: 74,
    meaning: "an approval is needed, and nobody could be asked",
    codes: ["approval-needed", "confirmation-needed", "waits-for-owner", "result-waits", "too-many-results"],
  },
  {
    exitCode: 75,
    meaning: "sending was denied; nothing left",
    codes: [
      "egress-denied",
      "policy-denied",
      "command-has-secret",
      "prompt-has-secret",
      "secrets-unread",
      "offloads-paused",
      "never-leaves",
      "class-changed",
      "folder-stays",
      "egress-*",
      "preview-*",
      "lease-*",
    ],
  },
  {
    exitCode: 76,
    meaning: "no such node, episode, lease, proposal or staged action",
    codes: [
      "node-unknown",
      "node-ambiguous",
      "lease-unknown",
      "episode-unknown",
      "proposal-unknown",
      "preview-unknown",
      "preview-item-unknown",
      "preview-change-unknown",
      "invite-unknown",
      "receipt-not-kept",
      "staged-unknown",
    ],
  },
  {
    exitCode: 77,
    meaning: "the node cannot be reached, or takes no work now",
    codes: [
      "node-unreachable",
      "node-not-ready",
      "node-lost",
      "send-interrupted",
      "node-revoked",
      "node-pending",
      "no-slot",
      "draining",
    ],
  },
  {
    exitCode: 78,
    meaning: "an engine, a model or a sandbox is absent",
    codes: ["engine-*", "model-*", "sandbox-*", "no-node"],
  },
  { exitCode: 79, meaning: "the proposal conflicts with edits since", codes: ["proposal-*"] },
  {
    exitCode: 80,
    meaning: "the invite is malformed, or of another Home",
    codes: ["invite-malformed", "invite-wrong-home"],
  },
  { exitCode: 81, meaning: "the invite has expired", codes: ["invite-expired"] },
  { exitCode: 82, meaning: "the invite was used already", codes: ["invite-used", "invite-reused"] },
  { exitCode: 83, meaning: "another problem with an invite", codes: ["invite-*", "enrolment-*"] },
  { exitCode: 84, meaning: "clustering is off or cannot be turned on", codes: ["clustering-*", "listener-failed"] },
  { exitCode: 85, meaning: "the other side speaks another protocol version", codes: ["protocol-version"] },
  { exitCode: 86, meaning: "the Home is gone, silent or did not start", codes: ["home-*", "socket-*"] },
  {
    exitCode: 87,
    meaning: "an input is missing, too large or outside the workspace",
    codes: [
      "input-*",
      "path-*",
      "dependency-folder-missing",
      "tree-*",
      "file-*",
      "folder-*",
      "prompt-*",
      "git-failed",
      "not-a-regular-file",
    ],
  },
  {
    exitCode: 88,
    meaning: "the state folder is not private or not usable",
    codes: ["state-folder-*", "lock-*", "identity-*"],
  },
  {
    exitCode: 91,
    meaning:
      "the staged action or the answer to a result was not done: it was decided or changed meanwhile, or could not be",
    codes: ["staged-*", "too-many-staged", "result-*"],
  },
  { exitCode: 89, meaning: "a ledger or a receipt does not verify", codes: ["ledger-altered", "receipt-altered"] },
  {
    exitCode: 90,
    meaning: "the policy is not valid, or is changing right now",
    codes: ["policy-*", "collected-stale"],
  },
  { exitCode: EXIT_CANCELLED, meaning: "cancelled", codes: ["cancelled"] },
];

/** The exit code for an error's code. */
export function exitCodeOf(code: string): number {
  const row =
    ROWS.find(({ codes }) => codes.includes(code)) ??
    ROWS.find(({ codes }) => codes.some((family) => family.endsWith("-*") && code.startsWith(family.slice(0, -1))));
  return row?.exitCode ?? EXIT_OTHER;
}

/** The text of `arw-home help exit-codes`. */
export function exitCodesHelp(): string {
  const rows = [
    [EXIT_OK, "done"],
    [EXIT_OTHER, "any other error; its stable code is in --json"],
    ...ROWS.map((row) => [row.exitCode, `${row.meaning} (${row.codes.join(", ")})`]),
  ];
  const lines = rows.map(([exitCode, meaning]) => `${String(exitCode).padStart(5)}  ${meaning}`);
  return [
    "Exit codes of arw-home",
    "",
    "run ends with the exit code of the command it ran, wherever that was. All else:",
    "",
    ...lines,
    "",
  ].join("\n");
}
