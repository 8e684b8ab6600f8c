// A client of the Home's socket that knows nothing of our client library: JSON-RPC by hand, as any program may speak it.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { decodeJson } from "#protocol/decode.ts";
import * as z from "zod";

export interface RawAnswer {
  /** The stable code of a refusal; undefined where the call succeeded. */
  readonly code: string | undefined;
}

const answerSchema = z.looseObject({
  id: z.number().optional(),
  error: z.looseObject({ data: z.looseObject({ code: z.string() }).optional(), message: z.string() }).optional(),
});

export class RawClient {
  readonly #socket: Socket;
  readonly #waiting: Map<number, (answer: RawAnswer) => void> = new Map();
  #received: Buffer = Buffer.alloc(0);
  #calls = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (bytes) => this.#receive(bytes));
    socket.on("close", () => {
      for (const answer of this.#waiting.values()) answer({ code: "connection-closed" });
    });
  }

  static async open(path: string): Promise<RawClient> {
    const socket = connect(path);
    await once(socket, "connect");
    return new RawClient(socket);
  }

  call(method: string, params: object): Promise<RawAnswer> {
    const id = ++this.#calls;
    const body = JSON.stringify({ jsonrpc: "2.0", id, method, params });
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#socket.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes]);
    for (;;) {
      const head = this.#received.indexOf("\r\n\r\n");
      const length = Number(/Content-Length: (\d+)/u.exec(this.#received.toString("latin1"))?.[1]);
      if (head < 0 || this.#received.length < head + 4 + length) return;
      const body = this.#received.subarray(head + 4, head + 4 + length).toString("utf8");
      this.#received = this.#received.subarray(head + 4 + length);
      const answer = decodeJson(answerSchema, body);
      if (!answer.ok || answer.value.id === undefined) continue;
      const { error, id } = answer.value;
      this.#waiting.get(id)?.({ code: error === undefined ? undefined : (error.data?.code ?? error.message) });
      this.#waiting.delete(id);
    }
  }
}
