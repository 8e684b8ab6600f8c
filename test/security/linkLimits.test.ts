// Every limit of a link and of the door before it: what is exactly at it passes, one more does not.
// The limits that `link.test.ts` and `mutualTls.test.ts` already try from both sides are not repeated here.
import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { TLSSocket } from "node:tls";
import type { WebSocket } from "ws";
import {
  CLOSE_REASON_BYTES_MAX,
  ENROL_FRAME_BYTES_MAX,
  FRAME_CHUNKS_MAX,
  FRAME_FRAGMENTS_MAX,
  LINK_BUFFERED_BYTES_MAX,
  LINK_FRAMES_PER_SECOND_MAX,
  LINK_PATH,
} from "#platform/link/channelLimits.ts";
import { openFrameChannel } from "#platform/link/frameChannel.ts";
import { JSON_DEPTH_MAX } from "#protocol/decode.ts";
import { encodeFrame, FRAME_BYTES_MAX, FRAME_JSON_BYTES_MAX } from "#protocol/wire/frame.ts";
import type { WorkerMessage } from "#protocol/wire/worker.ts";
import { HEADER_BYTES_MAX } from "../../server/src/adapters/listener/upgrade.ts";
import type { HomeLink } from "../../server/src/adapters/listener/workerListener.ts";
import { dialInvite } from "./enrolmentDesk.ts";
import { bareWebSocket, dialBare, linkBetween, party, type TestHome, testHome } from "./testHome.ts";

const LEAVING: WorkerMessage = { kind: "leaving", reason: "drain" };

interface Ends {
  readonly home: TestHome;
  readonly link: HomeLink;
  readonly socket: WebSocket;
  readonly handled: () => number;
}

/** A link whose worker end is a bare WebSocket. */
async function bareLink(context: TestContext): Promise<Ends> {
  const home = await testHome(context);
  const node = await party();
  home.allowNode(node);
  const socket = await bareWebSocket(home, node, LINK_PATH);
  socket.on("error", () => undefined);
  const { link } = await home.links.take();
  let handled = 0;
  link.onMessage(() => {
    handled += 1;
  });
  return { home, link, socket, handled: () => handled };
}

function frameAt(home: TestHome, sequence: number): Uint8Array {
  return encodeFrame({ v: 1, workspaceId: home.workspaceId, sequence, body: LEAVING });
}

/** A frame around JSON that our own encoder would never make. */
function frameOf(json: string): Uint8Array {
  const frame = Buffer.alloc(4 + Buffer.byteLength(json));
  frame.writeUInt32BE(frame.length - 4);
  frame.write(json, 4);
  return frame;
}

