// Tries, before any port is opened for other machines, whether this runtime keeps the promises that clustering stands on:
// signatures, files that stay, certificates, and a door that lets in one and nobody else. It runs on 127.0.0.1 with keys
// of its own. It must never be skipped where it fails: a runtime that drifted keeps clustering off, and says why.
import { ArwError } from "#protocol/errors.ts";
import type { SelfTestDoor } from "./selfTestDoor.ts";

/** All steps together; a healthy machine needs a small part of that. */
export const SELF_TEST_MS_MAX = 20_000;

/** What each step tries. One that cannot do what it should throws. */
export interface SelfTestSteps {
  /** An Ed25519 signature verifies, and one over changed bytes does not. */
  signatures(): Promise<void>;
  /** A file is written, synced with its folder, and read back. */
  files(): Promise<void>;
  /** A leaf is minted, verifies, and names its identity. The door stands on it. */
  openDoor(): Promise<SelfTestDoor>;
}

export type SelfTestStep =
  | "signatures"
  | "files"
  | "certificates"
  | "accept"
  | "exporter"
  | "refuse-unknown"
  | "refuse-resumed";

/** Undefined where all is well; else the first step that failed, as the reason for which clustering stays off. */
export async function selfTest(steps: SelfTestSteps, signal: AbortSignal): Promise<ArwError | undefined> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(SELF_TEST_MS_MAX)]);
  let door: SelfTestDoor | undefined;
  const order: readonly (readonly [SelfTestStep, () => Promise<void>])[] = [
    ["signatures", () => steps.signatures()],
    ["files", () => steps.files()],
    [
      "certificates",
      async () => {
        door = await steps.openDoor();
      },
    ],
    ["accept", async () => door?.accept(limited)],
    ["exporter", async () => door?.compareExporters(limited)],
    ["refuse-unknown", async () => door?.refuseUnknown(limited)],
    ["refuse-resumed", async () => door?.refuseResumed(limited)],
  ];
  try {
    for (const [step, attempt] of order) {
      const problem = await problemOf(attempt, limited);
      if (problem !== undefined) return failed(step, problem);
    }
    return undefined;
  } finally {
    await door?.close();
  }
}

/** What went wrong, or undefined. A step that hangs fails with the others' limit. */
async function problemOf(attempt: () => Promise<void>, signal: AbortSignal): Promise<Error | undefined> {
  let stop: () => void = () => undefined;
  const late = new Promise<never>((_, reject) => {
    stop = () => reject(new Error(`it took longer than ${SELF_TEST_MS_MAX / 1_000} seconds`));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    await Promise.race([attempt(), late]);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

const WHAT: { readonly [Step in SelfTestStep]: string } = {
  signatures: "this machine's Ed25519 signatures do not hold",
  files: "a file in the Home's state folder could not be made to stay",
  certificates: "no certificate could be made",
  accept: "a connection that must be let in was not",
  exporter: "the two ends of a connection do not derive the same key from it",
  "refuse-unknown": "an unknown certificate was not refused",
  "refuse-resumed": "a resumed session was not refused",
};

const ADVICE: { readonly [Step in SelfTestStep]: string } = {
  signatures: "Run the Home on another version of Node.",
  files: "Free some space, or repair the disk. Work on this machine goes on as far as the disk does.",
  certificates: "Run the Home on another version of Node.",
  accept: "Check that programs on this machine may connect to 127.0.0.1; then try: arw-home invite",
  exporter: "Run the Home on another version of Node.",
  "refuse-unknown": "Do not open this Home to other machines. Run it on another version of Node.",
  "refuse-resumed": "Do not open this Home to other machines. Run it on another version of Node.",
};

function failed(step: SelfTestStep, cause: Error): ArwError {
  const text = `Clustering stays off, because its self-test failed: ${WHAT[step]} (${cause.message}).`;
  return new ArwError(`clustering-self-test-${step}`, text, ADVICE[step], { cause });
}
