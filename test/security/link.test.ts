// The link against a peer that is enrolled and hostile, or only broken: every frame that does not fit closes it with a
// code that says which rule was broken, nothing of it is handled, and a flood stays in the sender's own memory.
import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import type { WebSocket } from "ws";
import {
  FRAME_FRAGMENTS_MAX,
  LINK_BUFFERED_BYTES_MAX,
  LINK_HIGH_WATER_BYTES,
  LINK_PATH,
} from "#platform/link/channelLimits.ts";
import { JSON_DEPTH_MAX } from "#protocol/decode.ts";
import { workspaceId } from "#protocol/ids.ts";
import { encodeFrame, FRAME_BYTES_MAX, FRAME_JSON_BYTES_MAX } from "#protocol/wire/frame.ts";
import { CLOSE_CODES, type CloseCode } from "#protocol/wire/version.ts";
import type { WorkerMessage } from "#protocol/wire/worker.ts";
import type { HomeLink } from "../../server/src/adapters/listener/workerListener.ts";
import { bareWebSocket, linkBetween, party, type TestHome, testHome } from "./testHome.ts";

interface Hostile {
  readonly home: TestHome;
  readonly link: HomeLink;
  readonly socket: WebSocket;
  readonly handled: WorkerMessage[];
}

/** A link whose worker end is a bare WebSocket. */
async function hostile(context: TestContext): Promise<Hostile> {
  const home = await testHome(context);
  const node = await party();
  home.allowNode(node);
  const socket = await bareWebSocket(home, node, LINK_PATH);
  socket.on("error", () => undefined);
  const { link } = await home.links.take();
  const handled: WorkerMessage[] = [];
  link.onMessage((message) => {
    handled.push(message);
  });
  return { home, link, socket, handled };
}

const LEAVING: WorkerMessage = { kind: "leaving", reason: "drain" };

function envelope(home: TestHome, replaced: object = {}): Record<string, unknown> {
  return { v: 1, workspaceId: home.workspaceId, sequence: 1, body: LEAVING, ...replaced };
}

/** A frame of text that our own encoder would never make. */
function frameOf(json: string): Uint8Array {
  const frame = Buffer.alloc(4 + Buffer.byteLength(json));
  frame.writeUInt32BE(frame.length - 4);
  frame.write(json, 4);
  return frame;
}

function nested(levels: number): string {
  return "[".repeat(levels) + "]".repeat(levels);
}

const otherWorkspace = workspaceId.from(Buffer.alloc(32, 7));

const BROKEN: readonly (readonly [string, CloseCode, (home: TestHome) => Uint8Array | string])[] = [
  ["a text frame", "malformed-message", (home) => JSON.stringify(envelope(home))],
  ["an empty frame", "malformed-message", () => new Uint8Array(0)],
  ["a frame that is not JSON", "malformed-message", () => frameOf("{")],
  ["a frame shorter than it announces", "malformed-message", () => Buffer.from([0, 0, 1, 0, 0x7b])],
  ["an unknown message", "malformed-message", (home) => encodeFrame(envelope(home, { body: { kind: "format-disk" } }))],
  [
    "a message of the other direction",
    "malformed-message",
    (home) => encodeFrame(envelope(home, { body: { kind: "heartbeat-acknowledged" } })),
  ],
  ["an unknown member", "malformed-message", (home) => encodeFrame(envelope(home, { admin: true }))],
  [
    "a __proto__ key",
    "malformed-message",
    (home) => frameOf(JSON.stringify(envelope(home)).replace('"v":1', '"v":1,"__proto__":{"admin":true}')),
  ],
  ["another protocol version", "protocol-version", (home) => encodeFrame(envelope(home, { v: 2, shape: "unknown" }))],
  ["a sequence that starts at 2", "message-out-of-order", (home) => encodeFrame(envelope(home, { sequence: 2 }))],
  ["another workspace", "foreign-workspace", (home) => encodeFrame(envelope(home, { workspaceId: otherWorkspace }))],
  ["JSON one level too deep", "too-deep", () => frameOf(nested(JSON_DEPTH_MAX + 1))],
  ["JSON a million levels deep", "too-deep", () => frameOf("[".repeat(1_000_000))],
  ["JSON over its limit", "frame-too-large", () => frameOf(" ".repeat(FRAME_JSON_BYTES_MAX + 1))],
];

