// Which lines of a prompt a piece of its JSON text shows: what leaves of a prompt is canonical JSON, and people select in that.
// Pure; the lines are those of lineCut's `cutMessages`.
import { canonicalJson } from "./canonicalJson.ts";
import type { ChatMessage } from "./job.ts";
import type { LineRange } from "./lineCut.ts";

/** Lines of the messages that the characters from `start` to before `end` touch; undefined where they touch no line. */
export function promptLinesBetween(
  messages: readonly ChatMessage[],
  start: number,
  end: number,
): LineRange | undefined {
  const touched = spansOf(messages).flatMap((span, index) =>
    span.start < Math.max(end, start + 1) && start < span.end ? [index + 1] : [],
  );
  const [from] = touched;
  const to = touched.at(-1);
  return from === undefined || to === undefined ? undefined : { from, to };
}

/** Where each line stands in the canonical JSON of the messages. */
function spansOf(messages: readonly ChatMessage[]): readonly { readonly start: number; readonly end: number }[] {
  const spans: { start: number; end: number }[] = [];
  let at = "[".length;
  for (const message of messages) {
    // Members are sorted: the content comes first.
    let line = at + '{"content":"'.length;
    for (const text of message.content.match(/[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+$/gu) ?? []) {
      const end = line + JSON.stringify(text).length - '""'.length;
      spans.push({ start: line, end });
      line = end;
    }
    at += canonicalJson(message).length + ",".length;
  }
  return spans;
}
