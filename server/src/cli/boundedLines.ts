// A file's lines one after the other, of which no more than a line's limit is ever held: a file without line ends is one line
// that is too long, and does not fill the memory. It judges no line; one that is cut is longer than the limit all the same.

/** Lines end with a line feed, or a carriage return and a line feed. A longer one comes cut to one character past the limit. */
export async function* boundedLines(
  chunks: AsyncIterable<string>,
  lineCharactersMax: number,
): AsyncGenerator<string, void> {
  let held = "";
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf("\n"); end !== -1; end = chunk.indexOf("\n", from)) {
      yield lineOf(held + chunk.slice(from, end), lineCharactersMax);
      held = "";
      from = end + 1;
    }
    // One character more may be the carriage return of a line that is as long as it may be.
    held = (held + chunk.slice(from)).slice(0, lineCharactersMax + 2);
  }
  if (held !== "") yield lineOf(held, lineCharactersMax);
}

function lineOf(text: string, charactersMax: number): string {
  const line = text.endsWith("\r") ? text.slice(0, -1) : text;
  return line.slice(0, charactersMax + 1);
}
