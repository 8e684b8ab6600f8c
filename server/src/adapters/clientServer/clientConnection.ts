// One client's connection: JSON-RPC messages in, answers out, `home/hello` first, and what this client has proved.
// It must never let a client's message, however broken, reach further than its decoder or end more than this connection.
import { decode, decodeJson } from "#protocol/decode.ts";
import { ArwError, messageOf } from "#protocol/errors.ts";
import {
  type ClientErrorData,
  METHODS,
  REFUSED_RPC_CODE,
  TIMELINE_ENTRIES_NOTIFICATION,
} from "#protocol/wire/client.ts";
import type { TimelinePage } from "#protocol/wire/clientViews.ts";
import { PROTOCOL_VERSION, versionAdvice, versionedSchema } from "#protocol/wire/version.ts";
import type { Socket } from "node:net";
import { type Message, StreamMessageWriter } from "vscode-jsonrpc/node";
import * as z from "zod";
import { PolicyLanguage } from "../policyLanguage/policyLanguage.ts";
import type { ClientSession, HomeApi } from "./homeApi.ts";
import { languageHandshake } from "./languageHandshake.ts";
import { messageTexts } from "./messageFrames.ts";
import { decodeParams, type Route } from "./routes.ts";
import { pumpTimeline, type TimelineSource } from "./timelinePump.ts";

/** Wrong owner secrets after which a connection can no longer become the owner's. */
export const OWNER_TRIES_MAX = 5;
/** Requests of one client at once; the next one is read when one of these has been answered. */
export const REQUESTS_IN_FLIGHT_MAX = 32;

/** A closing Home waits this long for answers that are being written. */
export const CLOSE_GRACE_MS = 1_000;

export interface ConnectionContext {
  readonly api: HomeApi;
  readonly routes: ReadonlyMap<string, Route>;
  readonly checkOwnerSecret: (secret: string) => boolean;
  readonly log: (text: string, facts: Readonly<Record<string, unknown>>) => void;
}

type RequestId = string | number;
interface IncomingMessage {
  readonly id?: RequestId | undefined;
  readonly method: string;
  readonly params?: unknown;
}
const incomingSchema: z.ZodType<IncomingMessage> = z.looseObject({
  jsonrpc: z.literal("2.0"),
  id: z.union([z.string().max(256), z.number()]).optional(),
  method: z.string().max(256),
  params: z.unknown().optional(),
});
const anyJson: z.ZodType<unknown> = z.unknown();

interface WireError {
  readonly code: number;
  readonly message: string;
  readonly data: ClientErrorData;
}
/** An answer, or a notification of ours. */
type Outgoing = Message &
  (
    | { readonly id: RequestId; readonly result: unknown }
    | { readonly id: RequestId | null; readonly error: WireError }
    | { readonly method: string; readonly params: unknown }
  );

export class ClientConnection {
  readonly #socket: Socket;
  readonly #context: ConnectionContext;
  readonly #writer: StreamMessageWriter;
  readonly #closed = new AbortController();
  readonly #language: PolicyLanguage;
  #client: string | undefined;
  #owner = false;
  #wrongSecrets = 0;
  #following: AbortController | undefined;
  #inFlight = 0;
  #waitsForAnswer: (() => void)[] = [];

