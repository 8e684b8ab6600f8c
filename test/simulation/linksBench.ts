// The Home's side of workers' links on a desk, with a worker that the test plays, and clocks that it moves.
// It decides nothing: a test says what comes over a link and when.
import type { TestContext } from "node:test";
import { type Identity, identityOf } from "#platform/identity/identityFile.ts";
import type { ChannelEnd } from "#platform/link/frameChannel.ts";
import type { MessageHandler } from "#platform/link/link.ts";
import { linkProof } from "#platform/link/linkProof.ts";
import { digestOf } from "#protocol/digest.ts";
import type { NodeLoad } from "#protocol/node.ts";
import { byteCount } from "#protocol/quantities.ts";
import type { CloseCode } from "#protocol/wire/version.ts";
import type { Hello, HomeMessage, WorkerMessage } from "#protocol/wire/worker.ts";
import type { HomeLink } from "../../server/src/adapters/listener/workerListener.ts";
import {
  HEARTBEAT_TTL_MS,
  heartbeatTimes,
  WorkerLinks,
  type WorkerLinksTerms,
} from "../../server/src/adapters/workers/workerLinks.ts";
import { DeskBench, quiet } from "./deskBench.ts";
import { idsOf } from "./homeCommands.ts";
import { capabilitiesWith, COMMAND_ENGINE, GPU, ofKind } from "./homeScenario.ts";
import { NO_LEDGER } from "./noLedger.ts";

export const TTL: number = HEARTBEAT_TTL_MS;
export const LINKS_HOME: Identity = identityOf(Buffer.alloc(32, 1));

/** A link whose other end is the test. */
export class FakeLink implements HomeLink {
  readonly exporter: Buffer;
  readonly peerFingerprint: HomeLink["peerFingerprint"];
  readonly closed: Promise<ChannelEnd>;
  readonly said: HomeMessage[] = [];
  #end: ChannelEnd | undefined;
  #settle: (end: ChannelEnd) => void = () => undefined;
  #handler: MessageHandler<WorkerMessage> | undefined;

  constructor(seed: number) {
    this.exporter = Buffer.alloc(32, seed);
    this.peerFingerprint = digestOf("a leaf");
    this.closed = new Promise((resolve) => (this.#settle = resolve));
  }

  /** Why it was closed; undefined while it is open. */
  endCode(): string | undefined {
    return this.#end?.code;
  }

  async send(message: HomeMessage): Promise<boolean> {
    if (this.#end !== undefined) return false;
    this.said.push(message);
    return true;
  }

  onMessage(handler: MessageHandler<WorkerMessage>): void {
    this.#handler = handler;
  }

  close(code: CloseCode, detail: string): void {
    this.drop({ code, detail });
  }

  drop(end: ChannelEnd = { code: "lost", detail: "the cable was cut" }): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#settle(end);
  }

  async say(message: WorkerMessage, bytes: Uint8Array = new Uint8Array()): Promise<void> {
    await this.#handler?.(message, bytes);
    await quiet();
  }
}

export class LinksBench extends DeskBench {
  readonly links: WorkerLinks;
  readonly faults: string[] = [];
  readonly #context: TestContext;
  #seed = 1;
  #monotonicMs = 0;

  constructor(context: TestContext, ledger: WorkerLinksTerms["ledger"] = NO_LEDGER) {
    super();
    context.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
    this.#context = context;
    this.links = new WorkerLinks({
      home: () => this.reports,
      identity: LINKS_HOME,
      nextLeaf: () => undefined,
      now: () => this.now,
      nowMs: () => this.#monotonicMs,
      times: heartbeatTimes({}),
      receive: (channel, message, bytes) => this.desk.receive(channel, message, bytes),
      resume: (offer) => this.desk.resume(offer),
      transfers: () => this.desk.crossings.transfers(),
      ledger,
      onFault: (code) => this.faults.push(code),
      onTrouble: (what, error) => this.troubles.push(`${what}: ${String(error)}`),
    });
    context.after(() => this.links.dispose());
  }

  /** A link of the worker that has passed TLS and has said nothing yet. */
  dial(): FakeLink {
    const link = new FakeLink(this.#seed++);
    this.links.take(link, GPU.nodeId);
    return link;
  }

  async connected(change: Partial<Hello> = {}): Promise<FakeLink> {
    const link = this.dial();
    await link.say(hello(link, change));
    return link;
  }

  /** Moves the Home's clock and its timers together. */
  async pass(ms: number): Promise<void> {
    this.after(ms);
    this.#monotonicMs += ms;
    this.#context.mock.timers.tick(ms);
    await quiet();
  }

  /** Both clocks go on, and no timer of this Home does. */
  sleep(ms: number): void {
    this.after(ms);
    this.#monotonicMs += ms;
  }

  async lostNodes(): Promise<readonly string[]> {
    return ofKind(await this.events(), "NodeLost").map(({ code }) => code);
  }
}

export function hello(link: FakeLink, change: Partial<Hello> = {}): Hello {
  return {
    kind: "hello",
    nodeId: GPU.nodeId,
    instanceId: idsOf(7).instanceId,
    proof: linkProof({ ...GPU, privateKey: GPU.key }, link.exporter),
    name: GPU.name,
    capabilities: capabilitiesWith(COMMAND_ENGINE),
    attempts: [],
    ...change,
  };
}

export const LOAD: NodeLoad = { running: 1, load1Milli: 400, memoryFreeBytes: byteCount(5) };
export const BEAT: WorkerMessage = { kind: "heartbeat", load: LOAD };
