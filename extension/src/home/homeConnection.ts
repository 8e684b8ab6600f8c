// This window's connection to the Home of its workspace: attaches to it or starts it, says hello, follows the timeline,
// and comes back after a loss. It must never hand on an undecoded answer, nor try for ever without saying why.
import { connect as connectSocket, type Socket } from "node:net";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import * as vscode from "vscode";
import { CloseAction, ErrorAction, LanguageClient, ResponseError } from "vscode-languageclient/node";
import { isHomeAbsent } from "#platform/home/absentHome.ts";
import { attachOrStart } from "#platform/home/startHome.ts";
import { decode } from "#protocol/decode.ts";
import { ArwError, messageOf } from "#protocol/errors.ts";
import { type Sequence, sequence } from "#protocol/quantities.ts";
import { METHODS, type Method, TIMELINE_ENTRIES_NOTIFICATION } from "#protocol/wire/client.ts";
import { answerInvalid, homeGone, refusalOf } from "#protocol/wire/clientErrors.ts";
import { type HelloResult, type TimelinePage, timelinePageSchema } from "#protocol/wire/clientViews.ts";
import { PROTOCOL_VERSION } from "#protocol/wire/version.ts";
import type { Home, HomeStatus } from "./home.ts";
import type { HomePlace } from "./homePlace.ts";
import type { OwnerSecret } from "./ownerSecret.ts";
import { LOSSES_MAX, LossCount } from "./lossCount.ts";

/** Pauses before a lost Home is tried again: the last one repeats until LossCount gives up. */
const RETRY_PAUSES_MS = [0, 250, 1_000, 3_000] as const;
/** Wrong secrets that a person may give before a call fails. */
const SECRET_TRIES_MAX = 3;
/** How long a connection may take to say goodbye. */
const GOODBYE_MS_MAX = 1_500;

/** One live connection: its client, its socket, and what it has proved. */
interface Link {
  readonly client: LanguageClient;
  readonly socket: Socket;
  owner: Promise<void> | undefined;
}

export class HomeConnection implements Home, vscode.Disposable {
  readonly #place: () => Promise<HomePlace>;
  readonly #log: vscode.LogOutputChannel;
  readonly #ownerSecret: OwnerSecret;
  readonly #statusChanges = new vscode.EventEmitter<HomeStatus>();
  readonly #pages = new vscode.EventEmitter<TimelinePage>();
  readonly #losses = new LossCount();
  readonly #closed = new AbortController();
  readonly onDidChangeStatus: vscode.Event<HomeStatus> = this.#statusChanges.event;
  readonly onDidReceivePage: vscode.Event<TimelinePage> = this.#pages.event;
  #status: HomeStatus;
  #link: Link | undefined;
  #connecting: Promise<HelloResult> | undefined;
  /** Where the timeline goes on after a reconnect. */
  #nextSequence: Sequence | undefined;

  constructor(
    place: () => Promise<HomePlace>,
    status: HomeStatus,
    ownerSecret: OwnerSecret,
    log: vscode.LogOutputChannel,
  ) {
    this.#place = place;
    this.#status = status;
    this.#ownerSecret = ownerSecret;
    this.#log = log;
  }

  get status(): HomeStatus {
    return this.#status;
  }

