// A Home from its core to its door, and a worker's link from its folder to that door, without programs around them: real
// TLS on 127.0.0.1, the real core in memory. Tests say what time it is by how old the leaves are that they start with.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "#protocol/commands.ts";
import type { Refusal } from "#protocol/errors.ts";
import type { JournalEvent } from "#protocol/events.ts";
import { instanceId } from "#protocol/ids.ts";
import { type EpochMs, epochMs, sequence } from "#protocol/quantities.ts";
import { type Identity, identityOf } from "#platform/identity/identityFile.ts";
import { freshLeaf, type HeldLeaves, openLeaves } from "#platform/identity/leafFile.ts";
import { linkProof } from "#platform/link/linkProof.ts";
import { Clustering } from "../../server/src/adapters/workers/clustering.ts";
import { HomeLeaf } from "../../server/src/adapters/workers/homeLeaf.ts";
import { WorkerLinks } from "../../server/src/adapters/workers/workerLinks.ts";
import type { Executed } from "../../server/src/home/home.ts";
import { react } from "../../server/src/home/react.ts";
import { LinkCertificates } from "../../worker-companion/src/adapters/linkCertificates.ts";
import type { WorkerLink } from "../../worker-companion/src/adapters/dial/dialHome.ts";
import type { NamedMembership } from "../../worker-companion/src/adapters/workerFolder.ts";
import { connect, enrol, invite, NOW, OWNER, turnOn } from "../simulation/homeCommands.ts";
import { capabilitiesWith, GPU, IDENTITY, Scenario } from "../simulation/homeScenario.ts";
import { realNow } from "./testHome.ts";
import { NO_LEDGER } from "../simulation/noLedger.ts";

const DAY_MS = 86_400_000;

export interface LinkedHome {
  readonly core: Scenario;
  readonly identity: Identity;
  readonly leaves: HeldLeaves;
  readonly leaf: HomeLeaf;
  readonly links: WorkerLinks;
  readonly clustering: Clustering;
  readonly trouble: string[];
  /** The clock by which overlaps and leaves are judged. */
  readonly clock: { ahead: number };
  execute(command: Command): Promise<Executed | Refusal>;
  /** The worker that every test has: enrolled with the leaf that its folder holds. */
  worker(leafAgeDays: number): Promise<LinkedWorker>;
}

export interface LinkedWorker {
  readonly identity: Identity;
  readonly leafPath: string;
  readonly leaves: HeldLeaves;
  readonly certificates: LinkCertificates;
  /** What was saved last. */
  readonly saved: { membership: NamedMembership };
  readonly log: string[];
  /** A link on which hello and welcome were said; messages of the Home go to the certificates. */
  link(): Promise<WorkerLink>;
}

interface Context {
  after: (close: () => void | Promise<void>) => void;
}

export async function linkedHome(context: Context, leafAgeDays = 0): Promise<LinkedHome> {
  const folder = mkdtempSync(join(tmpdir(), "arw-linked-"));
  const core = new Scenario();
  const identity = identityOf(Buffer.alloc(32, 1));
  const clock = { ahead: 0 };
  const now = (): EpochMs => epochMs(realNow() + clock.ahead);
  const trouble: string[] = [];
  const onTrouble = (what: string, error: unknown): void => void trouble.push(`${what}: ${String(error)}`);
  const execute = async (command: Command): Promise<Executed | Refusal> => {
    const decided = core.give(command);
    if ("kind" in decided) return decided;
    for (const event of decided) await perform(event);
    return { kind: "executed", sequence: sequence(core.frames.length), events: decided };
  };
  const perform = async (event: JournalEvent): Promise<void> => {
    for (const effect of react(event, core.state)) {
      if (effect.kind === "RefreshTrust" || effect.kind === "CutNode") await clustering.perform(effect);
    }
  };
  const home = () => ({ state: core.state, execute });
  const leaves = await leavesOf(join(folder, "home-leaf"), identity, leafAgeDays);
  const leaf = new HomeLeaf({
    leaves,
    now,
    onNext: (next) => links.announce(next),
    onSwitched: () => clustering.refreshTrust(),
    onTrouble,
  });
  const links = new WorkerLinks({
    home,
    identity,
    nextLeaf: () => leaf.next,
    now,
    nowMs: () => performance.now(),
    times: { heartbeatMs: 60_000, ttlMs: 180_000 },
    receive: async () => undefined,
    resume: () => undefined,
    transfers: () => [],
    ledger: NO_LEDGER,
    onFault: (code, detail, nodeId) => clustering.recordRefusal(code, detail, nodeId),
    onTrouble,
  });
  const selfTest = async (): Promise<undefined> => undefined;
  const terms = { home, identity, leaf, invitesFolder: folder, now, selfTest, links, onTrouble };
  const clustering = new Clustering(terms);
  context.after(async () => {
    links.dispose();
    await clustering.close();
    rmSync(folder, { recursive: true, force: true });
  });
  core.run(turnOn());
  const port = await clustering.open("127.0.0.1", 0);
  const linked: LinkedHome = {
    core,
    identity,
    leaves,
    leaf,
    links,
    clustering,
    trouble,
    clock,
    execute,
    worker: (age) => linkedWorker(linked, `127.0.0.1:${port}`, join(folder, "worker-leaf"), age),
  };
  return linked;
}

