// Whether one more action may wait: bounded by number and by bytes, each and all together. What has no room is refused, and what
// is refused is not done.
import { canonicalJson } from "#protocol/canonicalJson.ts";
import { type Refusal, refuse } from "#protocol/errors.ts";
import { type HeldStaged, PENDING_STAGED_BYTES_MAX, PENDING_STAGED_MAX, STAGED_BYTES_MAX } from "./state.ts";

type Sized = Pick<HeldStaged, "action" | "evidence" | "title">;

/** Why one more cannot wait. Nobody reads hundreds with care, and what is refused is not done. */
export function roomProblem(waiting: readonly HeldStaged[], item: Sized): Refusal | undefined {
  const bytes = stagedBytes(item);
  if (bytes > STAGED_BYTES_MAX) {
    return refuse(
      "staged-too-large",
      `This action takes ${bytes} bytes, more than a person can read, so it was neither staged nor done.`,
      "Ask for less at once: fewer files, or a shorter command.",
    );
  }
  const held = waiting.reduce((total, each) => total + stagedBytes(each), 0);
  if (waiting.length < PENDING_STAGED_MAX && held + bytes <= PENDING_STAGED_BYTES_MAX) return undefined;
  return refuse(
    "too-many-staged",
    `${waiting.length} actions wait for the owner already, so this one was neither staged nor done.`,
    "Answer some of them: arw-home staged list. Then ask again.",
  );
}

/** What an item takes in state, journal and lists. */
function stagedBytes({ action, evidence, title }: Sized): number {
  return new TextEncoder().encode(canonicalJson({ action, evidence, title })).length;
}
