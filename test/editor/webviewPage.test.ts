// The bench for webview pages proves itself with a fixture page: what it must catch is planted.
// It must never test one of our own pages: those have tests of their own beside this one.
import assert from "node:assert/strict";
import { resolve } from "node:path";
import { until } from "../acceptance/processes.ts";
import type { Theme } from "./host/profile.ts";
import { type PageFiles, webviewTest } from "./webviewPage.ts";

const FOLDER = resolve("test/editor/host/fixture/page");
const ALL_THEMES: readonly Theme[] = ["light", "dark", "hc-dark", "hc-light"];

function fixtureDocument({ cspSource, nonce, script, styles, title, language }: PageFiles): string {
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${cspSource}`;
  return `<!doctype html><html lang="${language}"><head><meta http-equiv="Content-Security-Policy" content="${policy}">
    <title>${title}</title><link rel="stylesheet" href="${styles}"></head>
    <body><main></main><script type="module" nonce="${nonce}" src="${script}"></script></body></html>`;
}

webviewTest("a page is answered, keeps its state while hidden, and is clean in every theme", async (open) => {
  const page = await open({
    screen: "probe",
    folder: FOLDER,
    document: fixtureDocument,
    theme: "light",
    answer: (message) => [{ kind: "show", text: `answer to ${JSON.stringify(message)}` }],
  });
  await page.page.getByText('kept nothing answer to {"kind":"ready"}').waitFor();
  assert.deepEqual(page.posted, [{ kind: "ready" }]);
  await page.send({ kind: "keep", text: "the place" });
  await until("the state", () => (page.state === "the place" ? true : undefined));
  await page.hideAndShow();
  await page.page.getByText("kept the place").waitFor();
  for (const theme of ALL_THEMES) {
    await page.chooseTheme(theme);
    assert.deepEqual(await page.axe(), [], theme);
  }
  assert.deepEqual(page.watch.complaints, []);
  assert.deepEqual(page.watch.requestsOutside, []);
});

webviewTest("a page that loads from elsewhere, throws, or shuts somebody out is caught", async (open) => {
  const page = await open({ screen: "probe", folder: FOLDER, document: fixtureDocument });
  await page.postedMessage("ready", (message) => message);
  await page.sendAll([{ kind: "picture" }, { kind: "throw" }]);
  const kinds = await until("two complaints", () => {
    const found = page.watch.complaints.map(({ kind }) => kind).toSorted();
    return found.length < 2 ? undefined : found;
  });
  assert.deepEqual(kinds, ["page-error", "policy"]);
  assert.deepEqual(
    (await page.axe()).map(({ rule }) => rule),
    ["image-alt"],
  );
});
