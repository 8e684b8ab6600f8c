// The Home's door against clients of every kind, over a real socket: the hasty, the nosy, the broken and the slow.
import assert from "node:assert/strict";
import { once } from "node:events";
import { chmod, mkdtemp, rename, rm, stat, writeFile } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createMessageConnection, type MessageConnection, ResponseError } from "vscode-jsonrpc/node";
import * as z from "zod";
import { ArwError, refuse } from "#protocol/errors.ts";
import { METHODS, type MethodName, REFUSED_RPC_CODE, TIMELINE_ENTRIES_NOTIFICATION } from "#protocol/wire/client.ts";
import { timelinePageSchema } from "#protocol/wire/clientViews.ts";
import { PROTOCOL_VERSION } from "#protocol/wire/version.ts";
import { type FakeHome, OWNER_SECRET, openFakeHome } from "../../../../test/clients/fakeHome.ts";
import { VALID_PARAMS } from "../../../../test/clients/validParams.ts";
import { OWNER_TRIES_MAX, REQUESTS_IN_FLIGHT_MAX } from "./clientConnection.ts";
import { CONNECTIONS_MAX } from "./clientServer.ts";
import type { HomeApi } from "./homeApi.ts";
import { CLIENT_MESSAGE_BYTES_MAX } from "./messageFrames.ts";

async function fakeHome(t: TestContext, api: Partial<HomeApi> = {}): Promise<FakeHome> {
  const home = await openFakeHome({ api });
  t.after(() => home.close());
  return home;
}

interface Client {
  readonly rpc: MessageConnection;
  readonly socket: Socket;
}

async function client(t: TestContext, home: FakeHome, { hello = true } = {}): Promise<Client> {
  const socket = connect(home.socketPath);
  await once(socket, "connect");
  const rpc = createMessageConnection(socket, socket);
  rpc.onError(() => undefined);
  rpc.listen();
  t.after(() => {
    rpc.dispose();
    socket.destroy();
  });
  if (hello) await rpc.sendRequest(METHODS.hello.name, VALID_PARAMS.hello);
  return { rpc, socket };
}

/** Matches the error of ours with this code, and gives what a person would read. */
async function refusal(answer: Promise<unknown>, code: string): Promise<{ message: string; advice: string }> {
  try {
    await answer;
  } catch (error) {
    assert.ok(error instanceof ResponseError);
    assert.equal(error.code, REFUSED_RPC_CODE);
    const data = z.strictObject({ code: z.string(), advice: z.string() }).parse(error.data);
    assert.equal(data.code, code);
    return { message: error.message, advice: data.advice };
  }
  return assert.fail(`expected ${code}`);
}

async function rawSocket(t: TestContext, home: FakeHome): Promise<Socket> {
  const socket = connect(home.socketPath);
  socket.on("error", () => undefined);
  t.after(() => socket.destroy());
  await once(socket, "connect");
  return socket;
}

const names = Object.keys(VALID_PARAMS).filter((name): name is MethodName => name in METHODS);
const ownerNames = names.filter((name) => METHODS[name].owner && !METHODS[name].stages);

test("an editor's language client may shake hands, and that opens nothing", async (t) => {
  const home = await fakeHome(t);
  const { rpc } = await client(t, home, { hello: false });
  const answer = z
    .object({
      capabilities: z.object({ hoverProvider: z.literal(true), textDocumentSync: z.object({ change: z.literal(1) }) }),
      serverInfo: z.object({ name: z.literal("arw-home") }),
    })
    .safeParse(await rpc.sendRequest("initialize", { processId: null, rootUri: null, capabilities: {} }));
  assert.ok(answer.success, "it says what it can do for policies, and nothing more is open");
  await refusal(rpc.sendRequest(METHODS.listNodes.name, {}), "hello-required");
  assert.equal(await rpc.sendRequest("shutdown"), null);
});

test("nothing is answered before hello, and a client of another version is told who must update", async (t) => {
  const home = await fakeHome(t);
  const { rpc } = await client(t, home, { hello: false });
  for (const name of names.filter((name) => name !== "hello")) {
    await refusal(rpc.sendRequest(METHODS[name].name, VALID_PARAMS[name]), "hello-required");
  }
  const newer = { v: PROTOCOL_VERSION + 1, client: "test", more: true };
  const { advice } = await refusal(rpc.sendRequest(METHODS.hello.name, newer), "protocol-version");
  assert.match(advice, /This side speaks protocol 1, the peer 2/);
  await refusal(rpc.sendRequest(METHODS.listNodes.name, {}), "hello-required");
  assert.deepEqual(home.calls, []);
});

