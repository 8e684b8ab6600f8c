// Opens a worker's link to the Home that it belongs to, with the node's own certificate.
// It dials once; when to dial again is `reconnect.ts`'s to say.
import type { TlsLeaf } from "#platform/identity/tlsLeaf.ts";
import type { VerifiedLeaf } from "#platform/identity/verifyLeaf.ts";
import { LINK_PATH } from "#platform/link/channelLimits.ts";
import { type Link, linkOver } from "#platform/link/link.ts";
import type { WorkspaceId } from "#protocol/ids.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import { FRAME_BYTES_MAX } from "#protocol/wire/frame.ts";
import { type HomeMessage, homeEnvelopeSchema, type WorkerMessage } from "#protocol/wire/worker.ts";
import { type DialTarget, dialChannel } from "./dialTls.ts";

export type WorkerLink = Link<WorkerMessage, HomeMessage>;

export interface DialledHome {
  readonly link: WorkerLink;
  /** The leaf that the Home showed. */
  readonly shown: VerifiedLeaf;
}

export interface DialHomeTerms {
  readonly home: DialTarget & { readonly workspaceId: WorkspaceId };
  readonly leaf: TlsLeaf;
  readonly now: () => EpochMs;
  readonly onClock?: (aheadMs: number) => void;
}

/** Throws ArwError as `dialChannel` does. `onMessage` must be called on the link, or nothing is read. */
export async function dialHome({ home, leaf, now, onClock }: DialHomeTerms, signal: AbortSignal): Promise<DialledHome> {
  const { channel, shown } = await dialChannel(
    home,
    {
      path: LINK_PATH,
      certificate: leaf.certificate,
      privateKey: leaf.privateKey,
      frameBytesMax: FRAME_BYTES_MAX,
      now,
      ...(onClock === undefined ? {} : { onClock }),
    },
    signal,
  );
  return { link: linkOver(channel, { workspaceId: home.workspaceId, incoming: homeEnvelopeSchema }), shown };
}
