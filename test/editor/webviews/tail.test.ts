// The tail in a real browser under its real policy.
import assert from "node:assert/strict";
import { pageHtml } from "../../../extension/src/webviewHost/pageHtml.ts";
import { kindOf } from "../../../protocol/schemaByKind.ts";
import { TAIL_ENTRIES_MAX } from "../../../protocol/webview/tail.ts";
import { type WebviewPage, type WebviewPageOptions, webviewTest } from "../webviewPage.ts";
import { EVERY_THEME, assertNoSidewaysScroll, assertQuiet } from "./pageChecks.ts";
import { manyEntries } from "./manyEntries.ts";
import { HOSTILE_TEXTS } from "./reviewSamples.ts";
import { sampleStory } from "./sampleStory.ts";

async function opened(
  open: (options: WebviewPageOptions) => Promise<WebviewPage>,
  output: string,
  options: Partial<WebviewPageOptions> = {},
  { entries, episodes } = sampleStory(),
): Promise<WebviewPage> {
  const page = await open({
    screen: "tail",
    document: pageHtml,
    width: 1_100,
    height: 240,
    answer: (message) => {
      if (kindOf(message) === "ready") {
        return [
          { kind: "start", language: "en", strings: {} },
          { kind: "home", reachable: true, text: "", urgent: false },
          { kind: "episodes", episodes },
          { kind: "snapshot", entries, older: false },
        ];
      }
      if (kindOf(message) !== "read-output" || typeof message !== "object") return [];
      return [{ ...message, kind: "output", text: output, nextByte: 2_048, more: false }];
    },
    ...options,
  });
  await page.page.locator(".row").first().waitFor();
  return page;
}

webviewTest("the tail is for everybody, wide and narrow, in every theme", async (open) => {
  for (const theme of EVERY_THEME) {
    for (const [name, size] of [
      ["wide", { width: 1_100, height: 240 }],
      ["300", { width: 300, height: 500 }],
      ["200-percent", { width: 1_100, height: 500, zoom: 2 }],
    ] as const) {
      const page = await opened(open, "ok 1\nok 2\n", { theme, ...size });
      await page.page.getByText("ok 2").waitFor();
      assert.deepEqual(await page.axe(), [], `${theme} ${name}`);
      await assertNoSidewaysScroll(page, name);
      await page.screenshot(`tail-${name}-${theme}`);
      assertQuiet(page);
      await page.close();
    }
  }
});

webviewTest("a press on a row, or Enter, opens the timeline there", async (open) => {
  const page = await opened(open, "");
  await page.page.getByText("Running", { exact: true }).last().click();
  const wish = await page.postedMessage("the wish", (message) =>
    kindOf(message) === "open-entry" ? message : undefined,
  );
  assert.deepEqual(Object.keys(wish ?? {}).toSorted(), ["kind", "place"]);
  await page.page.keyboard.press("k");
  await page.page.keyboard.press("Enter");
  await page.postedMessage("another", (message) =>
    kindOf(message) === "open-entry" && JSON.stringify(message) !== JSON.stringify(wish) ? message : undefined,
  );
  assertQuiet(page);
});

webviewTest("it holds its number of rows, whatever comes", async (open) => {
  const page = await opened(open, "", { height: 400 }, { entries: manyEntries(1_000), episodes: [] });
  for (let number = 1; number <= 20; number++) {
    await page.send({ kind: "live", number, entries: manyEntries(500, 500 + number * 500) });
    await page.postedMessage("that it was drawn", (message) =>
      JSON.stringify(message) === `{"kind":"taken","number":${number}}` ? message : undefined,
    );
  }
  const size = await page.page.evaluate("document.querySelector('.row').getAttribute('aria-setsize')");
  assert.equal(size, String(TAIL_ENTRIES_MAX));
  assert.ok(Number(await page.page.evaluate("document.querySelectorAll('.row').length")) <= 60);
  await page.page.getByText("episode 549").first().waitFor();
  assertQuiet(page);
});

webviewTest("no text of elsewhere runs, loads or becomes markup", async (open) => {
  const story = sampleStory();
  for (const text of HOSTILE_TEXTS) {
    const entries = story.entries.map((entry) => ({ ...entry, text }));
    const episodes = story.episodes.map((episode) => ({ ...episode, title: text }));
    const page = await opened(open, text, {}, { entries, episodes });
    await page.page.locator("pre").first().waitFor();
    const markup = await page.page.evaluate(
      "({ hit: globalThis.arwHit ?? null, foreign: document.querySelectorAll('#page :is(script,img,iframe,a,form,style,link,object,embed,base,meta)').length })",
    );
    assert.deepEqual(markup, { hit: null, foreign: 0 }, text);
    assertQuiet(page);
    await page.close();
  }
});