  constructor(socket: Socket, context: ConnectionContext) {
    this.#socket = socket;
    this.#context = context;
    this.#writer = new StreamMessageWriter(socket);
    // A client that vanishes is no error of the Home; every write's own promise tells its sender.
    this.#writer.onError(() => undefined);
    this.#language = new PolicyLanguage({
      api: context.api,
      session: { client: "editor", owner: false, signal: this.#closed.signal },
      notify: (method, params) => void this.#write({ jsonrpc: "2.0", method, params }),
      onTrouble: (what, error) => context.log(what, { client: this.#client, reason: errorCode(error) }),
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#closed.abort();
      this.#following?.abort();
      this.#language[Symbol.dispose]();
      this.#wakeWaiters();
    });
  }

  /** Serves the client until either side closes. Never rejects. */
  async serve(): Promise<void> {
    try {
      // Not destroyed on return: the reason of a refusal still has to reach the client.
      const chunks: AsyncIterable<Uint8Array> = this.#socket.iterator({ destroyOnReturn: false });
      for await (const text of messageTexts(chunks)) await this.#receive(text);
    } catch (error) {
      if (this.#closed.signal.aborted) return;
      this.#context.log("client connection closed", { client: this.#client, reason: errorCode(error) });
      if (error instanceof ArwError) await this.#write({ jsonrpc: "2.0", id: null, error: wireError(error) });
    } finally {
      this.#socket.destroy();
    }
  }

  /** Lets answers in flight be written, for a moment (whoever stopped the Home is waiting for one), then ends. */
  async close(): Promise<void> {
    const patience = AbortSignal.timeout(CLOSE_GRACE_MS);
    const lost = new Promise<void>((resolve) => patience.addEventListener("abort", () => resolve(), { once: true }));
    while (this.#inFlight > 0 && !patience.aborted && !this.#closed.signal.aborted) {
      const answered = new Promise<void>((resolve) => this.#waitsForAnswer.push(resolve));
      await Promise.race([answered, lost]);
    }
    this.#socket.destroy();
  }

  async #receive(text: string): Promise<void> {
    const parsed = decodeJson(anyJson, text);
    if (!parsed.ok) throw malformed(`it ${parsed.problem}`);
    const message = decode(incomingSchema, parsed.value);
    if (!message.ok) throw malformed(`${message.path} ${message.problem}`);
    const { id, method, params } = message.value;
    // A notification asks for nothing: those about open policies are an editor's, others (`$/cancelRequest`, `exit`) tell nothing here.
    if (id === undefined) return this.#language.notified(method, params);
    while (this.#inFlight >= REQUESTS_IN_FLIGHT_MAX && !this.#closed.signal.aborted) {
      await new Promise<void>((resolve) => this.#waitsForAnswer.push(resolve));
    }
    this.#inFlight++;
    void this.#answer(id, method, params).finally(() => {
      this.#inFlight--;
      this.#wakeWaiters();
    });
  }

  #wakeWaiters(): void {
    for (const wake of this.#waitsForAnswer.splice(0)) wake();
  }

  /** Never rejects: what cannot be answered any more needs no answer. */
  async #answer(id: RequestId, method: string, params: unknown): Promise<void> {
    let response: Outgoing;
    let after: (() => void) | undefined;
    try {
      if (method === METHODS.followTimeline.name) after = this.#prepareToFollow(params);
      const result = after === undefined ? await this.#resultOf(method, params) : {};
      response = { jsonrpc: "2.0", id, result };
    } catch (error) {
      response = { jsonrpc: "2.0", id, error: wireError(this.#shown(error, method)) };
    }
    if (await this.#write(response)) after?.();
  }

  async #resultOf(method: string, params: unknown): Promise<unknown> {
    if (method === METHODS.hello.name) return this.#hello(params);
    if (method === METHODS.openOwnerSession.name) return this.#openOwnerSession(params);
    const handshake = languageHandshake(method);
    if (handshake !== undefined) return handshake.result;
    // An editor asks about what it shows before anybody has said hello; nothing here is more than reading.
    const explained = this.#language.request(method, params);
    if (explained !== undefined) return explained;
    const session = this.#session();
    const route = this.#context.routes.get(method);
    if (route === undefined) {
      throw new ArwError("method-unknown", `There is no method ${method}.`, "Call a method of docs/protocol.md.");
    }
    return route.call(params, session);
  }

  #hello(params: unknown): unknown {
    // The version alone is read first: a peer of another version may say hello in another form.
    const versioned = decode(versionedSchema, params);
    if (versioned.ok && versioned.value.v !== PROTOCOL_VERSION) {
      throw new ArwError(
        "protocol-version",
        `The client speaks another protocol version than this Home (${PROTOCOL_VERSION}).`,
        versionAdvice(versioned.value.v),
      );
    }
    this.#client = decodeParams(METHODS.hello, params).client;
    return this.#context.api.hello();
  }

  #openOwnerSession(params: unknown): unknown {
    this.#session();
    const { secret } = decodeParams(METHODS.openOwnerSession, params);
    // Past the limit even the right secret is refused: otherwise the limit would only slow a guess down.
    if (this.#wrongSecrets < OWNER_TRIES_MAX && this.#context.checkOwnerSecret(secret)) {
      this.#owner = true;
      return {};
    }
    this.#wrongSecrets++;
    this.#context.log("owner secret refused", { client: this.#client, tries: this.#wrongSecrets });
    if (this.#wrongSecrets <= OWNER_TRIES_MAX) {
      throw new ArwError(
        "owner-secret-wrong",
        "That is not the owner secret of this Home.",
        "Give the secret that the Home showed at its first start.",
      );
    }
    throw new ArwError(
      "owner-locked",
      `This connection gave ${OWNER_TRIES_MAX} wrong owner secrets and can no longer open an owner session.`,
      "Connect again with the right secret.",
    );
  }

