// One end of a worker's link, made by hand: what the Home says on it and how it ends is the test's, and nothing is left to a network.
// It decides nothing. It must never take longer than the turns of the loop that the promises around it need.
import type { ChannelEnd } from "#platform/link/frameChannel.ts";
import type { MessageHandler } from "#platform/link/link.ts";
import { type Digest, digestOf } from "#protocol/digest.ts";
import type { CloseCode } from "#protocol/wire/version.ts";
import type { HomeMessage, WorkerMessage } from "#protocol/wire/worker.ts";
import type { WorkerLink } from "../../worker-companion/src/adapters/dial/dialHome.ts";

export class HandMadeLink implements WorkerLink {
  readonly exporter: Buffer = Buffer.alloc(32, 7);
  readonly peerFingerprint: Digest = digestOf("the Home's leaf");
  readonly closed: Promise<ChannelEnd>;
  readonly sent: WorkerMessage[] = [];
  #end: ChannelEnd | undefined;
  #settle: (end: ChannelEnd) => void = () => undefined;
  #handler: MessageHandler<HomeMessage> = () => undefined;

  constructor() {
    this.closed = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  async send(message: WorkerMessage): Promise<boolean> {
    this.sent.push(message);
    return this.#end === undefined;
  }

  onMessage(handler: MessageHandler<HomeMessage>): void {
    this.#handler = handler;
  }

  close(code: CloseCode | "lost", detail: string): void {
    this.#end ??= { code, detail };
    this.#settle(this.#end);
  }

  async says(message: HomeMessage): Promise<void> {
    await this.#handler(message, new Uint8Array(0));
    await settled();
  }

  /** What it was closed with, if it was. */
  endedAs(): ChannelEnd["code"] | undefined {
    return this.#end?.code;
  }

  kinds(): readonly string[] {
    return this.sent.map(({ kind }) => kind);
  }
}

/** Enough turns of the loop for every promise that is ready. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
