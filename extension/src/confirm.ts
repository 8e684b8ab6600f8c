// The question before something that cannot be taken back lightly: the editor's own dialog, whose button says what happens.
// It must never take anything for a yes but that button.
import { Dismissed } from "./commandRunner.ts";
import { sayWarning } from "./notice.ts";

export interface Question {
  readonly question: string;
  /** What follows from a yes. */
  readonly detail: string;
  /** The verb of the question. */
  readonly button: string;
}

/** Throws Dismissed for any other answer. */
export async function confirm({ button, detail, question }: Question): Promise<void> {
  const answer = await sayWarning(question, { modal: true, detail }, button);
  if (answer !== button) throw new Dismissed();
}