for (const [claim, code, frame] of BROKEN) {
  test(`${claim} closes the link as ${code}, and nothing of it is handled`, async (context) => {
    const { home, link, socket, handled } = await hostile(context);
    const closed = once(socket, "close");
    socket.send(frame(home));
    const end = await link.closed;
    assert.equal(end.code, code, end.detail);
    assert.equal((await closed)[0], CLOSE_CODES[code]);
    assert.deepEqual(handled, []);
    assert.equal(Object.hasOwn(Object.prototype, "admin"), false);
  });
}

test("a peer of another version is told what to update", async (context) => {
  const { home, socket } = await hostile(context);
  const closed = once(socket, "close");
  socket.send(encodeFrame(envelope(home, { v: 0 })));
  const [, reason]: unknown[] = await closed;
  assert.match(String(reason), /protocol 1, the peer 0\. Update the peer/);
});

test("a frame at the limit is handled, one byte more closes the link", async (context) => {
  const { home, link, socket, handled } = await hostile(context);
  const empty = encodeFrame(envelope(home)).length;
  socket.send(encodeFrame(envelope(home), new Uint8Array(FRAME_BYTES_MAX - empty)));
  const next = encodeFrame(envelope(home, { sequence: 2 }));
  socket.send(Buffer.concat([next, Buffer.alloc(FRAME_BYTES_MAX + 1 - next.length)]));
  assert.equal((await link.closed).code, "frame-too-large");
  assert.deepEqual(handled, [LEAVING]);
});

test("an announced frame of a terabyte is refused by its header", async (context) => {
  const { link, socket } = await hostile(context);
  const header = Buffer.from([0x82, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  rawSocketOf(socket).write(header);
  assert.equal((await link.closed).code, "frame-too-large");
});

test("a message in too many fragments closes the link", async (context) => {
  const { link, socket } = await hostile(context);
  for (let index = 0; index <= FRAME_FRAGMENTS_MAX; index++) socket.send(Buffer.alloc(1), { fin: false });
  assert.equal((await link.closed).code, "frame-too-large");
});

test("a repeated and a skipped sequence close the link, whatever came before", async (context) => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 25 }), async (good, wrong) => {
      fc.pre(wrong !== good + 1);
      const { home, link, socket, handled } = await hostile(context);
      for (let sequence = 1; sequence <= good; sequence++) socket.send(encodeFrame(envelope(home, { sequence })));
      socket.send(encodeFrame(envelope(home, { sequence: wrong })));
      socket.send(encodeFrame(envelope(home, { sequence: good + 1 })));
      assert.equal((await link.closed).code, "message-out-of-order");
      assert.equal(handled.length, good);
    }),
    { numRuns: 10 },
  );
});

test("arbitrary bytes never throw, never pass and always close the link", async (context) => {
  const home = await testHome(context);
  const node = await party();
  home.allowNode(node);
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      const socket = await bareWebSocket(home, node, LINK_PATH);
      const { link } = await home.links.take();
      let handled = 0;
      link.onMessage(() => {
        handled += 1;
      });
      socket.send(bytes);
      const end = await link.closed;
      assert.ok(end.code === "malformed-message" || end.code === "frame-too-large", end.code);
      assert.equal(handled, 0);
    }),
    { numRuns: 50 },
  );
});