test("every method of the page is routed, and its result passes its own decoder", async (t) => {
  const nowhere = refuse("in-this-test", "refused", "nothing");
  const home = await fakeHome(t, {
    startEpisode: async () => nowhere,
    readPreview: async () => nowhere,
    showProposal: async () => nowhere,
    showLedger: async () => nowhere,
    showRecord: async () => nowhere,
    showReceipt: async () => nowhere,
    readProposedFile: async () => ({ base64: "AA==" }),
  });
  const { rpc } = await client(t, home);
  await rpc.sendRequest(METHODS.openOwnerSession.name, VALID_PARAMS.openOwnerSession);
  for (const name of names) {
    const answer = rpc.sendRequest(METHODS[name].name, VALID_PARAMS[name]);
    const refused = ["startEpisode", "readPreview", "showProposal", "showLedger", "showRecord", "showReceipt"];
    if (refused.includes(name)) await refusal(answer, "in-this-test");
    else assert.equal(METHODS[name].result.safeParse(await answer).success, true, name);
  }
  const called = new Set(home.calls.map((call) => call.name));
  for (const name of names.filter((name) => !["hello", "openOwnerSession", "followTimeline"].includes(name))) {
    assert.ok(called.has(name), `${name} was never called`);
  }
});

test("wrong parameters are refused with their JSON path, and reach nothing", async (t) => {
  const home = await fakeHome(t);
  const { rpc } = await client(t, home);
  const bad = {
    request: { kind: "command", argv: ["ls"], folder: "../etc", outputs: [], dependencies: { kind: "nothing" } },
  };
  const { message } = await refusal(rpc.sendRequest(METHODS.startEpisode.name, bad), "params-invalid");
  assert.match(message, /\$\.request\.folder/);
  await refusal(rpc.sendRequest(METHODS.listNodes.name, { surprise: 1 }), "params-invalid");
  await refusal(rpc.sendRequest("home/secrets", {}), "method-unknown");
  assert.deepEqual(home.calls, []);
});

test("without the owner secret no owner method is called, valid parameters or not", async (t) => {
  const home = await fakeHome(t);
  const { rpc } = await client(t, home);
  assert.ok(ownerNames.length >= 9);
  for (const name of ownerNames) {
    const { advice } = await refusal(rpc.sendRequest(METHODS[name].name, VALID_PARAMS[name]), "owner-session-required");
    assert.match(advice, /ARW_OWNER_SECRET/);
    await refusal(rpc.sendRequest(METHODS[name].name, { surprise: 1 }), "owner-session-required");
  }
  assert.deepEqual(home.calls, []);
});

test("an owner session is one connection's: a second client of the same user cannot approve", async (t) => {
  const home = await fakeHome(t);
  const owner = await client(t, home);
  await owner.rpc.sendRequest(METHODS.openOwnerSession.name, { secret: OWNER_SECRET });
  const other = await client(t, home);
  const approve = (rpc: MessageConnection): Promise<unknown> =>
    rpc.sendRequest(METHODS.approveEgress.name, VALID_PARAMS.approveEgress);
  await refusal(approve(other.rpc), "owner-session-required");
  await approve(owner.rpc);
  assert.deepEqual(
    home.calls.map(({ name, session }) => [name, session.client, session.owner]),
    [["approveEgress", "test", true]],
  );
});

test(`after ${OWNER_TRIES_MAX} wrong secrets even the right one opens nothing on that connection`, async (t) => {
  const home = await fakeHome(t);
  const { rpc } = await client(t, home);
  const open = (secret: string): Promise<unknown> => rpc.sendRequest(METHODS.openOwnerSession.name, { secret });
  for (let attempt = 0; attempt < OWNER_TRIES_MAX; attempt++)
    await refusal(open(`wrong ${attempt}`), "owner-secret-wrong");
  await refusal(open(OWNER_SECRET), "owner-locked");
  await refusal(rpc.sendRequest(METHODS.stopHome.name, {}), "owner-session-required");
  assert.equal(
    home.logged.some((line) => line.includes("wrong 0")),
    false,
  );
  const again = await client(t, home);
  await again.rpc.sendRequest(METHODS.openOwnerSession.name, { secret: OWNER_SECRET });
});