async function linkedWorker(home: LinkedHome, address: string, leafPath: string, age: number): Promise<LinkedWorker> {
  const identity = identityOf(Buffer.alloc(32, 2));
  const leaves = await leavesOf(leafPath, identity, age);
  const { fingerprint, certificate } = leaves.current;
  home.core.run(invite(1), enrol(1, GPU, { fingerprint, certificate }));
  await home.execute({ kind: "approve-node", at: NOW, by: OWNER, nodeId: GPU.nodeId });
  const membership: NamedMembership = {
    addresses: [address],
    homeKey: home.identity.publicKey,
    homeCertificate: home.leaf.current.certificate,
    homeId: home.identity.nodeId,
    workspaceId: IDENTITY.workspaceId,
    nodeId: identity.nodeId,
    name: "gpu-box",
  };
  return workerFrom({ identity, leafPath, leaves, membership });
}

/** A worker as its state folder says it is: also a second life of one, or one restored from a backup. */
export function workerFrom(parts: {
  readonly identity: Identity;
  readonly leafPath: string;
  readonly leaves: HeldLeaves;
  readonly membership: NamedMembership;
}): LinkedWorker {
  const { identity, leafPath, leaves, membership } = parts;
  const saved = { membership };
  const log: string[] = [];
  const certificates = new LinkCertificates({
    identity,
    leaves,
    membership,
    now: realNow,
    save: async (changed) => {
      saved.membership = changed;
    },
    log: (fact) => void log.push(fact),
  });
  return { identity, leafPath, leaves, certificates, saved, log, link: () => greeted(identity, certificates) };
}

async function greeted(identity: Identity, certificates: LinkCertificates): Promise<WorkerLink> {
  const link = await certificates.dial(AbortSignal.timeout(20_000));
  const welcomed = new Promise<void>((resolve, reject) => {
    link.onMessage(async (message) => {
      if (message.kind === "welcome") {
        await certificates.connected(link);
        resolve();
      } else if ("attemptId" in message || message.kind === "heartbeat-acknowledged") reject(new Error(message.kind));
      else await certificates.receive(message, link);
    });
    void link.closed.then(({ code, detail }) => reject(new Error(`${code}: ${detail}`)));
  });
  const { nodeId } = identity;
  const instance = instanceId.from(Buffer.alloc(17, 3));
  const proof = linkProof(identity, link.exporter);
  const capabilities = connect(GPU, { capabilities: capabilitiesWith() }).capabilities;
  await link.send({ kind: "hello", nodeId, instanceId: instance, proof, name: "gpu-box", capabilities, attempts: [] });
  await welcomed;
  return link;
}

/** Leaves whose current one was made so many days ago. */
async function leavesOf(path: string, identity: Identity, ageDays: number): Promise<HeldLeaves> {
  await freshLeaf(path, identity, epochMs(realNow() - ageDays * DAY_MS));
  return openLeaves(path, identity, realNow(), "refuse");
}

/** Resolves with the first truthy answer, asked once a turn of the loop. */
export async function eventually<T>(what: string, ask: () => T | undefined | false): Promise<T> {
  const endMs = performance.now() + 20_000;
  while (performance.now() < endMs) {
    const answer = ask();
    if (answer !== undefined && answer !== false) return answer;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`${what} did not come`);
}
