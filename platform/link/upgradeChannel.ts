// Makes a frame channel of a checked TLS connection: one WebSocket upgrade on that very socket.
// In VS Code's extension host `http.request` is patched and drops `createConnection`, which would open another connection, to
// whatever proxy is set. The class `ClientRequest` is not patched, so the upgrade is asked with it and `ws` only takes over.
import { createHash, randomBytes } from "node:crypto";
import { ClientRequest, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { WebSocket } from "ws";
import { LEAF_DNS_NAME } from "../identity/tlsLeaf.ts";
import { FRAME_CHUNKS_MAX, FRAME_FRAGMENTS_MAX } from "./channelLimits.ts";
import { type FrameChannel, openFrameChannel } from "./frameChannel.ts";
import type { Digest } from "#protocol/digest.ts";

/** What every WebSocket server appends to the key before it digests it. Source: RFC 6455 §1.3. */
const WEBSOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** What `ws` sets for a client of its own: pings are answered, and a goodbye is waited for. */
const WEBSOCKET_OPTIONS = { autoPong: true, maxPendingAutoPongs: 8, closeTimeout: 30_000 };

export interface UpgradeTerms {
  readonly path: string;
  readonly frameBytesMax: number;
  /** Told the peer's time, where its answer says it; to the second. */
  readonly onDate?: (peerMs: number) => void;
}

/** Rejects where the peer answers anything but a proper upgrade, or the signal is aborted. */
export function upgradeChannel(
  tls: TLSSocket,
  peer: Digest,
  terms: UpgradeTerms,
  signal: AbortSignal,
): Promise<FrameChannel> {
  return new Promise((resolve, reject) => {
    const key = randomBytes(16).toString("base64");
    const request = new ClientRequest({
      createConnection: () => tls,
      host: LEAF_DNS_NAME,
      path: terms.path,
      headers: {
        Connection: "Upgrade",
        Upgrade: "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": key,
      },
    });
    const cut = (): void => {
      tls.destroy();
    };
    signal.addEventListener("abort", cut, { once: true });
    request.once("close", () => signal.removeEventListener("abort", cut));
    request.on("error", reject);
    request.once("response", (response) => {
      response.destroy();
      reject(new Error(`the upgrade was answered with ${response.statusCode}`));
    });
    request.once("upgrade", (response, socket, head) => {
      signal.removeEventListener("abort", cut);
      if (socket !== tls || !accepts(response, key)) {
        socket.destroy();
        return reject(new Error("the upgrade was not answered as a WebSocket's is"));
      }
      const peerMs = Date.parse(response.headers.date ?? "");
      if (!Number.isNaN(peerMs)) terms.onDate?.(peerMs);
      // At once: a frame that came with the answer must find the channel there.
      resolve(openFrameChannel(webSocketOn(socket, head, terms.frameBytesMax), tls, peer));
    });
    request.end();
  });
}

function accepts({ headers }: IncomingMessage, key: string): boolean {
  const expected = createHash("sha1").update(`${key}${WEBSOCKET_GUID}`).digest("base64");
  const extended = headers["sec-websocket-extensions"] !== undefined || headers["sec-websocket-protocol"] !== undefined;
  return headers.upgrade?.toLowerCase() === "websocket" && headers["sec-websocket-accept"] === expected && !extended;
}

/** The client's end of an upgraded socket. `ws` has no public door for that; its own server makes its sockets this way. */
function webSocketOn(socket: Duplex, head: Buffer, payloadBytesMax: number): WebSocket {
  const webSocket: unknown = Reflect.construct(WebSocket, [null, undefined, WEBSOCKET_OPTIONS]);
  if (!(webSocket instanceof WebSocket)) throw new TypeError("ws made no WebSocket");
  const takeOver: unknown = Reflect.get(webSocket, "setSocket");
  if (typeof takeOver !== "function" || !Reflect.set(webSocket, "_isServer", false)) {
    throw new TypeError("this version of ws cannot take over a socket");
  }
  Reflect.apply(takeOver, webSocket, [
    socket,
    head,
    {
      allowSynchronousEvents: true,
      maxPayload: payloadBytesMax,
      maxFragments: FRAME_FRAGMENTS_MAX,
      maxBufferedChunks: FRAME_CHUNKS_MAX,
      skipUTF8Validation: false,
    },
  ]);
  return webSocket;
}