test("a refusal arrives with its code and advice; a bug as internal-error without a word of its inside", async (t) => {
  const home = await fakeHome(t, {
    listNodes: async () => refuse("nodes-away", "They are away.", "Wait."),
    listEpisodes: async () => {
      throw new ArwError("disk-full", "The disk is full.", "Free space.");
    },
    listEgress: async () => {
      throw new Error("SELECT secret FROM table");
    },
  });
  const { rpc } = await client(t, home);
  const refused = await refusal(rpc.sendRequest(METHODS.listNodes.name, {}), "nodes-away");
  assert.deepEqual(refused, { message: "They are away.", advice: "Wait." });
  await refusal(rpc.sendRequest(METHODS.listEpisodes.name, {}), "disk-full");
  const bug = await refusal(rpc.sendRequest(METHODS.listEgress.name, {}), "internal-error");
  assert.doesNotMatch(JSON.stringify(bug), /SELECT|\.ts/);
  assert.ok(home.logged.some((line) => line.includes("SELECT secret")));
});

test("what is no JSON-RPC closes that connection with a reason, and the Home lives on", async (t) => {
  const home = await fakeHome(t);
  const deep = `{"jsonrpc":"2.0","id":1,"method":"m","params":${"[".repeat(40)}${"]".repeat(40)}}`;
  const polluted = `{"jsonrpc":"2.0","id":1,"method":"m","params":{"__proto__":{"owner":true}}}`;
  for (const body of ["{", "5", "null", "[]", `{"jsonrpc":"1.0","id":1,"method":"m"}`, `{"id":null}`, deep, polluted]) {
    const socket = await rawSocket(t, home);
    let heard = "";
    socket.setEncoding("utf8").on("data", (text: string) => {
      heard += text;
    });
    socket.write(`Content-Length: ${body.length}\r\n\r\n${body}`);
    await once(socket, "close");
    assert.match(heard, /message-malformed/, body);
  }
  await client(t, home);
});

test("an oversized message closes the connection before its body is read", async (t) => {
  const home = await fakeHome(t);
  const socket = await rawSocket(t, home);
  socket.resume();
  socket.write(`Content-Length: ${CLIENT_MESSAGE_BYTES_MAX + 1}\r\n\r\n{`);
  await once(socket, "close");
  assert.ok(home.logged.some((line) => line.includes("message-too-large")));
  await client(t, home);
});

test("a follower gets every durable entry once and in order, those to come included", async (t) => {
  const home = await fakeHome(t);
  home.timeline.pageEntriesMax = 3;
  for (let count = 0; count < 10; count++) home.timeline.append({ kind: "NodeLost" });
  const { rpc } = await client(t, home);
  const seen: number[] = [];
  const enough = new Promise<void>((resolve) => {
    rpc.onNotification(TIMELINE_ENTRIES_NOTIFICATION, (params: unknown) => {
      seen.push(...timelinePageSchema.parse(params).entries.map((entry) => Number(entry.sequence)));
      if (seen.length === 18) resolve();
    });
  });
  await rpc.sendRequest(METHODS.followTimeline.name, { fromSequence: 3 });
  for (let count = 0; count < 10; count++) home.timeline.append({ kind: "NodeLost" });
  await enough;
  assert.deepEqual(
    seen,
    Array.from({ length: 18 }, (_, index) => index + 3),
  );
});

test("a slow follower costs one page: nothing more is read until its socket has taken the last", async (t) => {
  const home = await fakeHome(t);
  const text = "x".repeat(2_000);
  for (let count = 0; count < 1_000; count++) home.timeline.append({ kind: "NodeLost", text });
  home.timeline.pageEntriesMax = 100;
  const socket = await rawSocket(t, home);
  const send = (id: number, method: string, params: object): void => {
    const body = JSON.stringify({ jsonrpc: "2.0", id, method, params });
    socket.write(`Content-Length: ${body.length}\r\n\r\n${body}`);
  };
  send(1, METHODS.hello.name, VALID_PARAMS.hello);
  send(2, METHODS.followTimeline.name, { fromSequence: 1 });
  // A second client's answers prove that the Home has had its turns: the deaf follower got no further.
  const { rpc } = await client(t, home);
  const pagesRead = (): number => home.calls.filter((call) => call.name === "readTimeline").length;
  for (let turn = 0; turn < 50; turn++) await rpc.sendRequest(METHODS.listNodes.name, {});
  const read = pagesRead();
  assert.ok(read >= 1 && read < 10, `read ${read} pages for a client that takes none`);
  for (let turn = 0; turn < 50; turn++) {
    home.timeline.append({ kind: "NodeLost", text });
    await rpc.sendRequest(METHODS.listNodes.name, {});
  }
  assert.equal(pagesRead(), read);
  // Once it listens it gets the rest, from where it was, to the last entry.
  let heard = "";
  socket.setEncoding("latin1").on("data", (received: string) => {
    heard += received;
  });
  while (!heard.includes('"sequence":1050,')) await once(socket, "data");
  assert.equal(heard.split('"kind":"NodeLost"').length - 1, 1_050);
});

