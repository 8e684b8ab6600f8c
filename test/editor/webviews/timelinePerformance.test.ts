// What the Timeline costs with a hundred thousand rows, beside a bare list of the same rows in the same browser, taking turns.
// Figures are ratios of medians; an absolute time of a busy machine says nothing and is only printed.
import assert from "node:assert/strict";
import * as z from "zod";
import { decode } from "../../../protocol/decode.ts";
import { type WebviewPage, webviewTest } from "../webviewPage.ts";
import { manyEntries } from "./manyEntries.ts";
import { openTimeline } from "./timelinePages.ts";

const MANY = 100_000;
const TURNS = 15;
/** Above what is measured (1.0 to 1.5): a list that draws all its rows, or decodes all of them first, is far slower. */
const FIRST_PAINT_RATIO_MAX = 4;
const LIVE_MS = 4_000;
/** A message each COALESCE of the feed: two thousand events a second. */
const LIVE_ENTRIES = 100;
const LIVE_EVERY_MS = 50;
const LONG_TASK_MS = 50;
const WARMING_MESSAGES = 20;

/** The least that a list of rows can be: no columns, no icons, no ids, no decoding, only the rows in sight. */
const BARE_LIST = `
  globalThis.painted = (from) => new Promise((resolve) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => resolve(performance.now() - from);
    channel.port2.postMessage(0);
  }));
  globalThis.bareList = (rows, rowPixels) => {
    const frame = document.createElement("div");
    frame.className = "bare";
    Object.assign(frame.style, { position: "fixed", inset: "0", overflow: "auto", background: "Canvas", zIndex: "9" });
    const all = document.createElement("div");
    Object.assign(all.style, { position: "relative", height: rows.length * rowPixels + "px" });
    frame.append(all);
    const draw = () => {
      const first = Math.floor(frame.scrollTop / rowPixels);
      const last = Math.min(rows.length, first + Math.ceil(frame.clientHeight / rowPixels) + 1);
      all.replaceChildren(...rows.slice(first, last).map((row, index) => {
        const element = document.createElement("div");
        element.textContent = row.text;
        Object.assign(element.style, { position: "absolute", top: (first + index) * rowPixels + "px", height: rowPixels + "px" });
        return element;
      }));
    };
    document.body.append(frame);
    frame.scrollTop = rows.length * rowPixels;
    draw();
    return { frame, add: (more) => { rows.push(...more); all.style.height = rows.length * rowPixels + "px"; frame.scrollTop = rows.length * rowPixels; draw(); } };
  };
  true;`;

const numbers: z.ZodType<readonly number[]> = z.array(z.number());

async function evaluated(page: WebviewPage, expression: string): Promise<readonly number[]> {
  const decoded = decode(numbers, await page.page.evaluate(expression));
  assert.ok(decoded.ok, JSON.stringify(decoded));
  return decoded.value;
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}

