// The HTTP behind the gate: one upgrade to a WebSocket, on the one path that the certificate reaches, or nothing.
// It must never answer a browser (anything with an `Origin`), keep a connection waiting, or parse a large head.
import { createServer, type IncomingMessage, type Server, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { type WebSocket, WebSocketServer } from "ws";
import { FRAME_BYTES_MAX } from "#protocol/wire/frame.ts";
import {
  ENROL_FRAME_BYTES_MAX,
  ENROL_PATH,
  FRAME_CHUNKS_MAX,
  FRAME_FRAGMENTS_MAX,
  LINK_PATH,
} from "#platform/link/channelLimits.ts";
import type { Allowed, RefusedConnection } from "./gate.ts";

/** From the gate to a complete upgrade request; what drips slower is cut. */
export const UPGRADE_MS_MAX = 5_000;
/** All headers together; ours take about 200 bytes. */
export const HEADER_BYTES_MAX: number = 4 * 1024;

export interface UpgradeEvents {
  onUpgraded(socket: WebSocket, tls: TLSSocket, allowed: Allowed): void;
  onRefused(code: RefusedConnection, detail: string, allowed: Allowed): void;
  /** Whether the entry still stands, at the moment of the upgrade. */
  stillAllowed(allowed: Allowed): boolean;
}

/** Sockets that passed the gate and have not been upgraded yet, each with who it is. */
export class UpgradeServer {
  readonly #http: Server;
  readonly #waiting = new Map<Duplex, Allowed>();
  readonly #events: UpgradeEvents;
  readonly #sockets: { readonly invite: WebSocketServer; readonly node: WebSocketServer };

  constructor(events: UpgradeEvents) {
    this.#events = events;
    this.#sockets = { invite: webSockets(ENROL_FRAME_BYTES_MAX), node: webSockets(FRAME_BYTES_MAX) };
    this.#http = createServer({ maxHeaderSize: HEADER_BYTES_MAX, keepAlive: false });
    this.#http.on("request", (request) => {
      this.#refuse(request.socket, 404, "wrong-path", `${request.method} without an upgrade`);
    });
    this.#http.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    this.#http.on("clientError", (error, socket) => this.#refuse(socket, 400, "malformed-http", error.message));
  }

  /** Hands a socket over to HTTP. Only from here on are its bytes parsed. */
  admit(socket: TLSSocket, allowed: Allowed): void {
    // The HTTP server has no timers of its own, since it never listens.
    const slow = setTimeout(() => {
      this.#refuse(socket, 408, "upgrade-timeout", `no upgrade within ${UPGRADE_MS_MAX} ms`);
    }, UPGRADE_MS_MAX);
    this.#waiting.set(socket, allowed);
    socket.once("close", () => {
      clearTimeout(slow);
      this.#waiting.delete(socket);
    });
    socket.once("upgraded", () => clearTimeout(slow));
    this.#http.emit("connection", socket);
  }

  /** Cuts every waiting socket that fails the test. */
  cutUnless(stands: (allowed: Allowed) => boolean): void {
    for (const [socket, allowed] of this.#waiting) if (!stands(allowed)) socket.destroy();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const allowed = this.#waiting.get(socket);
    if (allowed === undefined || !(socket instanceof TLSSocket)) {
      socket.destroy();
      return;
    }
    if (request.headers.origin !== undefined) {
      // A web page that talks to a local port: no program of ours sends an origin.
      return this.#refuse(socket, 403, "origin-refused", "a browser's Origin header");
    }
    const path = allowed.kind === "invite" ? ENROL_PATH : LINK_PATH;
    if (request.url !== path)
      return this.#refuse(socket, 404, "wrong-path", `an ${allowed.kind} asked for another path`);
    if (!this.#events.stillAllowed(allowed)) {
      return this.#refuse(socket, 403, "unknown-certificate", "it was revoked before the upgrade");
    }
    this.#sockets[allowed.kind].handleUpgrade(request, socket, head, (upgraded) => {
      this.#waiting.delete(socket);
      socket.emit("upgraded");
      this.#events.onUpgraded(upgraded, socket, allowed);
    });
  }

  #refuse(socket: Duplex, status: number, code: RefusedConnection, detail: string): void {
    const allowed = this.#waiting.get(socket);
    if (this.#waiting.delete(socket) && allowed !== undefined) this.#events.onRefused(code, detail, allowed);
    if (socket.destroyed) return;
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => {
      socket.destroy();
    });
  }
}

function webSockets(payloadBytesMax: number): WebSocketServer {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: payloadBytesMax,
    maxFragments: FRAME_FRAGMENTS_MAX,
    maxBufferedChunks: FRAME_CHUNKS_MAX,
  });
  // The Home's time, as any HTTP server tells it: a worker compares its own clock and says when they differ.
  server.on("headers", (headers) => headers.push(`Date: ${new Date().toUTCString()}`));
  return server;
}
