// The clustering switch with a real listener, a real core and real identities: who may knock, who is answered, and that off
// means off.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { Command, Requester } from "#protocol/commands.ts";
import { nodeIdOf } from "#protocol/identity.ts";
import { ID_ENTROPY_BYTES, workspaceId } from "#protocol/ids.ts";
import { durationMs, epochMs, sequence } from "#protocol/quantities.ts";
import type { JournalEvent } from "#protocol/events.ts";
import type { Invite } from "#protocol/wire/enrol.ts";
import { parseInvite } from "#protocol/wire/inviteText.ts";
import type { ResultOf } from "#protocol/wire/client.ts";
import {
  answerTo,
  codeOf,
  dialInvite,
  join as enrolWith,
  requestFor,
} from "../../../../test/security/enrolmentDesk.ts";
import { type Party, party, realNow } from "../../../../test/security/testHome.ts";
import { ofKind } from "../../../../test/simulation/homeScenario.ts";
import { MemoryJournal, settled } from "../../../../test/simulation/memoryJournal.ts";
import { Home } from "../../home/home.ts";
import { stagingOf } from "../../home/staging/state.ts";
import { initialState } from "../../home/state.ts";
import { nodeApi } from "../api/nodeApi.ts";
import { Crossings } from "../attempts/crossings.ts";
import type { ClientSession, HomeApi } from "../clientServer/homeApi.ts";
import { Clustering, REFUSALS_RECORDED_PER_MINUTE } from "./clustering.ts";
import { heartbeatTimes, WorkerLinks } from "./workerLinks.ts";
import { NO_LEDGER } from "../../../../test/simulation/noLedger.ts";

const OWNER: ClientSession = { client: "cli", owner: true, signal: new AbortController().signal };
const BY_OWNER: Requester = { client: "cli", session: "owner" };

interface Bench {
  readonly home: Home;
  readonly api: Pick<
    HomeApi,
    "createInvite" | "turnClusteringOn" | "turnClusteringOff" | "approveNode" | "refuseNode" | "revokeNode"
  >;
  readonly clustering: Clustering;
  readonly journal: MemoryJournal;
  readonly clock: { aheadMs: number };
  readonly invitesFolder: string;
  port(): number | undefined;
  give(command: Command): Promise<void>;
  events(): Promise<readonly JournalEvent[]>;
  /** Resolves at the first event of this kind from now on, or that is there already. */
  seen<Kind extends JournalEvent["kind"]>(kind: Kind): Promise<Extract<JournalEvent, { readonly kind: Kind }>>;
}

async function bench(context: TestContext): Promise<Bench> {
  const invitesFolder = await mkdtemp(join(tmpdir(), "arw-invites-"));
  context.after(() => rm(invitesFolder, { recursive: true, force: true }));
  const { identity, leaf } = await party();
  const { nodeId, publicKey } = identity;
  const journal = new MemoryJournal();
  const clock = { aheadMs: 0 };
  const now = () => epochMs(realNow() + clock.aheadMs);
  const watchers = new Set<() => void>();
  const home = new Home(
    initialState({ workspaceId: workspaceId.from(randomBytes(ID_ENTROPY_BYTES)), nodeId, publicKey }),
    {
      journal,
      perform: (effect) => {
        switch (effect.kind) {
          case "SendOffer":
          case "CancelAttempt":
          case "SettleAttempt":
          case "AwaitNode":
            return;
          case "OpenListener":
          case "CloseListener":
          case "RefreshTrust":
          case "AnswerEnrolment":
          case "CutNode":
            void clustering.perform(effect);
        }
      },
      onDurable: () => watchers.forEach((wake) => wake()),
      onReadOnly: () => undefined,
    },
  );
  const onTrouble = (what: string, error: unknown): void => assert.fail(`${what}: ${String(error)}`);
  const links = new WorkerLinks({
    home: () => home,
    identity,
    nextLeaf: () => undefined,
    now,
    nowMs: () => performance.now(),
    times: heartbeatTimes({}),
    receive: async () => undefined,
    resume: () => undefined,
    transfers: () => [],
    ledger: NO_LEDGER,
    onFault: () => undefined,
    onTrouble,
  });
  const selfTest = async (): Promise<undefined> => undefined;
  const terms = { identity, leaf: { current: leaf }, invitesFolder, now, selfTest, links, onTrouble };
  const clustering = new Clustering({ home: () => home, ...terms });
  context.after(async () => {
    links.dispose();
    await clustering.close();
  });
  const events = async (): Promise<readonly JournalEvent[]> => {
    const all: JournalEvent[] = [];
    for await (const frame of journal.read(sequence(1), 100_000)) all.push(...frame.events);
    return all;
  };
  return {
    home,
    api: nodeApi({ home, now, crossings: new Crossings(), presenceOf: () => undefined }, clustering),
    clustering,
    journal,
    clock,
    invitesFolder,
    port: () => clustering.listening?.port,
    give: async (command) => {
      const executed = await home.execute(command);
      if (executed.kind === "refusal") assert.fail(executed.message);
    },
    events,
    seen: async (kind) => {
      for (;;) {
        const [event] = ofKind(await events(), kind);
        if (event !== undefined) return event;
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            watchers.delete(wake);
            resolve();
          };
          watchers.add(wake);
        });
      }
    },
  };
}