  async connect(): Promise<HelloResult> {
    switch (this.#status.kind) {
      case "connected":
        return this.#status.hello;
      case "unavailable":
        throw unavailable(this.#status.why);
      case "idle":
      case "connecting":
      case "failed":
        this.#connecting ??= this.#attach(undefined).finally(() => {
          this.#connecting = undefined;
        });
        return this.#connecting;
    }
  }

  /** The folder was trusted: from now on the Home may be started. */
  becomeAvailable(): void {
    if (this.#status.kind === "unavailable") this.#setStatus({ kind: "idle" });
  }

  /** Forgets earlier losses and connects anew, after whoever asked has ended the Home or wants to try again. */
  async reconnect(): Promise<HelloResult> {
    this.#losses.forget();
    await this.#goodbye();
    if (this.#status.kind !== "unavailable") this.#setStatus({ kind: "idle" });
    return this.connect();
  }

  async call<Params, Result>(method: Method<Params, Result>, params: Params): Promise<Result> {
    await this.connect();
    const link = this.#link;
    if (link === undefined) throw homeGone(method.name);
    if (method.owner) {
      link.owner ??= this.#openOwnerSession(link);
      await link.owner;
    }
    return request(link, method, params);
  }

  /** Says goodbye within GOODBYE_MS_MAX. The Home lives on for its other clients, and for what runs. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#goodbye();
  }

  dispose(): void {
    this.#closed.abort();
    this.#link?.socket.destroy();
    this.#statusChanges.dispose();
    this.#pages.dispose();
  }

  async #attach(lost: string | undefined): Promise<HelloResult> {
    for (let tries = 0; ; tries++) {
      this.#setStatus({ kind: "connecting", ...(lost === undefined ? {} : { lost }) });
      const problem = this.#losses.isTooMany(performance.now()) ? unstable(lost) : undefined;
      if (problem !== undefined) throw this.#failed(problem);
      try {
        return await this.#open();
      } catch (error) {
        if (this.#closed.signal.aborted) throw homeGone("home/hello");
        // A Home that says why it does not start would say the same again; one that vanished may be on its way back.
        if (error instanceof ArwError && error.code !== "home-gone") throw this.#failed(error);
        lost = messageOf(error);
        this.#losses.add(performance.now());
        this.#log.warn(`The Home was lost: ${lost}`);
        await sleep(RETRY_PAUSES_MS[Math.min(tries, RETRY_PAUSES_MS.length - 1)]);
      }
    }
  }

  async #open(): Promise<HelloResult> {
    const place = await this.#place();
    const socket = await attachOrStart({
      ...place,
      connect: () => openSocket(place.socketPath),
      onMinted: (secret) => this.#ownerSecret.keep(secret),
    });
    const link: Link = { client: this.#clientOver(socket), socket, owner: undefined };
    try {
      await raceClose(socket, link.client.start());
      const hello = await request(link, METHODS.hello, { v: PROTOCOL_VERSION, client: "editor" });
      this.#nextSequence ??= sequence(hello.lastSequence + 1);
      this.#link = link;
      socket.once("close", () => this.#lost(link));
      await request(link, METHODS.followTimeline, { fromSequence: this.#nextSequence });
      this.#log.info(`Connected to the Home, process ${hello.processId}.`);
      this.#setStatus({ kind: "connected", hello });
      return hello;
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  #clientOver(socket: Socket): LanguageClient {
    const client = new LanguageClient("arw", "ARW Home", () => Promise.resolve({ reader: socket, writer: socket }), {
      outputChannel: this.#log,
      // The Home is the language server of policies as well. Its hovers may link to an episode and its record, and to nothing else.
      documentSelector: [{ scheme: "file", language: "arw-policy" }],
      markdown: { isTrusted: { enabledCommands: ["arw.openTimeline", "arw.openLedger"] }, supportHtml: false },
      initializationFailedHandler: () => false,
      // Reconnecting is ours: it may have to start another Home, and it is bounded by LossCount.
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => ({ action: CloseAction.DoNotRestart, handled: true }),
      },
    });
    client.onNotification(TIMELINE_ENTRIES_NOTIFICATION, (params: unknown) => {
      const page = decode(timelinePageSchema, params);
      // A page that cannot be read would be a hole in the timeline: better no connection than a silent hole.
      if (!page.ok) return void socket.destroy();
      this.#nextSequence = page.value.nextSequence;
      this.#pages.fire(page.value);
    });
    return client;
  }

  #lost(link: Link): void {
    if (this.#link !== link) return;
    this.#link = undefined;
    if (this.#closed.signal.aborted) return;
    this.#losses.add(performance.now());
    const reason = vscode.l10n.t("the Home ended or closed the connection");
    this.#log.warn(`The Home was lost: ${reason}`);
    // Whoever waits for the reconnect hears of a failure; nobody else may be waiting.
    this.#connecting ??= this.#attach(reason).finally(() => {
      this.#connecting = undefined;
    });
    this.#connecting.catch(() => undefined);
  }

  async #openOwnerSession(link: Link): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        const secret = await this.#ownerSecret.get();
        await request(link, METHODS.openOwnerSession, { secret });
        await this.#ownerSecret.keep(secret);
        return;
      } catch (error) {
        const wrong = error instanceof ArwError && error.code === "owner-secret-wrong";
        if (wrong) await this.#ownerSecret.forget();
        if (wrong && tries < SECRET_TRIES_MAX) continue;
        link.owner = undefined;
        throw error;
      }
    }
  }

  async #goodbye(): Promise<void> {
    const link = this.#link;
    this.#link = undefined;
    if (link === undefined) return;
    try {
      await link.client.stop(GOODBYE_MS_MAX);
    } catch {
      // It was gone already, or did not answer in time: the socket ends either way.
    }
    link.socket.destroy();
  }

  #failed(error: ArwError): ArwError {
    this.#log.error(`${error.message} ${error.advice}`);
    this.#setStatus({ kind: "failed", error });
    return error;
  }

  #setStatus(status: HomeStatus): void {
    this.#status = status;
    if (!this.#closed.signal.aborted) this.#statusChanges.fire(status);
  }
}

async function request<Params, Result>(link: Link, method: Method<Params, Result>, params: Params): Promise<Result> {
  let answer: unknown;
  try {
    answer = await raceClose(link.socket, link.client.sendRequest<unknown>(method.name, params));
  } catch (error) {
    const refusal = error instanceof ResponseError ? refusalOf(error.message, error.data) : undefined;
    throw refusal ?? homeGone(method.name);
  }
  const result = decode(method.result, answer);
  if (result.ok) return result.value;
  throw answerInvalid(method.name, result.path, result.problem);
}

/** The outcome of `work`, or `home-gone` if the socket closes first. */
async function raceClose<T>(socket: Socket, work: Promise<T>): Promise<T> {
  const settled = new AbortController();
  const closed = once(socket, "close", { signal: settled.signal }).then(() => {
    throw homeGone("a request");
  });
  try {
    if (socket.destroyed) throw homeGone("a request");
    return await Promise.race([work, closed]);
  } finally {
    closed.catch(() => undefined);
    work.catch(() => undefined);
    settled.abort();
  }
}

/** Undefined where no Home listens. */
async function openSocket(path: string): Promise<Socket | undefined> {
  const socket = connectSocket(path);
  try {
    await once(socket, "connect");
    socket.on("error", () => undefined);
    return socket;
  } catch (cause) {
    socket.destroy();
    if (isHomeAbsent(cause)) return undefined;
    throw new ArwError(
      "home-unreachable",
      vscode.l10n.t("The Home's socket {0} cannot be opened: {1}.", path, messageOf(cause)),
      vscode.l10n.t("Open VS Code as the user whose Home this is."),
      { cause },
    );
  }
}

function unstable(lost: string | undefined): ArwError {
  return new ArwError(
    "home-unstable",
    vscode.l10n.t("The Home was lost {0} times within a few minutes; the last time: {1}.", LOSSES_MAX, lost ?? "?"),
    vscode.l10n.t("Look into the log, then use the command ARW: Restart Home."),
  );
}

function unavailable(why: Extract<HomeStatus, { kind: "unavailable" }>["why"]): ArwError {
  switch (why) {
    case "no-folder":
      return new ArwError(
        "no-folder",
        vscode.l10n.t("No folder is open, and a Home belongs to a folder."),
        vscode.l10n.t("Open a folder first."),
      );
    case "not-on-disk":
      return new ArwError(
        "folder-not-on-disk",
        vscode.l10n.t("This folder is not on a disk of this machine."),
        vscode.l10n.t("Open a folder of this machine, or connect to the machine that has it."),
      );
    case "untrusted":
      return new ArwError(
        "folder-untrusted",
        vscode.l10n.t("This folder is not trusted, so nothing of it is run."),
        vscode.l10n.t("Trust the folder first: Workspaces: Manage Workspace Trust."),
      );
  }
}
