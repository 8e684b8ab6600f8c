// Cuts a byte stream into JSON-RPC messages: a header with `Content-Length`, then that many bytes.
// It holds one message at a time and reads no further until that one is taken: a flood waits in the sender's own socket.
// It must never buffer what a header merely announces: length and header are bounded before a byte of the body is kept.
import { ArwError } from "#protocol/errors.ts";

/** The largest message of a client: a prompt of a million characters is four megabytes at most, twice that in JSON escapes. */
export const CLIENT_MESSAGE_BYTES_MAX: number = 8 * 1024 * 1024;
/** Two header lines of the base protocol fit many times over. */
export const HEADER_BYTES_MAX = 1_024;

const HEADER_END = Buffer.from("\r\n\r\n");
const CONTENT_LENGTH = /^content-length: *(\d{1,10})$/i;

/** Yields the text of each message. Throws ArwError `message-too-large` or `message-malformed`; after it nothing can follow. */
export async function* messageTexts(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, void> {
  let header: Buffer = Buffer.alloc(0);
  /** Chunks of the message being read, and how many bytes of it are still to come. */
  let body: Uint8Array[] = [];
  let missingBytes: number | undefined;
  for await (const chunk of chunks) {
    let rest: Uint8Array = chunk;
    while (rest.length > 0) {
      if (missingBytes === undefined) {
        const before = header.length;
        header = Buffer.concat([header, rest.subarray(0, HEADER_BYTES_MAX + HEADER_END.length - before)]);
        const end = header.indexOf(HEADER_END);
        if (end < 0 && header.length >= HEADER_BYTES_MAX) throw malformed("its header does not end");
        if (end < 0) break;
        missingBytes = bodyBytes(header.subarray(0, end).toString("latin1"));
        rest = rest.subarray(end + HEADER_END.length - before);
        header = Buffer.alloc(0);
      }
      const piece = rest.subarray(0, missingBytes);
      if (piece.length > 0) body.push(piece);
      missingBytes -= piece.length;
      rest = rest.subarray(piece.length);
      if (missingBytes > 0) continue;
      yield Buffer.concat(body).toString("utf8");
      body = [];
      missingBytes = undefined;
    }
  }
}

function bodyBytes(header: string): number {
  const lengths = header.split("\r\n").flatMap((line) => CONTENT_LENGTH.exec(line)?.[1] ?? []);
  const length = Number(lengths[0]);
  if (lengths.length !== 1 || length === 0) throw malformed("its header has no single Content-Length");
  if (length > CLIENT_MESSAGE_BYTES_MAX) {
    throw new ArwError(
      "message-too-large",
      `A message of ${length} bytes exceeds the limit of ${CLIENT_MESSAGE_BYTES_MAX} bytes.`,
      "Send less at once; a long prompt belongs into a file of the workspace.",
    );
  }
  return length;
}

function malformed(problem: string): ArwError {
  return new ArwError(
    "message-malformed",
    `A message is not of this protocol: ${problem}.`,
    "Speak JSON-RPC 2.0 with Content-Length headers, as the editor and arw-home do.",
  );
}