async function invited(of: Bench): Promise<Invite> {
  return parseInvite((await inviteOf(of)).text);
}

async function inviteOf(of: Bench): Promise<ResultOf<"createInvite">> {
  const made = await of.api.createInvite({}, OWNER);
  if ("kind" in made) assert.fail(made.message);
  return made;
}

/** Why nobody answers there, or undefined where somebody does. */
async function refusedAt(port: number): Promise<string | undefined> {
  const socket = connect(port, "127.0.0.1");
  const refusal = await once(socket, "connect").then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error.code,
  );
  socket.destroy();
  return refusal;
}

test("two invites at once open one listener, and both name it", async (t) => {
  const home = await bench(t);
  const [first, second] = await Promise.all([inviteOf(home), inviteOf(home)]);
  assert.deepEqual(first.addresses, second.addresses);
  assert.deepEqual(first.addresses, [`127.0.0.1:${home.port()}`]);
  assert.equal(ofKind(await home.events(), "ClusteringTurnedOn").length, 1);
});

test("off closes the port before it answers, and on again listens on the same one", async (t) => {
  const home = await bench(t);
  await inviteOf(home);
  const port = home.port() ?? 0;
  assert.equal(await refusedAt(port), undefined);
  await home.api.turnClusteringOff({}, OWNER);
  assert.equal(home.port(), undefined);
  assert.equal(await refusedAt(port), "ECONNREFUSED");
  await inviteOf(home);
  assert.equal(home.port(), port);
});

test("turned on again without an invite it listens where it did, also after a while of off", async (t) => {
  const home = await bench(t);
  const { api } = home;
  const never = await api.turnClusteringOn({}, OWNER);
  assert.equal("kind" in never && never.code, "clustering-never-on");
  assert.equal(home.port(), undefined, "nothing opened");
  await inviteOf(home);
  const first = home.port();
  await api.turnClusteringOff({}, OWNER);
  const asked = await api.turnClusteringOn({}, { ...OWNER, client: "a script", owner: false });
  assert.equal("kind" in asked && asked.code, "waits-for-owner");
  const [held] = stagingOf(home.home.state).byId.values();
  const change = { name: "turn-clustering-on", host: "127.0.0.1", port: first };
  assert.deepEqual(held?.action, { kind: "change-setting", change });
  assert.equal(home.port(), undefined, "nothing opened");
  assert.deepEqual(await api.turnClusteringOn({}, OWNER), { host: "127.0.0.1", port: first });
  assert.equal(home.port(), first);
  await api.turnClusteringOn({}, OWNER);
  assert.equal(ofKind(await home.events(), "ClusteringTurnedOn").length, 2, "on is not turned on again");
  assert.equal(ofKind(await home.events(), "InviteCreated").length, 1);
});

test("off and on at once end as the last of them says", async (t) => {
  const home = await bench(t);
  await inviteOf(home);
  const port = home.port() ?? 0;
  const on = {
    kind: "turn-clustering-on",
    at: realNow(),
    by: BY_OWNER,
    listenHost: "127.0.0.1",
    listenPort: port,
  } as const;
  const off = { kind: "turn-clustering-off", at: realNow(), by: BY_OWNER, reason: "x", transfers: [] } as const;
  await Promise.all([home.give(off), home.give(on), home.give(off), home.give(on)]);
  await home.clustering.settle();
  assert.equal(home.port(), port);
  await Promise.all([home.give(off), home.give(on), home.give(off)]);
  await home.clustering.settle();
  assert.equal(home.port(), undefined);
  assert.equal(await refusedAt(port), "ECONNREFUSED");
});

test("an invite that the core refuses leaves no port open", async (t) => {
  const home = await bench(t);
  const refused = await home.api.createInvite({}, { ...OWNER, owner: false });
  assert.ok("kind" in refused && refused.code === "owner-session-required");
  assert.equal(home.port(), undefined);
  home.journal.refuseNext("journal-read-only");
  assert.ok("kind" in (await home.api.createInvite({}, OWNER)));
  assert.equal(home.port(), undefined);
});

test("an address that cannot be had leaves clustering where it was", async (t) => {
  const home = await bench(t);
  await inviteOf(home);
  const before = home.clustering.listening;
  await assert.rejects(home.api.createInvite({ listenHost: "192.0.2.1" }, OWNER), { code: "listener-failed" });
  assert.deepEqual(home.clustering.listening, before);
});

test("an ended Home opens no port any more", async (t) => {
  const home = await bench(t);
  await inviteOf(home);
  await home.clustering.close();
  await assert.rejects(home.clustering.settle(), { code: "listener-failed" });
  assert.equal(home.port(), undefined);
});

test("an invite that lives too long or not at all is refused before anything opens", async (t) => {
  const home = await bench(t);
  for (const lifetimeMs of [0, 24 * 60 * 60_000 + 1]) {
    const refused = await home.api.createInvite({ lifetimeMs: durationMs(lifetimeMs) }, OWNER);
    assert.ok("kind" in refused && refused.code === "limit-invalid");
  }
  assert.equal(home.port(), undefined);
});

