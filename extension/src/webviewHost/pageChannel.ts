// The typed channel between the extension and one page: what a page sends is decoded and bounded before anything reads it.
// What it is told goes through the redactor. It must never pass on a message that does not decode, and never pile up messages for a page that takes none.
import type * as vscode from "vscode";
import type * as z from "zod";
import { decode } from "#protocol/decode.ts";
import {
  PAGE_MESSAGE_CHARACTERS_MAX,
  PAGE_MESSAGES_A_SECOND_MAX,
  UNTAKEN_MESSAGES_MAX,
} from "#protocol/webview/page.ts";
import { redactedMessage } from "./redactedMessage.ts";

/** What the channel needs of a `vscode.Webview`. */
export type MessagePort = Pick<vscode.Webview, "postMessage" | "onDidReceiveMessage">;
/** What it needs of the extension's log. */
export type ChannelLog = Pick<vscode.LogOutputChannel, "warn">;

export interface PageChannelOptions<FromPage> {
  /** The screen's name, for the log. */
  readonly screen: string;
  readonly fromPage: z.ZodType<FromPage>;
  readonly receive: (message: FromPage) => void;
  readonly log: ChannelLog;
  /** Milliseconds of any clock that only grows. */
  readonly now: () => number;
}

export class PageChannel<ToPage, FromPage> implements vscode.Disposable {
  readonly #port: MessagePort;
  readonly #options: PageChannelOptions<FromPage>;
  readonly #listening: vscode.Disposable;
  #untaken = 0;
  #secondStartedAt = 0;
  #receivedThisSecond = 0;
  #disposed = false;

  constructor(port: MessagePort, options: PageChannelOptions<FromPage>) {
    this.#port = port;
    this.#options = options;
    this.#listening = port.onDidReceiveMessage((message: unknown) => this.#receive(message));
  }

  /**
   * Whether the page has taken the message. False where it is hidden, gone, or does not keep up: whoever sends must then
   * begin again with a snapshot when the page says that it is ready.
   */
  async post(message: ToPage): Promise<boolean> {
    if (this.#disposed || this.#untaken >= UNTAKEN_MESSAGES_MAX) return false;
    this.#untaken += 1;
    try {
      return await this.#port.postMessage(redactedMessage(message));
    } catch {
      // The webview was disposed while the message was on its way.
      return false;
    } finally {
      this.#untaken -= 1;
    }
  }

  dispose(): void {
    this.#disposed = true;
    this.#listening.dispose();
  }

  #receive(message: unknown): void {
    if (this.#disposed) return;
    const problem = this.#refusal(message);
    if (problem !== undefined) {
      // Of what it was, only where it went wrong is written down: the rest may be anything.
      this.#options.log.warn(`dropped a message of the page ${this.#options.screen}: ${problem}`);
      return;
    }
    const decoded = decode(this.#options.fromPage, message);
    if (decoded.ok) this.#options.receive(decoded.value);
    else {
      this.#options.log.warn(
        `dropped a message of the page ${this.#options.screen}: ${decoded.path} ${decoded.problem}`,
      );
    }
  }

  #refusal(message: unknown): string | undefined {
    const now = this.#options.now();
    if (now - this.#secondStartedAt >= 1_000) {
      this.#secondStartedAt = now;
      this.#receivedThisSecond = 0;
    }
    this.#receivedThisSecond += 1;
    if (this.#receivedThisSecond > PAGE_MESSAGES_A_SECOND_MAX) return "more than it may send in a second";
    const characters = charactersOf(message);
    if (characters === undefined) return "it is not JSON";
    return characters > PAGE_MESSAGE_CHARACTERS_MAX ? `${characters} characters are too many` : undefined;
  }
}

function charactersOf(message: unknown): number | undefined {
  try {
    return JSON.stringify(message)?.length;
  } catch {
    // A cycle or a BigInt.
    return undefined;
  }
}