test(`the Home works on ${REQUESTS_IN_FLIGHT_MAX} requests of a client at once; the next waits in its socket`, async (t) => {
  let answer: () => void = () => undefined;
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const home = await fakeHome(t, {
    listNodes: async () => {
      await answered;
      return { nodes: [] };
    },
  });
  const hasty = await client(t, home);
  const answers = Array.from({ length: REQUESTS_IN_FLIGHT_MAX + 5 }, () => hasty.rpc.sendRequest("node/list", {}));
  const other = await client(t, home);
  for (let turn = 0; turn < 20; turn++) await other.rpc.sendRequest(METHODS.listEgress.name, {});
  const inFlight = (): number => home.calls.filter(({ name }) => name === "listNodes").length;
  assert.equal(inFlight(), REQUESTS_IN_FLIGHT_MAX);
  answer();
  await Promise.all(answers);
  assert.equal(inFlight(), REQUESTS_IN_FLIGHT_MAX + 5);
});

test("a second follow replaces the first, and a closed connection leaves no listener behind", async (t) => {
  const home = await fakeHome(t);
  const { rpc, socket } = await client(t, home);
  await rpc.sendRequest(METHODS.followTimeline.name, { fromSequence: 1 });
  await rpc.sendRequest(METHODS.followTimeline.name, { fromSequence: 1 });
  await rpc.sendRequest(METHODS.listNodes.name, {});
  assert.equal(home.timeline.listeners, 1);
  socket.destroy();
  await home.close();
  assert.equal(home.timeline.listeners, 0);
});

test(`at most ${CONNECTIONS_MAX} clients connect, and a place is free again when one leaves`, async (t) => {
  const home = await fakeHome(t);
  const sockets = [];
  for (let count = 0; count < CONNECTIONS_MAX; count++) sockets.push((await client(t, home)).socket);
  const refused = await rawSocket(t, home);
  refused.resume();
  await once(refused, "close");
  assert.equal(home.clientCounts.at(-1), CONNECTIONS_MAX);
  sockets[0]?.destroy();
  while (home.clientCounts.at(-1) === CONNECTIONS_MAX) await new Promise((resolve) => setImmediate(resolve));
  await client(t, home);
});

test("once closed, the server has told of the last client's end and tells nothing more", async (t) => {
  const home = await openFakeHome();
  for (let count = 0; count < 3; count++) await client(t, home);
  await home.close();
  assert.deepEqual(home.clientCounts, [1, 2, 3, 2, 1, 0]);
});

test("the socket is 0600 in a 0700 folder; a lax folder is refused", async (t) => {
  const home = await fakeHome(t);
  assert.equal((await stat(home.socketPath)).mode & 0o777, 0o600);
  const folder = await mkdtemp(join(tmpdir(), "arw-lax-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755);
  await assert.rejects(openFakeHome({ socketPath: join(folder, "home.sock") }), { code: "state-folder-not-private" });
});

test("a dead Home's socket is replaced, a live one's is not, and what is no socket stays", async (t) => {
  const home = await fakeHome(t);
  await assert.rejects(openFakeHome({ socketPath: home.socketPath }), { code: "home-held" });
  await client(t, home);

  const folder = await mkdtemp(join(tmpdir(), "arw-dead-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const socketPath = join(folder, "home.sock");
  await leaveDeadSocket(socketPath);
  const revived = await openFakeHome({ socketPath });
  t.after(() => revived.close());
  await client(t, revived);

  const file = join(folder, "file.sock");
  await writeFile(file, "precious");
  await assert.rejects(openFakeHome({ socketPath: file }), { code: "socket-unusable" });
  assert.equal((await stat(file)).size, "precious".length);
});

/** What `kill -9` leaves: a socket file that nobody answers. */
async function leaveDeadSocket(socketPath: string): Promise<void> {
  const server = createServer();
  server.listen(socketPath);
  await once(server, "listening");
  // Closing removes the file by its name, so it bears another meanwhile.
  await rename(socketPath, `${socketPath}.kept`);
  server.close();
  await once(server, "close");
  await rename(`${socketPath}.kept`, socketPath);
}
