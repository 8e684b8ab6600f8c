// The floors of the network rows: a bare `ws` and a bare HTTPS server over mutual TLS 1.3, the other end in its own process.
// It must do nothing that a naked library would not do.
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import { randomBytes } from "node:crypto";
import { type WebSocket, WebSocketServer } from "ws";
import { identityOf } from "#platform/identity/identityFile.ts";
import { mintLeaf } from "#platform/identity/tlsLeaf.ts";
import { now } from "./benchHome.ts";
import { Child } from "./child.ts";

export class FloorPeer {
  readonly #server: Server;
  readonly #socket: WebSocket;
  readonly #child: Child;
  readonly #served: { bytes: Uint8Array };

  private constructor(server: Server, socket: WebSocket, child: Child, served: { bytes: Uint8Array }) {
    this.#server = server;
    this.#socket = socket;
    this.#child = child;
    this.#served = served;
  }

  static async open(folder: string): Promise<FloorPeer> {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const ours = await mintLeaf(identityOf(randomBytes(32)), now());
    const theirs = await mintLeaf(identityOf(randomBytes(32)), now());
    const files = { "client.key": theirs.privateKey, "client.crt": theirs.certificate, "server.crt": ours.certificate };
    for (const [name, text] of Object.entries(files)) writeFileSync(`${folder}/${name}`, text, { mode: 0o600 });
    const tls = { key: ours.privateKey, cert: ours.certificate, ca: [theirs.certificate] };
    const server = createServer({ ...tls, requestCert: true, rejectUnauthorized: true, minVersion: "TLSv1.3" });
    // A connection that waits for its next turn is not to be closed: a loaded machine takes more than the usual five seconds.
    server.keepAliveTimeout = 0;
    const served = { bytes: new Uint8Array(0) };
    server.on("request", (_, response) => response.end(served.bytes));
    const sockets = new WebSocketServer({ server, perMessageDeflate: false });
    const connected = new Promise<WebSocket>((resolve) => sockets.once("connection", resolve));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the floor has no port");
    const child = Child.start("floor-peer", [String(address.port), folder]);
    return new FloorPeer(server, await connected, child, served);
  }

  /** There and back. */
  async roundTrip(payload: Uint8Array): Promise<void> {
    const answered = new Promise((resolve) => this.#socket.once("message", resolve));
    this.#socket.send(payload, { binary: true });
    await answered;
  }

  /** The other process fetches these bytes and says their digest. */
  async fetched(bytes: Uint8Array): Promise<string> {
    this.#served.bytes = bytes;
    const answered = new Promise<unknown>((resolve) => this.#socket.once("message", resolve));
    this.#socket.send("/bytes");
    return String(await answered);
  }

  async close(): Promise<void> {
    this.#socket.terminate();
    await this.#child.end();
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
