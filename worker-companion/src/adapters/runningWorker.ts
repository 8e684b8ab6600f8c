// One life of a worker: blobs, engines, attempts and the connection to its Home, started together and stopped together.
// It is the one worker of its state folder. It must leave no process behind, however it ends.
import { randomBytes } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import type { BlobStore } from "#platform/blobs/blobStore.ts";
import { PRODUCT_VERSION } from "#platform/productVersion.ts";
import { ID_ENTROPY_BYTES, instanceId } from "#protocol/ids.ts";
import type { EngineAdvert } from "#protocol/node.ts";
import { epochMs } from "#protocol/quantities.ts";
import { receiptBytes } from "#protocol/receipt.ts";
import { sign } from "#protocol/signature.ts";
import type { Engine } from "../core/engine.ts";
import type { WorkerStatus } from "../core/workerStatus.ts";
import { type AttemptRunner, createAttemptRunner } from "../engines/attempts/attemptRunner.ts";
import { endOrphans } from "../engines/command/orphans.ts";
import { probeLoad, probeNode } from "../engines/nodeProbe.ts";
import { BLOB_BYTES_USUAL, type BoundedBlobs, openBoundedBlobs } from "./boundedBlobs.ts";
import { type ControlRequest, type ControlSocket, listenForControl } from "./controlSocket.ts";
import { type DailyUseFile, openDailyUse } from "./dailyUseFile.ts";
import { type ConnectionChange, HomeConnection } from "./homeConnection.ts";
import { LedgerWitness } from "./ledgerWitness.ts";
import { LinkCertificates } from "./linkCertificates.ts";
import { createMachineOwner, rulesStatusOf } from "./machineOwner.ts";
import { ReceiptKeeper } from "./receiptKeeper.ts";
import { openRulesFile, type RulesFile } from "./rulesFile.ts";
import type { NamedMembership, WorkerFolder } from "./workerFolder.ts";

export interface WorkerTerms {
  readonly folder: WorkerFolder;
  readonly membership: NamedMembership;
  readonly slots: number;
  /** Makes the engines over this worker's blobs; they are disposed with the worker. */
  readonly engines: (blobs: BlobStore) => readonly Engine[];
  readonly onChange: (change: ConnectionChange | Parting) => void;
  readonly log: (fact: string, detail: Readonly<Record<string, unknown>>) => void;
}

export type Parting = { readonly kind: "draining"; readonly running: number } | { readonly kind: "stopping" };

export interface RunningWorker {
  /** Resolves when the worker has left and nothing of it runs. Rejects where the Home does not want it. */
  readonly done: Promise<void>;
  readonly drain: () => void;
  readonly stop: () => void;
}

/** Throws ArwError `worker-running` where a worker of this folder runs already. */
export async function startWorker(terms: WorkerTerms): Promise<RunningWorker> {
  const { folder } = terms;
  const life = new WorkerLife(terms, openRulesFile(folder.path), await openDailyUse(folder.dailyUsePath));
  const control = await listenForControl(terms.folder.path, (request) => life.answer(request));
  const done = closing(life.live(), control);
  return { done, drain: () => life.drain(), stop: () => life.stop() };
}

async function closing(life: Promise<void>, control: ControlSocket): Promise<void> {
  try {
    await life;
  } finally {
    await control.close();
  }
}

class WorkerLife {
  readonly #terms: WorkerTerms;
  readonly #instanceId = instanceId.from(randomBytes(ID_ENTROPY_BYTES));
  #runner: AttemptRunner | undefined;
  #connection: HomeConnection | undefined;
  #witness: LedgerWitness | undefined;
  #receipts: ReceiptKeeper | undefined;
  #adverts: readonly EngineAdvert[] = [];
  #clockAheadMs: number | undefined;
  readonly #rules: RulesFile;
  readonly #use: DailyUseFile;
  #leaving: "no" | "drain" | "stop" = "no";
  readonly #ended: Promise<void>;
  #end: () => void = () => undefined;

