// Reads what would be sent, byte for byte, from the Home, and holds it to its digest: other bytes are never shown nor used.
import { type Digest, digestOf } from "#protocol/digest.ts";
import { ArwError } from "#protocol/errors.ts";
import type { PreviewId } from "#protocol/ids.ts";
import { byteCount } from "#protocol/quantities.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { Home } from "../home/home.ts";

/** Undefined where there is more than `bytesMax`. Throws ArwError where the Home's bytes are not those of the preview. */
export async function readSent(
  home: Pick<Home, "call">,
  previewId: PreviewId,
  digest: Digest,
  bytesMax: number,
  signal?: AbortSignal,
): Promise<Uint8Array | undefined> {
  const pages: Uint8Array[] = [];
  let length = 0;
  while (length <= bytesMax) {
    signal?.throwIfAborted();
    const { base64 } = await home.call(METHODS.readPreviewItem, { previewId, digest, fromByte: byteCount(length) });
    const page = Buffer.from(base64, "base64");
    if (page.length === 0) return verified(Buffer.concat(pages), digest);
    pages.push(page);
    length += page.length;
  }
  return undefined;
}

function verified(bytes: Uint8Array, digest: Digest): Uint8Array {
  if (digestOf(bytes) === digest) return bytes;
  throw new ArwError(
    "egress-bytes-differ",
    "The Home's bytes are not those of the preview.",
    "Do not approve it; look at the Home's disk and its log.",
  );
}
