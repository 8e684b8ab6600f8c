// The beginning of a text for a title or a line of a log: redacted first and cut afterwards, so that a cut through a secret
// shows no part of it. Only a window of a long text is looked at.
import type { Redactor } from "./redactor.ts";

/** Looked at behind the cut: what a placeholder makes shorter is filled up from it. */
export const WINDOW_BEYOND_CHARACTERS = 1_024;

/** At most `charactersMax` characters; they may end inside a placeholder, or a surrogate pair. */
export function redactedStart(text: string, charactersMax: number, redactor: Redactor): string {
  const windowCharacters = charactersMax + WINDOW_BEYOND_CHARACTERS;
  const stream = redactor.open();
  const shown = stream.write(text.slice(0, windowCharacters));
  // What is still held at the window's end may be the beginning of a secret.
  const whole = text.length <= windowCharacters ? shown + stream.end() : shown;
  return whole.slice(0, charactersMax);
}