async function until(done: () => boolean): Promise<void> {
  for (let turn = 0; turn < 100_000 && !done(); turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(done());
}

test("a message in as many fragments as allowed is handled", async (context) => {
  const { home, socket, handled } = await bareLink(context);
  const frame = Buffer.from(frameAt(home, 1));
  for (let index = 0; index < FRAME_FRAGMENTS_MAX - 1; index++) {
    socket.send(frame.subarray(index, index + 1), { fin: false });
  }
  socket.send(frame.subarray(FRAME_FRAGMENTS_MAX - 1), { fin: true });
  await until(() => handled() === 1);
});

test("JSON exactly as deep as allowed is judged by its form, one level more by its depth", async (context) => {
  for (const [levels, code] of [
    [JSON_DEPTH_MAX, "malformed-message"],
    [JSON_DEPTH_MAX + 1, "too-deep"],
  ] as const) {
    const { link, socket } = await bareLink(context);
    socket.send(frameOf("[".repeat(levels) + "]".repeat(levels)));
    assert.equal((await link.closed).code, code);
  }
});

test("JSON exactly at its limit is handled, one byte more is too large", async (context) => {
  const { home, link, socket, handled } = await bareLink(context);
  const json = JSON.stringify({ v: 1, workspaceId: home.workspaceId, sequence: 1, body: LEAVING });
  socket.send(frameOf(json.padEnd(FRAME_JSON_BYTES_MAX)));
  await until(() => handled() === 1);
  socket.send(frameOf(json.padEnd(FRAME_JSON_BYTES_MAX + 1)));
  assert.equal((await link.closed).code, "frame-too-large");
});

test("a frame that comes in a thousand small chunks is handled: only more chunks than the limit are refused", async (context) => {
  const { home, socket, handled } = await bareLink(context);
  assert.ok(FRAME_CHUNKS_MAX * 128 >= FRAME_BYTES_MAX, "a full frame fits in chunks of an unusually small segment");
  const frame = frameAt(home, 1);
  const raw: unknown = Reflect.get(socket, "_socket");
  assert.ok(typeof raw === "object" && raw !== null && "write" in raw && typeof raw.write === "function");
  const payload = Buffer.concat([frame, Buffer.alloc(1_000)]);
  // A masked binary frame with a mask of zeros, as RFC 6455 §5.2 has it.
  const header = Buffer.from([0x82, 0x80 | 126, payload.length >> 8, payload.length & 0xff, 0, 0, 0, 0]);
  for (const byte of Buffer.concat([header, payload])) raw.write(Buffer.of(byte));
  await until(() => handled() === 1);
});

test("frames up to the rate are handled at once; one more waits for the next second and is not lost", async (context) => {
  const { home, link, socket, handled } = await bareLink(context);
  let nowMs = 5_000;
  context.mock.method(performance, "now", () => nowMs);
  context.mock.timers.enable({ apis: ["setTimeout"] });
  for (let sequence = 1; sequence <= LINK_FRAMES_PER_SECOND_MAX + 1; sequence++) socket.send(frameAt(home, sequence));
  await until(() => handled() === LINK_FRAMES_PER_SECOND_MAX);
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(handled(), LINK_FRAMES_PER_SECOND_MAX);
  nowMs += 1_000;
  context.mock.timers.tick(1_000);
  await until(() => handled() === LINK_FRAMES_PER_SECOND_MAX + 1);
  context.mock.timers.reset();
  context.mock.restoreAll();
  link.close("goodbye", "done");
  await link.closed;
});

test("as many unsent bytes as allowed are kept, one more cuts the link", async (context) => {
  const home = await testHome(context);
  const node = await party();
  home.allowNode(node);
  const socket = await bareWebSocket(home, node, LINK_PATH);
  const tls: unknown = Reflect.get(socket, "_socket");
  assert.ok(tls instanceof TLSSocket);
  const channel = openFrameChannel(socket, tls, home.leaf.fingerprint);
  let unsentBytes = LINK_BUFFERED_BYTES_MAX;
  Object.defineProperty(socket, "bufferedAmount", { get: () => unsentBytes });
  assert.equal(await channel.send(LEAVING), true);
  unsentBytes += 1;
  assert.equal(await channel.send(LEAVING), false);
  const end = await channel.closed;
  assert.equal(end.code, "lost");
  assert.match(end.detail, new RegExp(`does not read: ${LINK_BUFFERED_BYTES_MAX + 1} bytes`));
});

test("an enrolment frame at its limit is read, one byte more is too large", async (context) => {
  const home = await testHome(context);
  const invite = await home.invite();
  const emptyBytes = encodeFrame({}).length;
  const worker = await dialInvite(invite);
  const { channel } = await home.enrolments.take();
  const sizes: number[] = [];
  channel.onFrame((frame) => void sizes.push(frame.length));
  await worker.send({}, new Uint8Array(ENROL_FRAME_BYTES_MAX - emptyBytes));
  await worker.send({}, new Uint8Array(ENROL_FRAME_BYTES_MAX + 1 - emptyBytes));
  assert.equal((await channel.closed).code, "frame-too-large");
  assert.deepEqual(sizes, [ENROL_FRAME_BYTES_MAX]);
});

test("a reason at its limit reaches the peer whole, a longer one is cut between characters", async (context) => {
  const home = await testHome(context);
  const node = await party();
  home.allowNode(node);
  for (const [reason, heard] of [
    ["x".repeat(CLOSE_REASON_BYTES_MAX), "x".repeat(CLOSE_REASON_BYTES_MAX)],
    ["x".repeat(CLOSE_REASON_BYTES_MAX + 1), "x".repeat(CLOSE_REASON_BYTES_MAX)],
    [`${"x".repeat(CLOSE_REASON_BYTES_MAX - 1)}é`, "x".repeat(CLOSE_REASON_BYTES_MAX - 1)],
  ] as const) {
    const { worker, home: link } = await linkBetween(home, node);
    worker.onMessage(() => undefined);
    link.close("goodbye", reason);
    assert.equal((await worker.closed).detail, heard);
  }
});

test("a head at its limit is upgraded, one byte more is refused", async (context) => {
  const home = await testHome(context);
  const node = await party();
  home.allowNode(node);
  const headers: readonly (readonly [string, string])[] = [
    ["Host", "arw.internal"],
    ["Connection", "Upgrade"],
    ["Upgrade", "websocket"],
    ["Sec-WebSocket-Version", "13"],
    ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
  ];
  // Node counts the target, the names and the values, and refuses what reaches its maximum.
  const counted = LINK_PATH.length + headers.flat().join("").length + "X".length;
  for (const [padding, status] of [
    [HEADER_BYTES_MAX - 1 - counted, 101],
    [HEADER_BYTES_MAX - counted, 400],
  ] as const) {
    const tls = await dialBare(home, { key: node.leaf.privateKey, cert: node.leaf.certificate });
    const lines = [...headers, ["X", "x".repeat(padding)] as const].map(([name, value]) => `${name}: ${value}\r\n`);
    tls.write(`GET ${LINK_PATH} HTTP/1.1\r\n${lines.join("")}\r\n`);
    const [first]: unknown[] = await once(tls, "data");
    assert.match(String(first), new RegExp(`^HTTP/1\\.1 ${status} `));
    tls.destroy();
  }
});
