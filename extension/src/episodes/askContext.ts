// Puts a piece of a file under a question, so that a model reads it as a quotation and a person sees what was added.
import { PROMPT_CHARACTERS_MAX } from "#protocol/wire/clientViews.ts";

export interface AskContext {
  /** Relative to the workspace. */
  readonly path: string;
  /** The first and last line of a selection, counted from 1; absent for the whole file. */
  readonly lines?: { readonly first: number; readonly last: number };
  readonly languageId: string;
  readonly text: string;
}

export type Prompt =
  | { readonly kind: "prompt"; readonly text: string }
  | { readonly kind: "too-long"; readonly characters: number };

export function promptOf(question: string, context: AskContext | undefined): Prompt {
  const text = context === undefined ? question : `${question}\n\n${quotation(context)}`;
  if (text.length > PROMPT_CHARACTERS_MAX) return { kind: "too-long", characters: text.length };
  return { kind: "prompt", text: text.toWellFormed() };
}

function quotation({ languageId, lines, path, text }: AskContext): string {
  // The fence is longer than any row of backticks in the text, so that nothing in it can end the quotation.
  const longest = Math.max(2, ...[...text.matchAll(/`+/gu)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const where = lines === undefined ? path : `${path}:${lines.first}-${lines.last}`;
  return `${where}\n${fence}${languageId}\n${text.endsWith("\n") ? text : `${text}\n`}${fence}\n`;
}
