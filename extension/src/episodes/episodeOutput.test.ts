// Output of an episode as its terminal gets it: in order, from the first byte, over losses of the Home.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ArwError } from "#protocol/errors.ts";
import { attemptId, episodeId, jobId, nodeId } from "#protocol/ids.ts";
import { byteCount, epochMs, sequence } from "#protocol/quantities.ts";
import type { OutputStream } from "#protocol/result.ts";
import type { TimelineEntry } from "#protocol/timeline.ts";
import { METHODS, type Method } from "#protocol/wire/client.ts";
import type { EpisodeView } from "#protocol/wire/clientViews.ts";
import { playOutput } from "./episodeOutput.ts";

const ID = Buffer.alloc(20, 7);
const EPISODE: EpisodeView = {
  episodeId: episodeId.from(ID),
  kind: "command",
  title: "npm test",
  startedAt: epochMs(1),
  state: "finished",
  jobId: jobId.from(ID),
  target: { nodeId: nodeId.from(ID), name: "local", local: true },
  produced: [],
};
const WORDS = { end: () => "the end", dropped: "dropped", homeGone: "gone" };
/** So many bytes come in one answer. */
const PAGE_BYTES = 3;

/** What a Home answers to a reader: a timeline and the bytes behind it, which a test lets grow. */
class TestHome {
  readonly #entries: TimelineEntry[] = [];
  readonly #bytes: Record<OutputStream, Buffer> = {
    stdout: Buffer.alloc(0),
    stderr: Buffer.alloc(0),
    text: Buffer.alloc(0),
  };
  readonly #listeners = new Set<() => void>();
  reads = 0;
  isGone = false;

  print(stream: OutputStream, text: string | Uint8Array): void {
    const bytes = Buffer.from(text);
    const fromByte = byteCount(this.#bytes[stream].length);
    this.#bytes[stream] = Buffer.concat([this.#bytes[stream], bytes]);
    this.add({ kind: "OutputAppended", output: { stream, fromByte, bytes: byteCount(bytes.length) } });
  }

  add(entry: Partial<TimelineEntry> & { readonly kind: string }): void {
    const at = { sequence: sequence(this.#entries.length + 1), index: 0, at: epochMs(1) };
    this.#entries.push({ ...at, level: "info", text: entry.kind, attemptId: attemptId.from(ID), ...entry });
    this.move();
  }

  move(): void {
    for (const listener of this.#listeners) listener();
  }

  dropOutput(): void {
    for (const stream of ["stdout", "stderr", "text"] as const) this.#bytes[stream] = Buffer.alloc(0);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  readonly source = {
    call: async <Params, Result>(method: Method<Params, Result>, params: Params): Promise<Result> => {
      if (this.isGone) throw new ArwError("home-gone", "The Home is gone.", "Wait.");
      return method.result.parse(this.#answer(method.name, params));
    },
    onMoved: (listener: () => void) => {
      this.#listeners.add(listener);
      return { dispose: () => void this.#listeners.delete(listener) };
    },
  };

  #answer(name: string, params: unknown): unknown {
    if (name === METHODS.showEpisode.name) return EPISODE;
    if (name === METHODS.readTimeline.name) {
      this.reads++;
      const { fromSequence } = METHODS.readTimeline.params.parse(params);
      const entries = this.#entries.filter((entry) => entry.sequence >= fromSequence).slice(0, 2);
      const nextSequence = (entries.at(-1)?.sequence ?? fromSequence - 1) + 1;
      return { entries, nextSequence, more: nextSequence <= this.#entries.length };
    }
    const { fromByte, stream } = METHODS.readOutput.params.parse(params);
    return { base64: this.#bytes[stream].subarray(fromByte, fromByte + PAGE_BYTES).toString("base64") };
  }
}

interface Playing {
  readonly done: Promise<EpisodeView | undefined>;
  readonly shown: () => string;
}

function play(home: TestHome, signal: AbortSignal = new AbortController().signal): Playing {
  let shown = "";
  const from = { episodeId: EPISODE.episodeId, fromSequence: sequence(1) };
  const write = (text: string): void => {
    shown += text;
  };
  // Styles of our own lines are of no interest here.
  const plain = (): string => ["0", "2", "31"].reduce((text, style) => text.replaceAll(`\u001B[${style}m`, ""), shown);
  return { done: playOutput(home.source, from, write, WORDS, signal), shown: plain };
}

test("output comes from the first byte, in the order it became durable, with its end", async () => {
  const home = new TestHome();
  home.print("stdout", "one\n");
  home.print("stderr", "warning: naïve\n");
  home.print("stdout", "two 🚀\n");
  home.add({ kind: "EpisodeFinished" });
  const { done, shown } = play(home);
  assert.equal((await done)?.episodeId, EPISODE.episodeId);
  assert.equal(shown(), "one\r\nwarning: naïve\r\ntwo 🚀\r\nthe end\r\n");
  assert.equal(home.listeners, 0);
});

test("what comes while it is read is shown as well, once", async () => {
  const home = new TestHome();
  home.print("text", "Hel");
  const { done, shown } = play(home);
  await until(() => shown() === "Hel");
  home.print("text", "lo");
  await until(() => shown() === "Hello");
  // Somebody else's entries move the timeline too.
  home.move();
  home.add({ kind: "EpisodeFinished" });
  await done;
  assert.equal(shown(), "Hello\r\nthe end\r\n");
});

test("a Home that is gone loses nothing: the output goes on where it was", async () => {
  const home = new TestHome();
  home.print("stdout", "before\n");
  home.add({ kind: "JobStalled", level: "attention", text: "stalled" });
  const { done, shown } = play(home);
  await until(() => shown().includes("stalled"));
  home.isGone = true;
  home.move();
  await until(() => shown().includes("gone"));
  home.isGone = false;
  home.print("stdout", "after\n");
  home.add({ kind: "EpisodeFinished" });
  await done;
  assert.equal(shown(), "before\r\nstalled\r\ngone\r\nafter\r\nthe end\r\n");
});

test("output that retention dropped is said once, and the end is still shown", async () => {
  const home = new TestHome();
  home.print("stdout", "one");
  home.print("stdout", "two");
  home.dropOutput();
  home.add({ kind: "EpisodeFinished" });
  const { done, shown } = play(home);
  await done;
  assert.equal(shown(), "dropped\r\nthe end\r\n");
});

test("crossings, warnings and errors stand among the output, details do not", async () => {
  const home = new TestHome();
  const crossing = {
    direction: "out",
    nodeId: nodeId.from(ID),
    bytes: byteCount(5),
    leaseId: METHODS.revokeLease.params.parse({ leaseId: `lease_${"a".repeat(26)}`, reason: "" }).leaseId,
  } as const;
  home.add({ kind: "EgressRecorded", text: "sent", crossing });
  home.add({ kind: "JobAccepted", level: "detail", text: "accepted" });
  home.add({ kind: "JobFailed", level: "error", text: "lost" });
  home.add({ kind: "EpisodeFinished", level: "error", text: "failed" });
  const { done, shown } = play(home);
  await done;
  assert.equal(shown(), "sent\r\nlost\r\nthe end\r\n");
});

test("whoever closes the terminal stops the reading, not the episode", async () => {
  const home = new TestHome();
  home.print("stdout", "one\n");
  const closed = new AbortController();
  const { done, shown } = play(home, closed.signal);
  await until(() => shown() === "one\r\n");
  closed.abort();
  assert.equal(await done, undefined);
  assert.equal(home.listeners, 0);
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
