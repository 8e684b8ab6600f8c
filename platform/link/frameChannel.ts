// One authenticated channel as a sequence of binary frames, both ways: a WebSocket on a mutual-TLS socket.
// Frames are handled strictly one after the other, and the socket is not read while one is being handled, so a peer that
// floods fills its own buffers and not ours; one that floods with small frames is read slower, and not closed: TCP holds it
// back, and a worker that is only busy loses nothing. It must never hand out a frame after the channel was closed here.
import type { TLSSocket } from "node:tls";
import type { RawData, WebSocket } from "ws";
import type { Digest } from "#protocol/digest.ts";
import { encodeFrame } from "#protocol/wire/frame.ts";
import { CLOSE_CODES, type CloseCode } from "#protocol/wire/version.ts";
import {
  CLOSE_GRACE_MS,
  CLOSE_REASON_BYTES_MAX,
  EXPORTER_BYTES,
  EXPORTER_CONTEXT,
  EXPORTER_LABEL,
  LINK_BUFFERED_BYTES_MAX,
  LINK_FRAMES_PER_SECOND_MAX,
  LINK_HIGH_WATER_BYTES,
} from "./channelLimits.ts";
import { FrameRate } from "./frameRate.ts";

/** Why a channel ended: our code or the peer's, or `lost` when the connection ended without one. */
export interface ChannelEnd {
  readonly code: CloseCode | "lost";
  readonly detail: string;
}

export type FrameHandler = (frame: Uint8Array) => Promise<void> | void;

export interface FrameChannel {
  /** The TLS exporter: equal on both ends, different on every connection. */
  readonly exporter: Buffer;
  readonly peerFingerprint: Digest;
  /** Resolves once, with the first cause. Never rejects. */
  readonly closed: Promise<ChannelEnd>;
  /**
   * Queues one frame, in the order of the calls. Resolves when there is room for the next one: true, or false once the
   * channel is closed and the frame may never arrive. Throws RangeError past the frame limits.
   */
  send(message: unknown, bytes?: Uint8Array): Promise<boolean>;
  /** Frames wait unread until this is called, once. A handler that throws closes the channel. */
  onFrame(handler: FrameHandler): void;
  /** Tells the peer why and ends the channel. No frame is handled from here on. The first cause counts. */
  close(code: CloseCode, detail: string): void;
}

/**
 * Takes over the socket. `tls` is the connection below it and the fingerprint is what its peer was authenticated by:
 * handed in, because a TLS client can ask for the peer's certificate only once (Node drops it from the chain).
 */
export function openFrameChannel(socket: WebSocket, tls: TLSSocket, peerFingerprint: Digest): FrameChannel {
  return new WebSocketChannel(socket, tls, peerFingerprint);
}

/** `ws` refuses a larger frame with this close code; the peer learns no more than that. Source: RFC 6455 §7.4.1. */
const WEBSOCKET_MESSAGE_TOO_BIG = 1009;
const TOO_LARGE_ERRORS: readonly string[] = ["WS_ERR_UNSUPPORTED_MESSAGE_LENGTH", "WS_ERR_TOO_MANY_BUFFERED_PARTS"];

class WebSocketChannel implements FrameChannel {
  readonly exporter: Buffer;
  readonly peerFingerprint: Digest;
  readonly closed: Promise<ChannelEnd>;
  readonly #socket: WebSocket;
  /** Frames of the chunk that was in flight when reading stopped: bounded by one frame and one read of the socket. */
  readonly #unhandled: Uint8Array[] = [];
  #handler: FrameHandler | undefined;
  #handling = false;
  readonly #rate = new FrameRate(LINK_FRAMES_PER_SECOND_MAX);
  #slowed: NodeJS.Timeout | undefined;
  #end: ChannelEnd | undefined;
  #settle: (end: ChannelEnd) => void = () => undefined;

