// The exit code of every error that a script may want to tell apart, and the table of `arw-worker help exit-codes`.
// Where arw-home has the same error, the number is the same. A number, once given, never changes its meaning.

export const EXIT_OK = 0;
const EXIT_OTHER = 1;

interface ExitCodeRow {
  readonly exitCode: number;
  readonly meaning: string;
  /** Codes of errors; one that ends in `-*` stands for all that begin so. */
  readonly codes: readonly string[];
}

/** The first row that fits a code counts. */
const ROWS: readonly ExitCodeRow[] = [
  { exitCode: 64, meaning: "the command line is not valid", codes: ["usage"] },
  { exitCode: 70, meaning: "a worker already runs from this state folder", codes: ["worker-running"] },
  { exitCode: 72, meaning: "the disk is full or refuses to write", codes: ["disk-full", "blob-*"] },
  { exitCode: 74, meaning: "a confirmation is needed, and nobody could be asked", codes: ["confirmation-needed"] },
  { exitCode: 76, meaning: "this worker belongs to no Home yet", codes: ["not-joined"] },
  { exitCode: 78, meaning: "an engine, a model or a sandbox is absent", codes: ["engine-*", "model-*", "sandbox-*"] },
  { exitCode: 80, meaning: "the invite is malformed", codes: ["invite-malformed"] },
  { exitCode: 81, meaning: "the invite has expired", codes: ["invite-expired"] },
  { exitCode: 82, meaning: "the invite was used already", codes: ["invite-used", "invite-reused"] },
  { exitCode: 83, meaning: "another problem with an invite", codes: ["invite-*", "enrolment-*"] },
  { exitCode: 85, meaning: "the other side speaks another protocol version", codes: ["protocol-version"] },
  { exitCode: 86, meaning: "the Home cannot be reached", codes: ["home-unreachable"] },
  { exitCode: 87, meaning: "what answers is not the Home of the invite", codes: ["home-not-the-inviter"] },
  {
    exitCode: 88,
    meaning: "the worker's state folder or a file in it is not usable",
    codes: [
      "state-folder-*",
      "lock-*",
      "identity-*",
      "worker-state-malformed",
      "prices-malformed",
      "daily-use-malformed",
      "worker-silent",
    ],
  },
  { exitCode: 89, meaning: "the Home does not want this worker", codes: ["revoked", "not-enrolled-or-revoked"] },
  { exitCode: 90, meaning: "another worker with this identity took over", codes: ["replaced"] },
  { exitCode: 91, meaning: "the clocks of the two machines differ", codes: ["clock-skew"] },
  { exitCode: 92, meaning: "the doctor found something that fails", codes: ["doctor-failed"] },
  { exitCode: 93, meaning: "this state folder was restored from a backup or copied", codes: ["state-restored"] },
  { exitCode: 94, meaning: "systemd is absent or refuses", codes: ["service-*"] },
  { exitCode: 96, meaning: "this worker's certificate ran out while it was away", codes: ["certificate-ran-out"] },
  {
    exitCode: 97,
    meaning: "the Home's egress ledger does not go on from what this worker saw of it",
    codes: ["ledger-withheld", "ledger-unsigned", "ledger-rolled-back", "ledger-forked"],
  },
  { exitCode: 95, meaning: "no worker runs here", codes: ["worker-absent"] },
  { exitCode: 130, meaning: "cancelled", codes: ["cancelled"] },
];

/** The exit code for an error's code. */
export function exitCodeOf(code: string): number {
  return ROWS.find(({ codes }) => codes.some((pattern) => fits(code, pattern)))?.exitCode ?? EXIT_OTHER;
}

/** The text of `arw-worker help exit-codes`. */
export function exitCodesHelp(): string {
  const rows: readonly (readonly [number, string])[] = [
    [EXIT_OK, "done"],
    [EXIT_OTHER, "any other error; its stable code is in --json"],
    ...ROWS.map(({ exitCode, meaning, codes }) => [exitCode, `${meaning} (${codes.join(", ")})`] as const),
  ];
  const lines = rows.map(([exitCode, meaning]) => `${String(exitCode).padStart(5)}  ${meaning}`);
  return ["Exit codes of arw-worker", "", ...lines, ""].join("\n");
}

function fits(code: string, pattern: string): boolean {
  return pattern.endsWith("-*") ? code.startsWith(pattern.slice(0, -1)) : code === pattern;
}