test("a connection that is cut without a goodbye is lost, on both ends", async (context) => {
  const { link, socket } = await hostile(context);
  socket.terminate();
  assert.equal((await link.closed).code, "lost");
  assert.equal(await link.send({ kind: "heartbeat-acknowledged" }), false);
});

test("a handler that throws closes the link, and the peer does not learn the inside", async (context) => {
  const home = await testHome(context);
  const node = await party();
  home.allowNode(node);
  const ends = await linkBetween(home, node);
  ends.worker.onMessage(() => undefined);
  ends.home.onMessage(() => Promise.reject(new Error("the secret path /etc/x is missing")));
  await ends.worker.send(LEAVING);
  assert.match((await ends.home.closed).detail, /secret path/);
  assert.deepEqual(await ends.worker.closed, { code: "unexpected-message", detail: "a message could not be handled" });
});

test("a message is not looked at before the one before it is handled", async (context) => {
  const home = await testHome(context);
  const node = await party();
  home.allowNode(node);
  const ends = await linkBetween(home, node);
  let running = 0;
  const order: number[] = [];
  const done = new Promise<void>((resolve) => {
    ends.home.onMessage(async (_, bytes) => {
      running += 1;
      assert.equal(running, 1);
      await new Promise((next) => setImmediate(next));
      order.push(bytes[0] ?? -1);
      running -= 1;
      if (order.length === 100) resolve();
    });
  });
  for (let index = 0; index < 100; index++) void ends.worker.send(LEAVING, Uint8Array.of(index));
  await done;
  assert.deepEqual(
    order,
    Array.from({ length: 100 }, (_, index) => index),
  );
});

/** Resolves when nothing has moved for many turns of the loop. */
async function stalled(progress: () => number): Promise<void> {
  let before = -1;
  for (let still = 0; still < 500; still++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (progress() === before) continue;
    before = progress();
    still = 0;
  }
}

test("a sender that waits for room is stopped by a peer that is busy, and loses nothing", async (context) => {
  const home = await testHome(context);
  const node = await party();
  home.allowNode(node);
  const ends = await linkBetween(home, node);
  const bytes = new Uint8Array(LINK_HIGH_WATER_BYTES);
  const total = 64;
  let release: () => void = () => undefined;
  const busy = new Promise<void>((resolve) => {
    release = resolve;
  });
  let received = 0;
  const all = new Promise<void>((resolve) => {
    ends.home.onMessage(async () => {
      await busy;
      received += 1;
      if (received === total) resolve();
    });
  });
  let sent = 0;
  const sending = (async () => {
    for (; sent < total; sent++) assert.equal(await ends.worker.send(LEAVING, bytes), true);
  })();
  await stalled(() => sent);
  // Some lie in the buffers of the two sockets; the rest waits unsent in the sender's own loop.
  assert.ok(sent < total / 2, `${sent} MiB were sent to a peer that reads nothing`);
  assert.equal(received, 0);
  release();
  await sending;
  await all;
});

test("a sender that does not wait is cut when too much is unsent", async (context) => {
  const { link, socket } = await hostile(context);
  socket.pause();
  const bytes = new Uint8Array(1024 * 1024);
  const outcomes: Promise<boolean>[] = [];
  for (let sent = 0; sent <= LINK_BUFFERED_BYTES_MAX + 1024 * 1024; sent += bytes.length) {
    outcomes.push(link.send({ kind: "heartbeat-acknowledged" }, bytes));
  }
  const end = await link.closed;
  assert.equal(end.code, "lost");
  assert.match(end.detail, /does not read/);
  assert.equal((await Promise.all(outcomes)).at(-1), false);
});

function rawSocketOf(socket: WebSocket): { write(bytes: Uint8Array): boolean } {
  const raw: unknown = Reflect.get(socket, "_socket");
  assert.ok(typeof raw === "object" && raw !== null && "write" in raw && typeof raw.write === "function");
  const write = raw.write.bind(raw);
  return { write: (bytes) => write(bytes) };
}