test("an invite names the address it listens on, or every address of this machine", async (t) => {
  const { clustering } = await bench(t);
  assert.deepEqual(clustering.addresses("127.0.0.1", 7), ["127.0.0.1:7"]);
  assert.deepEqual(clustering.addresses("::1", 7), ["[::1]:7"]);
  for (const all of ["0.0.0.0", "::"]) {
    const addresses = clustering.addresses(all, 7);
    assert.ok(addresses.length > 0);
    for (const address of addresses) assert.match(address, /^\d+\.\d+\.\d+\.\d+:7$/);
    assert.ok(!addresses.includes("0.0.0.0:7"));
  }
});

test("the secrets of invites that ran out are deleted with the next invite", async (t) => {
  const home = await bench(t);
  const first = await inviteOf(home);
  await inviteOf(home);
  assert.equal((await readdir(home.invitesFolder)).length, 2);
  home.clock.aheadMs = 16 * 60_000;
  const third = await inviteOf(home);
  assert.deepEqual(await readdir(home.invitesFolder), [third.inviteId]);
  assert.notEqual(first.inviteId, third.inviteId);
});

test("the owner's yes reaches the worker that waits, and its link then opens", async (t) => {
  const home = await bench(t);
  const invite = await invited(home);
  const worker = await party();
  const joining = enrolWith(invite, worker);
  const { nodeId, words } = await home.seen("EnrolmentRequested");
  assert.equal(nodeId, worker.identity.nodeId);
  assert.equal(words.length, 4);
  await home.api.approveNode({ nodeId }, OWNER);
  assert.equal((await joining).nodeId, nodeId);
});

test("the owner's no reaches the worker with the reason", async (t) => {
  const home = await bench(t);
  const joining = enrolWith(await invited(home), await party());
  const refused = assert.rejects(joining, { code: "enrolment-refused", message: /other words/ });
  const { nodeId } = await home.seen("EnrolmentRequested");
  await home.api.refuseNode({ nodeId, reason: "other words" }, OWNER);
  await refused;
});

test("an owner's word on a worker that has left is kept, and breaks nothing", async (t) => {
  const home = await bench(t);
  const invite = await invited(home);
  const worker = await party();
  const channel = await dialInvite(invite);
  assert.equal(codeOf(await answerTo(channel, requestFor(channel, invite, worker))), "enrol-pending");
  channel.close("goodbye", "the worker gave up");
  await channel.closed;
  await home.api.approveNode({ nodeId: worker.identity.nodeId }, OWNER);
  assert.equal(home.home.state.nodes.byId.get(worker.identity.nodeId)?.status.kind, "unreachable");
});

test("a worker that asks again hears the owner's word on its newest connection", async (t) => {
  const home = await bench(t);
  const worker: Party = await party();
  const first = enrolWith(await invited(home), worker);
  const replaced = assert.rejects(first, { code: "enrolment-replaced" });
  await home.seen("EnrolmentRequested");
  const invite = await invited(home);
  const channel = await dialInvite(invite);
  assert.equal(codeOf(await answerTo(channel, requestFor(channel, invite, worker))), "enrol-pending");
  await replaced;
  await settled();
  const next = new Promise<void>(
    (resolve) => void channel.closed.then(({ detail }) => resolve(assert.equal(detail, "enrolled"))),
  );
  await home.api.approveNode({ nodeId: worker.identity.nodeId }, OWNER);
  await next;
});

test("an invite used twice lets one in, tells the other, and is an alarm to the owner", async (t) => {
  const home = await bench(t);
  const invite = await invited(home);
  const [first, second] = [await dialInvite(invite), await dialInvite(invite)];
  const [thief, worker] = [await party(), await party()];
  assert.equal(codeOf(await answerTo(first, requestFor(first, invite, thief))), "enrol-pending");
  assert.equal(codeOf(await answerTo(second, requestFor(second, invite, worker))), "invite-used");
  assert.equal(ofKind(await home.events(), "InviteReused").length, 1);
  assert.equal(home.home.state.nodes.byId.has(nodeIdOf(worker.identity.publicKey)), false);
  first.close("goodbye", "enough");
});

test("refused connections are journaled up to the limit of a minute, and again in the next", async (t) => {
  const home = await bench(t);
  const cut = `${"x".repeat(1_023)}\u{1F600}`;
  for (let count = 0; count < 3 * REFUSALS_RECORDED_PER_MINUTE; count++)
    home.clustering.recordRefusal("handshake-refused", cut);
  await settled();
  const refused = ofKind(await home.events(), "LinkRefused");
  assert.equal(refused.length, REFUSALS_RECORDED_PER_MINUTE);
  assert.ok(refused.every(({ detail }) => detail.length <= 1_024 && detail.isWellFormed()));
  home.clock.aheadMs = 60_000;
  home.clustering.recordRefusal("handshake-refused", "again");
  await settled();
  assert.equal(ofKind(await home.events(), "LinkRefused").length, REFUSALS_RECORDED_PER_MINUTE + 1);
});
