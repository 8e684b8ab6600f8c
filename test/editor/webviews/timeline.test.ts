// The Timeline page in a real browser under its real policy: everybody can use it, no text runs, and it stays small and whole
// however long the timeline is.
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { until as waitUntil } from "../../acceptance/processes.ts";
import { kindOf } from "../../../protocol/schemaByKind.ts";
import type { TimelineEntry } from "../../../protocol/timeline.ts";
import { PATIENCE_MS } from "../host/patience.ts";
import { webviewTest } from "../webviewPage.ts";
import { EVERY_THEME, assertNoSidewaysScroll, assertQuiet } from "./pageChecks.ts";
import { manyEntries } from "./manyEntries.ts";
import { HOSTILE_TEXTS } from "./reviewSamples.ts";
import { sampleStory } from "./sampleStory.ts";
import { openTimeline, wishesOf } from "./timelinePages.ts";

const ROWS_DRAWN_MAX = 60;
const MANY = 100_000;
const CYCLES = 50;

/** The text of the row that has the focus, or what else has it. */
async function focused(page: Page): Promise<string> {
  return String(
    await page.evaluate("document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.id"),
  );
}

async function press(page: Page, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

/** Asks from outside: a page's own policy forbids what Playwright would use to wait inside of it. */
async function until(page: Page, what: string, expression: string): Promise<void> {
  await waitUntil(what, async () => ((await page.evaluate(expression)) === true ? true : undefined), PATIENCE_MS);
}

/** Presses on a row until its details stand. */
const PRESSES_MAX = 5;

webviewTest("the timeline is for everybody: axe finds nothing serious in any theme and state", async (open) => {
  for (const theme of EVERY_THEME) {
    const page = await openTimeline(open, { ...sampleStory(), output: "ok 1\nok 2\n" }, { theme });
    assert.deepEqual(await page.axe(), [], theme);
    await page.screenshot(`timeline-${theme}`);
    await page.page.getByText("may leave for gpubox").first().click();
    await page.page.getByText("npm test", { exact: true }).first().waitFor();
    assert.deepEqual(await page.axe(), [], `${theme}, details`);
    await page.screenshot(`timeline-details-${theme}`);
    await page.page.getByRole("button", { name: "Filters" }).click();
    await page.page.getByRole("button", { name: "Waterfall", exact: true }).click();
    await page.page.getByRole("button", { name: "Full rows" }).click();
    assert.deepEqual(await page.axe(), [], `${theme}, waterfall`);
    await page.screenshot(`timeline-waterfall-${theme}`);
    await page.page.getByRole("button", { name: "Show as table" }).click();
    await page.page.getByRole("columnheader", { name: "Node" }).waitFor();
    assert.deepEqual(await page.axe(), [], `${theme}, table`);
    await page.page.locator("#search").fill("gpu");
    assert.deepEqual(await page.axe(), [], `${theme}, search`);
    assertQuiet(page);
    await page.close();
  }
});

webviewTest("an empty timeline says why and offers one thing to do", async (open) => {
  for (const theme of ["light", "dark"] as const) {
    const page = await openTimeline(open, { entries: [], episodes: [] }, { theme });
    assert.deepEqual(await page.axe(), []);
    await page.page.getByRole("button", { name: "Start Episode…" }).click();
    await page.postedMessage("the wish", (message) => (kindOf(message) === "start-episode" ? message : undefined));
    await page.close();
  }
  const page = await openTimeline(open, { entries: manyEntries(100), episodes: [] });
  await page.page.getByRole("button", { name: "Filters" }).click();
  for (const level of ["Attention", "Info"]) await page.page.getByRole("button", { name: level }).click();
  await page.page.getByText("No errors in 100 events.").waitFor();
  await page.page.getByRole("button", { name: "Clear filter" }).first().click();
  await page.page.locator(".row").first().waitFor();
  assertQuiet(page);
});

webviewTest("a small or magnified window shows all of it without scrolling sideways", async (open) => {
  for (const [name, options] of [
    ["300", { width: 300, height: 640 }],
    ["200-percent", { width: 1_000, height: 700, zoom: 2 }],
  ] as const) {
    const page = await openTimeline(open, sampleStory(), { ...options, theme: "light" });
    await page.screenshot(`timeline-${name}`);
    await page.page.getByText("Goes to gpubox").first().click();
    await page.page.getByRole("button", { name: "Filters" }).click();
    await page.page.getByRole("button", { name: "Waterfall", exact: true }).click();
    await page.page.getByRole("button", { name: "Show as table" }).waitFor();
    await assertNoSidewaysScroll(page, name);
    assert.deepEqual(await page.axe(), [], name);
    await page.screenshot(`timeline-all-${name}`);
    assertQuiet(page);
    await page.close();
  }
});

webviewTest("the keyboard alone moves, jumps, searches, opens details and follows", async (open) => {
  const story = sampleStory();
  const page = await openTimeline(open, story);
  const view = page.page;
  for (let steps = 0; steps < 40 && !(await focused(view)).includes("Closed a link"); steps++) await press(view, "Tab");
  assert.match(await focused(view), /Error, Home, Closed a link/u, "the newest row has the tab stop");
  await press(view, "k", "ArrowUp");
  assert.match(await focused(view), /Recorded.*1\.2 MB left this machine/u);
  await press(view, "Home", "j");
  assert.match(await focused(view), /Episode npm run lint/u);
  await press(view, "ArrowLeft");
  await until(view, "the folded episode", "!document.body.textContent.includes('Goes to local')");
  await press(view, "ArrowRight", "n");
  assert.match(await focused(view), /Failed \(egress-denied\)/u);
  await press(view, "N");
  assert.match(await focused(view), /Closed a link/u);
  await press(view, "a");
  assert.match(await focused(view), /gpubox asks to join/u);
  await press(view, "g");
  assert.match(await focused(view), /18\.4 KB left this machine/u);
  await press(view, "Enter");
  await view.getByRole("heading", { name: "Egress recorded" }).waitFor();
  await press(view, "Escape");
  await until(view, "closed details", "document.querySelector('.details').hidden");
  await press(view, "/");
  assert.equal(await focused(view), "Search the timeline");
  await view.keyboard.type("denied");
  await press(view, "Enter");
  await view.getByText("2 of 4").or(view.getByText("1 of 4")).first().waitFor();
  await press(view, "Escape", "End");
  assert.match(await focused(view), /Closed a link/u);
  await until(view, "following", "document.querySelector('.follow').getAttribute('aria-pressed') === 'true'");
  assert.deepEqual(wishesOf(page), [], "no key wishes for anything");
  assertQuiet(page);
});

webviewTest("no text of elsewhere runs, loads or becomes markup, wherever it stands", async (open) => {
  const story = sampleStory();
  for (const [number, text] of HOSTILE_TEXTS.entries()) {
    const entries = story.entries.map(
      (entry): TimelineEntry => ({
        ...entry,
        text,
        kind: entry.kind === "LinkRefused" ? text.slice(0, 60) : entry.kind,
        ...(entry.where === undefined ? {} : { where: { ...entry.where, name: text } }),
      }),
    );
    const episodes = story.episodes.map((episode) => ({ ...episode, title: text }));
    const page = await openTimeline(open, { entries, episodes, output: text, request: text });
    await page.send({ kind: "home", reachable: false, text, urgent: true });
    await page.page.getByRole("button", { name: "Waterfall", exact: true }).click();
    await page.page.getByRole("button", { name: "Full rows" }).click();
    await page.page.getByRole("button", { name: "Filters" }).click();
    await page.page.locator("#search").fill(text.slice(0, 100));
    // The search is still drawing its rows anew: a press may fall on one that goes.
    const details = page.page.getByRole("heading", { name: "Input" });
    for (let press = 0; press < PRESSES_MAX && !(await details.isVisible()); press++) {
      await page.page.locator(".row").nth(2).click();
      await details.waitFor({ timeout: 5_000 }).catch(() => undefined);
    }
    await details.waitFor();
    await page.page.getByRole("button", { name: "Show as table" }).click();
    const markup = await page.page.evaluate(
      "({ hit: globalThis.arwHit ?? null, foreign: document.querySelectorAll('#page :is(script,img,iframe,a,form,style,link,object,embed,base,meta)').length })",
    );
    assert.deepEqual(markup, { hit: null, foreign: 0 }, `text ${number}`);
    assertQuiet(page);
    await page.close();
  }
});

webviewTest(
  "a hundred thousand rows stay a small page, are searched whole, and every one can be reached",
  async (open) => {
    const page = await openTimeline(open, { entries: manyEntries(MANY), episodes: [] }, { height: 900 });
    const view = page.page;
    const drawn = async (): Promise<number> => Number(await view.evaluate("document.querySelectorAll('.row').length"));
    await view.locator("#search").fill("episode 3 on");
    await view.getByText("15 results").waitFor();
    await view.getByText("100,000 events", { exact: true }).waitFor();
    assert.ok((await drawn()) <= ROWS_DRAWN_MAX, `${await drawn()} rows drawn`);
    await press(view, "Enter");
    await view.getByText("1 of 15").waitFor();
    for (const where of ["0", "1e9", "777777"]) {
      await view.evaluate(`document.querySelector('.log').scrollTop = ${where}`);
      await until(
        view,
        "rows in sight",
        "[...document.querySelectorAll('.row')].some((row) => row.getBoundingClientRect().top > 0)",
      );
      assert.ok((await drawn()) <= ROWS_DRAWN_MAX, `${await drawn()} rows drawn at ${where}`);
    }
    await view.locator(".row").nth(8).click();
    await press(view, "Home");
    await until(view, "the first row", "document.activeElement?.getAttribute('aria-posinset') === '1'");
    await press(view, "End");
    await until(view, "the last row", "document.activeElement?.getAttribute('aria-posinset') === '100000'");
    assert.equal(await view.evaluate("document.activeElement.getAttribute('aria-setsize')"), String(MANY));
    assertQuiet(page);
  },
);

webviewTest(
  "what comes live is drawn and taken, the end is followed, and a reader who scrolled up is left alone",
  async (open) => {
    const page = await openTimeline(open, { entries: manyEntries(500), episodes: [] });
    const view = page.page;
    await page.send({ kind: "live", number: 1, entries: manyEntries(40, 500) });
    await page.postedMessage("that it was drawn", (message) =>
      JSON.stringify(message) === '{"kind":"taken","number":1}' ? message : undefined,
    );
    await until(view, "the newest row", "document.body.textContent.includes('episode 26')");
    await view.evaluate("document.querySelector('.log').scrollTop = 1000");
    await until(view, "not following", "document.querySelector('.follow').getAttribute('aria-pressed') === 'false'");
    await page.send({ kind: "live", number: 2, entries: manyEntries(40, 540) });
    await view.getByText("Follow (40 new)").waitFor();
    assert.equal(await view.evaluate("document.querySelector('.log').scrollTop"), 1_000);
    await view.getByText("Follow (40 new)").click();
    await until(view, "the newest row again", "document.body.textContent.includes('episode 28')");
    assertQuiet(page);
  },
);

webviewTest("fifty times hidden and shown, it comes back as it was left and complains of nothing", async (open) => {
  const page = await openTimeline(open);
  const view = page.page;
  await view.getByRole("button", { name: "Filters" }).click();
  await view.getByRole("button", { name: "Only what crossed" }).click();
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    // No pause in between: what was typed last is there even when the page is left at once.
    const typed = cycle % 2 === 0 ? "gpubox" : "box";
    await view.locator("#search").fill(typed);
    await page.hideAndShow();
    await view.getByText("3 of 48 events").waitFor();
    assert.equal(await view.locator("#search").inputValue(), typed);
  }
  assertQuiet(page);
});