webviewTest("a hundred thousand rows are painted about as fast as a bare list of them", async (open, context) => {
  const page = await openTimeline(open, { entries: manyEntries(MANY), episodes: [] }, { height: 900 });
  await page.page.locator("#search").fill("nothing has this");
  await page.page.getByText("100,000 events", { exact: true }).waitFor();
  await page.page.evaluate(BARE_LIST);
  await page.page.evaluate(
    `globalThis.rows = ${JSON.stringify(manyEntries(MANY).map(({ text }) => ({ text })))}; true`,
  );
  const drawn = await page.page.evaluate("document.querySelectorAll('.row').length");
  assert.ok(Number(drawn) <= 60, `${String(drawn)} rows drawn`);
  // All rows are held; what is measured is that all of them get other places and are painted anew.
  const all = await evaluated(
    page,
    `(async () => {
      const times = [];
      const button = document.querySelector("[aria-label='Full rows']");
      for (let turn = 0; turn < ${TURNS * 2}; turn++) {
        const from = performance.now();
        button.click();
        await painted(from).then((time) => times.push(time));
      }
      return times;
    })()`,
  );
  const bare = await evaluated(
    page,
    `(async () => {
      const times = [];
      for (let turn = 0; turn < ${TURNS}; turn++) {
        const from = performance.now();
        const list = bareList([...rows], 22);
        times.push(await painted(from));
        list.frame.remove();
      }
      return times;
    })()`,
  );
  // The newest page is what a person sees first; the others follow behind it.
  const first = await evaluated(
    page,
    `(async () => {
      const times = [];
      const entries = ${JSON.stringify(manyEntries(1_000, MANY - 1_000))};
      for (let turn = 0; turn < ${TURNS}; turn++) {
        const from = performance.now();
        window.postMessage({ kind: "snapshot", entries, older: false }, window.origin);
        await new Promise((taken) => window.addEventListener("message", taken, { once: true }));
        times.push(await painted(from));
      }
      return times;
    })()`,
  );
  const report = (what: string, values: readonly number[]): void =>
    context.diagnostic(
      `${what}: ${median(values).toFixed(1)} ms, ${(median(values) / median(bare)).toFixed(2)} × a bare list of all rows (${median(bare).toFixed(1)} ms)`,
    );
  report("first paint of the newest page of 100,000 events", first);
  report("repaint with 100,000 rows held", all);
  assert.ok(median(first) / median(bare) <= FIRST_PAINT_RATIO_MAX);
  assert.ok(median(all) / median(bare) <= FIRST_PAINT_RATIO_MAX);
  assert.deepEqual(page.watch.complaints, []);
});

webviewTest("while two thousand events a second come, nothing holds the page up", async (open, context) => {
  const page = await openTimeline(open, { entries: manyEntries(MANY), episodes: [] }, { height: 900 });
  await page.page.locator("#search").fill("nothing has this");
  await page.page.getByText("100,000 events", { exact: true }).waitFor();
  await page.page.locator("#search").fill("");
  await page.page.evaluate(BARE_LIST);
  const batches = Array.from({ length: LIVE_MS / LIVE_EVERY_MS }, (_, index) => ({
    kind: "live",
    number: index + 1,
    entries: manyEntries(LIVE_ENTRIES, MANY + index * LIVE_ENTRIES),
  }));
  await page.page.evaluate(`globalThis.batches = ${JSON.stringify(batches)}; true`);
  const longTasksWhile = (each: string): string => `(async () => {
    const long = [];
    const observer = new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => long.push(duration)));
    for (const [index, batch] of batches.entries()) {
      // The first ones compile the code that the others run.
      if (index === ${WARMING_MESSAGES}) observer.observe({ type: "longtask" });
      ${each}
      await new Promise((resolve) => setTimeout(resolve, ${LIVE_EVERY_MS}));
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    observer.disconnect();
    return long;
  })()`;
  await page.page.evaluate(
    `globalThis.list = bareList(Array.from({ length: ${MANY} }, () => ({ text: "x" })), 22); true`,
  );
  const bare = await evaluated(page, longTasksWhile("list.add(batch.entries);"));
  await page.page.evaluate("list.frame.remove()");
  const ours = await evaluated(page, longTasksWhile("window.postMessage(batch, window.origin);"));
  await page.page.getByText("108,000 events", { exact: true }).waitFor();
  const text = (tasks: readonly number[]): string =>
    tasks.length === 0 ? "none" : `${tasks.length}, the longest ${Math.max(...tasks).toFixed(0)} ms`;
  context.diagnostic(
    `tasks over ${LONG_TASK_MS} ms in ${LIVE_MS / 1_000} s of 2,000 events/s: ${text(ours)}; a bare list: ${text(bare)}`,
  );
  const drawn = await page.page.evaluate("document.querySelectorAll('.row').length");
  assert.ok(Number(drawn) <= 60, `${String(drawn)} rows drawn`);
  // A machine that others keep busy holds a bare list up as well: only what is beyond that is the page's doing.
  assert.ok(ours.length <= bare.length + batches.length / 10, text(ours));
  assert.deepEqual(page.watch.complaints, []);
});