  /** Checks the request; the returned function starts the pump once the answer is on its way. */
  #prepareToFollow(params: unknown): () => void {
    const session = this.#session();
    const { api, log } = this.#context;
    const following = decodeParams(METHODS.followTimeline, params);
    return () => {
      // One follow a connection: a new one replaces the old.
      this.#following?.abort();
      const stop = new AbortController();
      this.#following = stop;
      if (this.#closed.signal.aborted) stop.abort();
      const source: TimelineSource = {
        readPage: (page) => api.readTimeline(page, session),
        onDurable: (listener) => api.onDurable(listener),
      };
      const send = async (page: TimelinePage): Promise<void> => {
        const message: Outgoing = { jsonrpc: "2.0", method: TIMELINE_ENTRIES_NOTIFICATION, params: page };
        await this.#writer.write(message);
      };
      pumpTimeline(source, following, send, stop.signal).catch((error: unknown) => {
        if (this.#closed.signal.aborted) return;
        // A follower that silently gets nothing more would lie about what happens: the client reconnects instead.
        log("timeline follower closed", { client: this.#client, reason: errorCode(error) });
        void this.close();
      });
    };
  }

  /** Throws ArwError `hello-required` before the client has said hello. */
  #session(): ClientSession {
    if (this.#client !== undefined) return { client: this.#client, owner: this.#owner, signal: this.#closed.signal };
    throw new ArwError("hello-required", "The client has not said home/hello.", "Call home/hello first.");
  }

  /** What the client may see of an error: ours as it is, a bug as `internal-error` without a word of its inside. */
  #shown(error: unknown, method: string): ArwError {
    if (error instanceof ArwError) return error;
    const facts = { client: this.#client, method, error: error instanceof Error ? error.stack : String(error) };
    this.#context.log("a method failed unexpectedly", facts);
    return new ArwError(
      "internal-error",
      `The Home failed at ${method} for a reason of its own.`,
      "Look into the Home's log (home.log in its state folder) and report it.",
    );
  }

  /** Whether the socket took it. */
  async #write(message: Outgoing): Promise<boolean> {
    try {
      await this.#writer.write(message);
      return true;
    } catch {
      return false;
    }
  }
}

function wireError(error: ArwError): WireError {
  return { code: REFUSED_RPC_CODE, message: error.message, data: { code: error.code, advice: error.advice } };
}

function malformed(problem: string): ArwError {
  return new ArwError(
    "message-malformed",
    `A message is not a JSON-RPC 2.0 request: ${problem}.`,
    "Speak JSON-RPC 2.0 with Content-Length headers, as the editor and arw-home do.",
  );
}

function errorCode(error: unknown): string {
  if (error instanceof ArwError) return error.code;
  return messageOf(error);
}
