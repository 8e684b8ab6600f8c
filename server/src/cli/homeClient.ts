// A typed client of one Home over its socket: calls with decoded results, and the timeline as it becomes durable.
// It must never hand on an undecoded answer, nor ask a person for the owner secret before a call needs it.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import {
  createMessageConnection,
  type MessageConnection,
  ResponseError,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-jsonrpc/node";
import { isHomeAbsent } from "#platform/home/absentHome.ts";
import { decode } from "#protocol/decode.ts";
import { ArwError, messageOf } from "#protocol/errors.ts";
import { METHODS, type Method, TIMELINE_ENTRIES_NOTIFICATION } from "#protocol/wire/client.ts";
import { answerInvalid, homeGone, refusalOf } from "#protocol/wire/clientErrors.ts";
import { type HelloResult, type TimelinePage, timelinePageSchema } from "#protocol/wire/clientViews.ts";
import { PROTOCOL_VERSION } from "#protocol/wire/version.ts";

export interface HomeClientOptions {
  /** What it calls itself at the Home. */
  readonly client: string;
  /** Asked at the first call that needs an owner session. Throws ArwError where there is none to give. */
  readonly ownerSecret: () => Promise<string>;
}

/** Connects and says hello. Undefined where no Home listens. Throws ArwError `protocol-version` or `home-unreachable`. */
export async function connectToHome(socketPath: string, options: HomeClientOptions): Promise<HomeClient | undefined> {
  const socket = connect(socketPath);
  try {
    await once(socket, "connect");
  } catch (cause) {
    socket.destroy();
    if (isHomeAbsent(cause)) return undefined;
    throw new ArwError(
      "home-unreachable",
      `The Home's socket ${socketPath} cannot be opened: ${messageOf(cause)}.`,
      "Run it as the user whose Home this is.",
      { cause },
    );
  }
  const reader = new StreamMessageReader(socket);
  // After half a message it would ask every ten seconds for the other half, and no dispose stops it: the timer outlives a
  // Home that died while it wrote, and with it the process of the command. That the Home is gone, the socket says.
  reader.partialMessageTimeout = 0;
  const rpc = createMessageConnection(reader, new StreamMessageWriter(socket));
  try {
    return await HomeClient.greet(socket, rpc, options);
  } catch (error) {
    rpc.dispose();
    socket.destroy();
    // It was on its way out: for us there is no Home.
    if (error instanceof ArwError && error.code === "home-gone") return undefined;
    throw error;
  }
}

export class HomeClient implements Disposable {
  readonly hello: HelloResult;
  /** Resolves when the connection has closed. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #rpc: MessageConnection;
  readonly #options: HomeClientOptions;
  #owner: Promise<void> | undefined;

  private constructor(socket: Socket, rpc: MessageConnection, hello: HelloResult, options: HomeClientOptions) {
    this.#socket = socket;
    this.#rpc = rpc;
    this.hello = hello;
    this.#options = options;
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
  }

  static async greet(socket: Socket, rpc: MessageConnection, options: HomeClientOptions): Promise<HomeClient> {
    rpc.onError(() => undefined);
    rpc.listen();
    const hello = await request(rpc, socket, METHODS.hello, { v: PROTOCOL_VERSION, client: options.client });
    return new HomeClient(socket, rpc, hello, options);
  }

  /** Calls a method; opens the owner session first where the method needs one. Throws ArwError with the Home's code. */
  async call<Params, Result>(method: Method<Params, Result>, params: Params): Promise<Result> {
    if (method.owner) await this.#asOwner(method);
    return request(this.#rpc, this.#socket, method, params);
  }

  /** Each page of a followed timeline, from `timeline/follow` on. */
  onTimelinePage(listener: (page: TimelinePage) => void): Disposable {
    const subscription = this.#rpc.onNotification(TIMELINE_ENTRIES_NOTIFICATION, (params: unknown) => {
      const page = decode(timelinePageSchema, params);
      if (page.ok) listener(page.value);
      // A page that cannot be read would be a hole in the timeline: better no connection than a silent hole.
      else this.#socket.destroy();
    });
    return { [Symbol.dispose]: () => subscription.dispose() };
  }

  [Symbol.dispose](): void {
    this.#rpc.dispose();
    this.#socket.destroy();
  }

  /** Where nobody has the secret, a method that stages is called all the same: it then waits for the owner. */
  async #asOwner({ stages }: { readonly stages: boolean }): Promise<void> {
    this.#owner ??= this.#openOwnerSession();
    try {
      await this.#owner;
    } catch (error) {
      if (!stages || !(error instanceof ArwError) || error.code !== "owner-session-required") throw error;
    }
  }

  async #openOwnerSession(): Promise<void> {
    const secret = await this.#options.ownerSecret();
    await request(this.#rpc, this.#socket, METHODS.openOwnerSession, { secret });
  }
}

async function request<Params, Result>(
  rpc: MessageConnection,
  socket: Socket,
  method: Method<Params, Result>,
  params: Params,
): Promise<Result> {
  const gone = new AbortController();
  const closed = once(socket, "close", { signal: gone.signal }).then(() => {
    throw homeGone(method.name);
  });
  try {
    if (socket.destroyed) throw homeGone(method.name);
    const answer: unknown = await Promise.race([rpc.sendRequest(method.name, params), closed]);
    const result = decode(method.result, answer);
    if (result.ok) return result.value;
    throw answerInvalid(method.name, result.path, result.problem);
  } catch (error) {
    throw errorOf(error, method.name);
  } finally {
    closed.catch(() => undefined);
    gone.abort();
  }
}

function errorOf(error: unknown, method: string): ArwError {
  if (error instanceof ArwError) return error;
  const refusal = error instanceof ResponseError ? refusalOf(error.message, error.data) : undefined;
  return refusal ?? homeGone(method);
}
