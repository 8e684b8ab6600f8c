// The client of a Home: typed answers, one owner session, and a timeline without holes however slow its reader is.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ArwError, refuse } from "#protocol/errors.ts";
import { sequence } from "#protocol/quantities.ts";
import { METHODS } from "#protocol/wire/client.ts";
import { PROTOCOL_VERSION } from "#protocol/wire/version.ts";
import { type FakeApi, type FakeHome, helloOf, OWNER_SECRET, openFakeHome } from "../../../test/clients/fakeHome.ts";
import { connectToHome, type HomeClient } from "./homeClient.ts";
import { FOLLOW_ENTRIES_MAX, followTimeline } from "./timelineFollower.ts";

async function fakeHome(t: TestContext, api: FakeApi = {}): Promise<FakeHome> {
  const home = await openFakeHome({ api });
  t.after(() => home.close());
  return home;
}

async function clientOf(t: TestContext, home: FakeHome, ownerSecret = async () => OWNER_SECRET): Promise<HomeClient> {
  const client = await connectToHome(home.socketPath, { client: "test", ownerSecret });
  assert.ok(client !== undefined);
  t.after(() => client[Symbol.dispose]());
  return client;
}

test("where nobody listens there is no Home, and a Home that hangs up is none either", async (t) => {
  const options = { client: "test", ownerSecret: async () => OWNER_SECRET };
  const folder = await mkdtemp(join(tmpdir(), "arw-client-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const socketPath = join(folder, "home.sock");
  assert.equal(await connectToHome(socketPath, options), undefined);
  const leaving = createServer((socket) => socket.destroy()).listen(socketPath);
  await once(leaving, "listening");
  assert.equal(await connectToHome(socketPath, options), undefined);
  leaving.close();
});

test("a Home that ends before it takes the connection is absent, so that another can be started", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "arw-client-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const socketPath = join(folder, "home.sock");
  const dying = createServer().listen(socketPath);
  await once(dying, "listening");
  const connecting = connectToHome(socketPath, { client: "test", ownerSecret: async () => OWNER_SECRET });
  // Nothing ran in between: the connection waits to be accepted, and is reset.
  dying.close();
  assert.equal(await connecting, undefined);
});

test("a Home that dies in the middle of a message leaves its client nothing to wait for", async (t) => {
  const home = await fakeHome(t);
  const { socketPath } = await betweenClientAnd(t, home.socketPath);
  const client = await connectToHome(socketPath, { client: "test", ownerSecret: async () => OWNER_SECRET });
  assert.ok(client !== undefined);
  const waiting = timers();
  await assert.rejects(client.call(METHODS.listNodes, {}), { code: "home-gone" });
  client[Symbol.dispose]();
  assert.equal(timers(), waiting, "a timer would keep its process");
});

/** Lets the first answer of the Home through, half of the second, and nothing more. */
async function betweenClientAnd(t: TestContext, homePath: string): Promise<{ readonly socketPath: string }> {
  const folder = await mkdtemp(join(tmpdir(), "arw-client-"));
  const socketPath = join(folder, "home.sock");
  const between = createServer((client) => {
    const home = connect(homePath);
    client.pipe(home);
    let answers = 0;
    home.on("data", (bytes) => {
      if (++answers === 1) client.write(bytes);
      else client.end(bytes.subarray(0, bytes.length - 1), () => home.destroy());
    });
  }).listen(socketPath);
  await once(between, "listening");
  t.after(async () => {
    between.close();
    await rm(folder, { recursive: true, force: true });
  });
  return { socketPath };
}

function timers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
}

test("the owner secret is asked for once, and only when a call needs it", async (t) => {
  const home = await fakeHome(t);
  let asked = 0;
  const client = await clientOf(t, home, async () => {
    asked++;
    return OWNER_SECRET;
  });
  await client.call(METHODS.listNodes, {});
  assert.equal(asked, 0);
  await Promise.all([client.call(METHODS.turnClusteringOff, {}), client.call(METHODS.turnClusteringOff, {})]);
  await client.call(METHODS.turnClusteringOff, {});
  assert.equal(asked, 1);
});

