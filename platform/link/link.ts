// A link: typed messages both ways between a Home and one worker, in order, of one workspace, of one protocol version.
// It judges every envelope before anyone sees its message, and closes with a recorded code on the first that does not fit.
// It must never pass on a message out of order, of another workspace, or after it was closed.
import type * as z from "zod";
import { TOO_DEEP_PROBLEM } from "#protocol/decode.ts";
import type { Digest } from "#protocol/digest.ts";
import type { WorkspaceId } from "#protocol/ids.ts";
import { decodeFrame, TOO_LARGE_PROBLEM } from "#protocol/wire/frame.ts";
import { type CloseCode, PROTOCOL_VERSION, versionAdvice, versionedSchema } from "#protocol/wire/version.ts";
import type { Envelope } from "#protocol/wire/worker.ts";
import type { ChannelEnd, FrameChannel } from "./frameChannel.ts";

export type MessageHandler<In> = (message: In, bytes: Uint8Array) => Promise<void> | void;

export interface Link<Out, In> {
  readonly exporter: Buffer;
  readonly peerFingerprint: Digest;
  /** Resolves once, with the first cause. Never rejects. */
  readonly closed: Promise<ChannelEnd>;
  /** As `FrameChannel.send`: resolves when there is room for more; false once the link is closed. */
  send(message: Out, bytes?: Uint8Array): Promise<boolean>;
  /** Messages wait unread until this is called, once; each is handled before the next is looked at. */
  onMessage(handler: MessageHandler<In>): void;
  close(code: CloseCode, detail: string): void;
}

export interface LinkTerms<In> {
  readonly workspaceId: WorkspaceId;
  /** The envelope of the messages the peer may send. */
  readonly incoming: z.ZodType<Envelope<In>>;
}

export function linkOver<Out, In>(channel: FrameChannel, terms: LinkTerms<In>): Link<Out, In> {
  let sent = 0;
  let received = 0;

  const accept = (frame: Uint8Array, handler: MessageHandler<In>): Promise<void> | void => {
    const decoded = decodeFrame(terms.incoming, frame);
    if (!decoded.ok) {
      const fault = faultOf(frame, decoded.path, decoded.problem);
      return channel.close(fault.code, fault.detail);
    }
    const { message: envelope, bytes } = decoded.value;
    if (envelope.sequence !== received + 1) {
      return channel.close("message-out-of-order", `message ${received + 1} was due, ${envelope.sequence} came`);
    }
    if (envelope.workspaceId !== terms.workspaceId) {
      return channel.close("foreign-workspace", `this link is for ${terms.workspaceId}`);
    }
    received = envelope.sequence;
    return handler(envelope.body, bytes);
  };

  return {
    exporter: channel.exporter,
    peerFingerprint: channel.peerFingerprint,
    closed: channel.closed,
    send(message, bytes) {
      sent += 1;
      const envelope: Envelope<Out> = {
        v: PROTOCOL_VERSION,
        workspaceId: terms.workspaceId,
        sequence: sent,
        body: message,
      };
      return channel.send(envelope, bytes);
    },
    onMessage: (handler) => channel.onFrame((frame) => accept(frame, handler)),
    close: (code, detail) => channel.close(code, detail),
  };
}

/** Why a frame was refused. Another version is told from garbage, whatever else is in the message. */
function faultOf(
  frame: Uint8Array,
  path: string,
  problem: string,
): { readonly code: CloseCode; readonly detail: string } {
  if (problem === TOO_DEEP_PROBLEM) return { code: "too-deep", detail: `the message ${problem}` };
  if (problem === TOO_LARGE_PROBLEM) return { code: "frame-too-large", detail: `the frame ${problem}` };
  const versioned = decodeFrame(versionedSchema, frame);
  if (versioned.ok && versioned.value.message.v !== PROTOCOL_VERSION) {
    return { code: "protocol-version", detail: versionAdvice(versioned.value.message.v) };
  }
  return { code: "malformed-message", detail: `${path} ${problem}` };
}