  constructor(terms: WorkerTerms, rules: RulesFile, use: DailyUseFile) {
    this.#terms = terms;
    this.#rules = rules;
    this.#use = use;
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  async live(): Promise<void> {
    const { folder } = this.#terms;
    let engines: readonly Engine[] = [];
    let blobs: BoundedBlobs | undefined;
    try {
      // A worker that was killed may have left commands and job folders; nothing of an earlier life goes on.
      const ended = await endOrphans(folder.jobsPath);
      if (ended > 0) this.#terms.log("orphans ended", { processes: ended });
      await rm(folder.jobsPath, { recursive: true, force: true });
      await mkdir(folder.jobsPath, { recursive: true, mode: 0o700 });
      blobs = await openBoundedBlobs({
        folder: folder.blobsPath,
        bytesMax: () => blobBytesMaxOf(this.#rules),
        nowMs: () => Date.now(),
        log: this.#terms.log,
      });
      engines = this.#terms.engines(blobs);
      const connection = await this.#connect(blobs, engines);
      // A signal may have come while the parts were being made.
      if (this.#leaving === "stop") await this.#runner?.stop();
      if (this.#leaving === "drain") this.#runner?.drain();
      await connection.run();
    } finally {
      this.#leaving = "stop";
      try {
        await this.#runner?.stop();
        await Promise.all(engines.map((engine) => engine.dispose()));
        await blobs?.settled();
        await this.#witness?.settled();
        await this.#receipts?.settled();
      } finally {
        // Whoever waits for the end of this worker is answered, whatever of it failed.
        this.#end();
      }
    }
  }

  drain(): void {
    if (this.#leaving !== "no") return;
    this.#leaving = "drain";
    this.#terms.onChange({ kind: "draining", running: this.#runner?.running() ?? 0 });
    this.#runner?.drain();
  }

  stop(): void {
    if (this.#leaving === "stop") return;
    this.#leaving = "stop";
    this.#terms.onChange({ kind: "stopping" });
    this.#runner?.stop().catch((error: unknown) => this.#terms.log("stop failed", { error: String(error) }));
  }

  /** `drain` and `stop` are answered when the worker is gone. */
  async answer(request: ControlRequest): Promise<WorkerStatus | { readonly kind: "done" }> {
    switch (request) {
      case "status":
        return this.#status();
      case "drain":
        this.drain();
        await this.#ended;
        return { kind: "done" };
      case "stop":
        this.stop();
        await this.#ended;
        return { kind: "done" };
    }
  }

  async #connect(blobs: BoundedBlobs, engines: readonly Engine[]): Promise<HomeConnection> {
    const { folder, membership, slots, log, onChange } = this.#terms;
    const { identity } = folder;
    const certificates = new LinkCertificates({
      identity,
      leaves: await folder.leaves(now()),
      membership,
      now,
      save: (changed) => folder.saveMembership(changed),
      onClock: (aheadMs) => this.#noteClock(aheadMs),
      log,
    });
    const priceCard = await folder.prices();
    const runner = createAttemptRunner({
      nodeId: identity.nodeId,
      sign: (receipt) => sign("arw-receipt-v1", receiptBytes(receipt), identity.privateKey),
      engines,
      blobs,
      slots,
      send: (message, bytes) => connection.send(message, bytes),
      leave: (reason) => {
        connection.leave(reason).catch((error: unknown) => log("goodbye failed", { error: String(error) }));
      },
      log,
      owner: createMachineOwner({
        rules: this.#rules,
        use: this.#use,
        home: membership.homeId,
        workspace: membership.workspaceId,
        adverts: () => this.#adverts,
        now: () => new Date(),
        blobs,
        log,
      }),
    });
    const witness = await LedgerWitness.open({
      folder: folder.path,
      home: membership,
      nodeId: identity.nodeId,
      sign: (bytes) => sign("arw-witness-v1", bytes, identity.privateKey),
      now,
      log,
    });
    if (witness.alarm !== undefined) throw witness.alarm;
    this.#witness = witness;
    const receipts = new ReceiptKeeper({ folder: folder.path, home: membership, nodeKey: identity.publicKey, log });
    this.#receipts = receipts;
    const life = await folder.beginLife();
    const connection = new HomeConnection({
      identity,
      instanceId: this.#instanceId,
      life,
      name: membership.name,
      homeKey: membership.homeKey,
      dial: (signal) => certificates.dial(signal),
      certificates,
      capabilities: async (signal) => {
        const node = { engines, folder: folder.path, slots, ...(priceCard === undefined ? {} : { priceCard }) };
        const capabilities = await probeNode(node, signal);
        this.#adverts = capabilities.engines;
        return capabilities;
      },
      load: () => probeLoad(folder.path, runner.running()),
      runner,
      witness,
      receipts,
      nowMs: () => performance.now(),
      random: Math.random,
      onChange,
    });
    this.#runner = runner;
    this.#connection = connection;
    return connection;
  }

  #status(): WorkerStatus {
    const { folder, membership, slots } = this.#terms;
    const seen = this.#witness?.seen().at(-1);
    return {
      state: "running",
      pid: process.pid,
      version: PRODUCT_VERSION,
      name: membership.name,
      nodeId: folder.identity.nodeId,
      homeId: membership.homeId,
      workspaceId: membership.workspaceId,
      link: this.#connection?.connected === true ? "connected" : "connecting",
      leaving: this.#leaving !== "no",
      running: this.#runner?.running() ?? 0,
      slots,
      engines: this.#adverts,
      rules: rulesStatusOf(this.#rules, this.#use, new Date()),
      ...(seen === undefined ? {} : { ledgerSize: seen }),
      ...(this.#clockAheadMs === undefined ? {} : { clockAheadMs: this.#clockAheadMs }),
    };
  }

  #noteClock(aheadMs: number): void {
    this.#clockAheadMs = Math.round(aheadMs);
  }
}

/** Rules that cannot be read refuse work; they do not throw away what earlier work left. */
function blobBytesMaxOf(rules: RulesFile): number {
  const current = rules.current();
  return (current.kind === "read" ? current.rules.blobBytesMax : undefined) ?? BLOB_BYTES_USUAL;
}

function now(): ReturnType<typeof epochMs> {
  return epochMs(Date.now());
}