test("a refusal keeps its code, message and advice on the way", async (t) => {
  const home = await fakeHome(t, { listNodes: async () => refuse("nodes-away", "They are away.", "Wait.") });
  const client = await clientOf(t, home);
  await assert.rejects(client.call(METHODS.listNodes, {}), (error) => {
    assert.ok(error instanceof ArwError);
    assert.deepEqual([error.code, error.message, error.advice], ["nodes-away", "They are away.", "Wait."]);
    return true;
  });
});

test("an answer that does not decode is refused with its path", async (t) => {
  const home = await fakeHome(t, { hello: () => ({ ...helloOf("/w"), v: PROTOCOL_VERSION + 0.5 }) });
  await assert.rejects(clientOf(t, home), { code: "home-answer-invalid", message: /\$\.v/ });
});

test("a call that the Home never answers ends when the Home goes", async (t) => {
  const home = await openFakeHome({ api: { listNodes: () => new Promise(() => undefined) } });
  const client = await clientOf(t, home);
  const waiting = client.call(METHODS.listNodes, {});
  const gone = assert.rejects(waiting, { code: "home-gone" });
  // Answered after the request before it has been read.
  await client.call(METHODS.listEgress, {});
  await home.close();
  await gone;
  await assert.rejects(client.call(METHODS.listNodes, {}), { code: "home-gone" });
});

async function collect(
  client: HomeClient,
  count: number,
  pause?: (seen: number) => Promise<unknown>,
): Promise<number[]> {
  const seen: number[] = [];
  for await (const entry of followTimeline(client, { fromSequence: sequence(1) }, new AbortController().signal)) {
    seen.push(Number(entry.sequence));
    if (seen.length === count) break;
    await pause?.(seen.length);
  }
  return seen;
}
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

test("a follower sees what was and what comes, each once and in order", async (t) => {
  const home = await fakeHome(t);
  home.timeline.pageEntriesMax = 7;
  for (let count = 0; count < 50; count++) home.timeline.append({ kind: "NodeLost" });
  const client = await clientOf(t, home);
  const seen = await collect(
    client,
    100,
    async (so) => so === 50 && upTo(50).map(() => home.timeline.append({ kind: "NodeLost" })),
  );
  assert.deepEqual(seen, upTo(100));
});

test("a reader slower than the Home drops what was pushed and reads it again: no hole, no repetition", async (t) => {
  const home = await fakeHome(t);
  const total = FOLLOW_ENTRIES_MAX * 2 + 500;
  for (let count = 0; count < FOLLOW_ENTRIES_MAX + 1_500; count++) home.timeline.append({ kind: "NodeLost" });
  const client = await clientOf(t, home);
  const seen = await collect(client, total, async (so) => {
    // Stands still while the Home pushes all it has, and once more while it reads what it dropped.
    if (so === 1) while (home.timeline.reads < 6) await client.call(METHODS.listNodes, {});
    if (so === FOLLOW_ENTRIES_MAX + 10) {
      for (let count = FOLLOW_ENTRIES_MAX + 1_500; count < total; count++) home.timeline.append({ kind: "NodeLost" });
      for (let turn = 0; turn < 20; turn++) await client.call(METHODS.listNodes, {});
    }
  });
  assert.deepEqual(seen, upTo(total));
  const rereads = home.calls.filter(
    ({ name, params }) => name === "readTimeline" && JSON.stringify(params).includes(":4001"),
  );
  assert.ok(rereads.length >= 1, "the reader was meant to fall behind");
});

test("a follower ends at its signal, and fails when the Home goes", async (t) => {
  const home = await openFakeHome();
  home.timeline.append({ kind: "NodeLost" });
  const client = await clientOf(t, home);
  const stop = new AbortController();
  for await (const _entry of followTimeline(client, { fromSequence: sequence(1) }, stop.signal)) stop.abort();
  await assert.rejects(
    collect(client, 2, () => home.close()),
    { code: "home-gone" },
  );
});