  constructor(socket: WebSocket, tls: TLSSocket, peerFingerprint: Digest) {
    this.peerFingerprint = peerFingerprint;
    this.exporter = tls.exportKeyingMaterial(EXPORTER_BYTES, EXPORTER_LABEL, Buffer.from(EXPORTER_CONTEXT));
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      this.#settle = resolve;
    });
    socket.pause();
    socket.on("message", (data, isBinary) => this.#receive(data, isBinary));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", (code, reason) => this.#finish(endOf(code, reason.toString("utf8"))));
  }

  async send(message: unknown, bytes?: Uint8Array): Promise<boolean> {
    if (this.#end !== undefined) return false;
    const frame = encodeFrame(message, bytes);
    const written = new Promise<boolean>((resolve) => {
      this.#socket.send(frame, { binary: true, compress: false }, (error) =>
        resolve(error === undefined || error === null),
      );
    });
    const bufferedBytes = this.#socket.bufferedAmount;
    if (bufferedBytes > LINK_BUFFERED_BYTES_MAX) {
      // A close frame would queue behind everything that the peer does not read.
      this.#begin({ code: "lost", detail: `the peer does not read: ${bufferedBytes} bytes wait unsent` });
      this.#socket.terminate();
      return false;
    }
    return bufferedBytes <= LINK_HIGH_WATER_BYTES || written;
  }

  onFrame(handler: FrameHandler): void {
    if (this.#handler !== undefined) throw new TypeError("a channel has one handler");
    this.#handler = handler;
    this.#handleAll();
  }

  close(code: CloseCode, detail: string): void {
    if (this.#end !== undefined) return;
    this.#begin({ code, detail });
    this.#socket.close(CLOSE_CODES[code], closeReason(detail));
    this.#cutAfterGrace();
  }

  /** A peer that never answers the goodbye must not keep the connection. */
  #cutAfterGrace(): void {
    const cut = setTimeout(() => this.#socket.terminate(), CLOSE_GRACE_MS);
    void this.closed.then(() => clearTimeout(cut));
    // The peer's goodbye is only seen while the socket is read; its frames are dropped.
    this.#socket.resume();
  }

  /** Records the first cause. */
  #begin(end: ChannelEnd): void {
    this.#end ??= end;
    this.#unhandled.length = 0;
    clearTimeout(this.#slowed);
  }

  #finish(end: ChannelEnd): void {
    this.#begin(end);
    this.#settle(this.#end ?? end);
  }

  #fail(error: Error): void {
    const code = "code" in error && typeof error.code === "string" ? error.code : "";
    if (TOO_LARGE_ERRORS.includes(code)) this.#begin({ code: "frame-too-large", detail: error.message });
    else if (code.startsWith("WS_ERR_")) this.#begin({ code: "malformed-message", detail: error.message });
    else this.#begin({ code: "lost", detail: error.message });
    // `ws` has sent its own close frame by now and would wait half a minute for the answer.
    this.#cutAfterGrace();
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#end !== undefined) return;
    if (!isBinary) return this.close("malformed-message", "text frames are not part of this protocol");
    // `ws` delivers one Buffer a message unless told otherwise.
    if (!Buffer.isBuffer(data)) return this.close("malformed-message", "the frame came in parts");
    this.#unhandled.push(data);
    this.#handleAll();
  }

  #handleAll(): void {
    const handler = this.#handler;
    if (handler === undefined || this.#handling || this.#slowed !== undefined) return;
    while (this.#end === undefined) {
      if (this.#unhandled.length > 0 && !this.#withinRate()) return;
      const frame = this.#unhandled.shift();
      if (frame === undefined) return this.#socket.resume();
      const pending = this.#handle(handler, frame);
      if (pending !== undefined) {
        this.#handling = true;
        this.#socket.pause();
        void pending.then(() => {
          this.#handling = false;
          this.#handleAll();
        });
        return;
      }
    }
  }

  /** False where this second has had its frames: the socket is read again in the next. */
  #withinRate(): boolean {
    const waitMs = this.#rate.take(performance.now());
    if (waitMs === 0) return true;
    this.#socket.pause();
    this.#slowed = setTimeout(() => {
      this.#slowed = undefined;
      this.#handleAll();
    }, waitMs);
    return false;
  }

  /** Undefined when the frame is handled; a promise that never rejects while it is not. */
  #handle(handler: FrameHandler, frame: Uint8Array): Promise<void> | undefined {
    const broken = (error: unknown): void => {
      this.#begin({ code: "unexpected-message", detail: `a message could not be handled: ${String(error)}` });
      // The peer learns that it failed, not the inside of this program.
      this.#socket.close(CLOSE_CODES["unexpected-message"], "a message could not be handled");
      this.#cutAfterGrace();
    };
    try {
      const handled: unknown = handler(frame);
      // A handler typed `void` may return anything: only a promise is waited for.
      return handled instanceof Promise ? handled.then(() => undefined, broken) : undefined;
    } catch (error) {
      broken(error);
      return undefined;
    }
  }
}

function endOf(number: number, reason: string): ChannelEnd {
  if (number === WEBSOCKET_MESSAGE_TOO_BIG)
    return { code: "frame-too-large", detail: reason || "a frame was too large" };
  for (const [code, ours] of Object.entries(CLOSE_CODES)) {
    if (ours === number && isCloseCode(code)) return { code, detail: reason };
  }
  return { code: "lost", detail: reason || "the connection ended without a goodbye" };
}

function isCloseCode(text: string): text is CloseCode {
  return Object.hasOwn(CLOSE_CODES, text);
}

/** As much of the detail as a close frame holds, cut between characters. */
function closeReason(detail: string): string {
  let reason = "";
  let bytes = 0;
  for (const character of detail) {
    bytes += Buffer.byteLength(character);
    if (bytes > CLOSE_REASON_BYTES_MAX) break;
    reason += character;
  }
  return reason;
}
