// Does a long piece of work in steps and lets the rest of the program have its turn in between: one thread serves all.
// It decides when to give way, by the time that was used. It must never hold the loop for longer than that and one step.
import { setImmediate as nextTurn } from "node:timers/promises";
import { canonicalPieces } from "#protocol/largeDocument.ts";

/** Work goes on for this long before others have their turn: far less than anybody notices. */
export const HOLD_MS_MAX = 8;

/** The result of the work, all of whose steps were taken. */
export async function givingWay<Result>(
  work: Generator<unknown, Result>,
  nowMs: () => number = () => performance.now(),
): Promise<Result> {
  let begunMs = nowMs();
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    if (nowMs() - begunMs < HOLD_MS_MAX) continue;
    await nextTurn();
    begunMs = nowMs();
  }
}

/** The canonical JSON of a document as bytes. */
export function canonicalBytes(document: object): Promise<Buffer> {
  return givingWay(bytesOf(document));
}

function* bytesOf(document: object): Generator<void, Buffer> {
  const pieces: Buffer[] = [];
  for (const piece of canonicalPieces(document)) {
    pieces.push(Buffer.from(piece));
    yield;
  }
  return Buffer.concat(pieces);
}
