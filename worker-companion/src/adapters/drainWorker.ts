// Drains the running worker of a state folder from outside: asks it to leave, tells how many attempts are left, waits for its end.
// It must never end the worker itself: whoever waits no longer changes nothing.
import { setTimeout as wait } from "node:timers/promises";
import { ArwError } from "#protocol/errors.ts";
import { askWorker } from "./controlSocket.ts";
import { workerGoneSchema, workerStatusSchema } from "./workerAnswers.ts";

const LOOK_MS = 300;

/** Resolves when the worker is gone. Throws ArwError `worker-absent`; the signal's reason when aborted. */
export async function drainWorker(
  folder: string,
  onLeft: (attempts: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const status = await askWorker(folder, "status", workerStatusSchema);
  if (status === undefined) {
    throw new ArwError("worker-absent", "No worker runs here.", "Start it with: arw-worker run");
  }
  onLeft(status.running);
  let told = status.running;
  let gone = false;
  const asked = askWorker(folder, "drain", workerGoneSchema).finally(() => {
    gone = true;
  });
  // Whoever waits no longer is not told either.
  asked.catch(() => undefined);
  while (!gone) {
    await Promise.race([asked, wait(LOOK_MS)]);
    signal.throwIfAborted();
    const now = gone ? undefined : await askWorker(folder, "status", workerStatusSchema).catch(() => undefined);
    if (now === undefined || now.running === told) continue;
    told = now.running;
    onLeft(told);
  }
  await asked;
}
