// Tests of the channel to a page, with a port that is a webview as far as the channel can tell.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as z from "zod";
import {
  PAGE_MESSAGE_CHARACTERS_MAX,
  PAGE_MESSAGES_A_SECOND_MAX,
  UNTAKEN_MESSAGES_MAX,
} from "#protocol/webview/page.ts";
import { PLANTED_SECRETS } from "../../../test/simulation/plantedSecrets.ts";
import { type MessagePort, PageChannel } from "./pageChannel.ts";

interface Note {
  readonly kind: "note";
  readonly text: string;
}
const noteSchema: z.ZodType<Note> = z.strictObject({ kind: z.literal("note"), text: z.string() });

class FakePort implements MessagePort {
  readonly listeners = new Set<(message: unknown) => void>();
  readonly posted: unknown[] = [];
  /** What the page does with a message: takes it, is hidden, or has not answered yet. */
  taking: Promise<boolean> = Promise.resolve(true);

  postMessage(message: unknown): Promise<boolean> {
    this.posted.push(message);
    return this.taking;
  }

  onDidReceiveMessage(listener: (message: unknown) => void): { dispose: () => void } {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  }

  say(message: unknown): void {
    for (const listener of this.listeners) listener(message);
  }
}

function opened(): {
  readonly port: FakePort;
  readonly channel: PageChannel<Note, Note>;
  readonly heard: Note[];
  readonly warnings: string[];
  readonly clock: { now: number };
} {
  const port = new FakePort();
  const heard: Note[] = [];
  const warnings: string[] = [];
  const clock = { now: 0 };
  const channel = new PageChannel<Note, Note>(port, {
    screen: "timeline",
    fromPage: noteSchema,
    receive: (message) => heard.push(message),
    log: { warn: (text: string) => void warnings.push(text) },
    now: () => clock.now,
  });
  return { port, channel, heard, warnings, clock };
}

test("no page is told a secret, wherever in a message it stands, and all else arrives as it was", async () => {
  const { port, channel } = opened();
  for (const secret of Object.values(PLANTED_SECRETS)) {
    const text = `it said ${secret} and`;
    assert.equal(await channel.post({ kind: "note", text }), true);
    const told = JSON.stringify(port.posted.at(-1));
    assert.match(told, /^\{"kind":"note","text":"it said .*\[REDACTED:[a-z0-9-]+:[a-p]{8}\]/);
    assert.ok(!told.includes(JSON.stringify(secret).slice(1, -1)));
  }
  const harmless = {
    kind: "note",
    text: "a\0b",
    more: [1, null, { list: ["x", "", "token"], digest: "sha256:0f" }],
  } as const;
  await channel.post(harmless);
  assert.deepEqual(port.posted.at(-1), { ...harmless, text: "ab" });
});

test("what does not decode is dropped and said, and the page goes on", () => {
  const { port, heard, warnings } = opened();
  for (const bad of [
    null,
    undefined,
    7,
    "note",
    { kind: "other" },
    { kind: "note" },
    { kind: "note", text: "x", more: 1 },
  ]) {
    port.say(bad);
  }
  port.say({ kind: "note", text: "fine" });
  assert.deepEqual(heard, [{ kind: "note", text: "fine" }]);
  assert.equal(warnings.length, 7);
});

test("a warning holds nothing of the message itself", () => {
  const { port, warnings } = opened();
  port.say({ kind: "note", text: 1, secret: "hunter2" });
  assert.equal(warnings.length, 1);
  assert.doesNotMatch(warnings.join(), /hunter2/u);
});

test("a message at the limit passes and a longer one is dropped", () => {
  const { port, heard, warnings } = opened();
  const around = JSON.stringify({ kind: "note", text: "" }).length;
  port.say({ kind: "note", text: "x".repeat(PAGE_MESSAGE_CHARACTERS_MAX - around) });
  port.say({ kind: "note", text: "x".repeat(PAGE_MESSAGE_CHARACTERS_MAX - around + 1) });
  assert.equal(heard.length, 1);
  assert.match(warnings.join(), /too many/u);
});

test("a page that floods is heard again after the second is over", () => {
  const { port, heard, clock } = opened();
  for (let number = 0; number <= PAGE_MESSAGES_A_SECOND_MAX; number++) port.say({ kind: "note", text: String(number) });
  assert.equal(heard.length, PAGE_MESSAGES_A_SECOND_MAX);
  clock.now = 1_000;
  port.say({ kind: "note", text: "later" });
  assert.equal(heard.at(-1)?.text, "later");
});

test("a message that is no JSON is dropped", () => {
  const { port, heard } = opened();
  const cycle: Record<string, unknown> = { kind: "note", text: "x" };
  cycle["self"] = cycle;
  port.say(cycle);
  assert.deepEqual(heard, []);
});

test("messages for a page that takes none do not pile up", async () => {
  const { port, channel } = opened();
  port.taking = new Promise(() => {});
  const note = { kind: "note", text: "x" } as const;
  for (let number = 0; number < UNTAKEN_MESSAGES_MAX; number++) void channel.post(note);
  assert.equal(await channel.post(note), false);
  assert.equal(port.posted.length, UNTAKEN_MESSAGES_MAX);
});

test("a page that went away while a message was on its way has not taken it", async () => {
  const { port, channel } = opened();
  port.taking = Promise.reject(new Error("Webview is disposed"));
  assert.equal(await channel.post({ kind: "note", text: "x" }), false);
});

test("a disposed channel leaves no listener, hears nothing and sends nothing", async () => {
  const { port, channel, heard } = opened();
  const listener = [...port.listeners][0];
  channel.dispose();
  assert.equal(port.listeners.size, 0);
  listener?.({ kind: "note", text: "late" });
  assert.deepEqual(heard, []);
  assert.equal(await channel.post({ kind: "note", text: "x" }), false);
  assert.deepEqual(port.posted, []);
});
