// The editor host proves itself with a fixture extension: what fails here is no fault of ours, or a fault of the host.
// It must never test our own extension: that is for the tests beside it.
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { editorTest } from "./host/editor.ts";
import type { Theme } from "./host/profile.ts";
import type { VscodeWindow } from "./host/vscodeWindow.ts";
import { packFixture } from "./host/vsixFile.ts";
import { THEMES_FILE, type ThemeSample, themeKind } from "./host/webviewTheme.ts";

const ALL_THEMES: readonly Theme[] = ["dark", "hc-dark", "hc-light", "light"];

/** What VS Code gives the panel in this theme, once the theme has reached it. */
async function sampleOf(window: VscodeWindow, theme: Theme): Promise<ThemeSample> {
  const ask = async (): Promise<ThemeSample> =>
    (await window.webview("Probe Panel")).locator("html").evaluate((html) => ({
      bodyClass: html.querySelector("body")?.className ?? "",
      variables: Object.fromEntries([...html.style].map((name) => [name, html.style.getPropertyValue(name)])),
    }));
  return window.until(`the theme ${theme}`, ask, ({ bodyClass }) => bodyClass.split(" ").includes(themeKind(theme)));
}

editorTest(
  "a packaged extension runs in a real VS Code, and every verb of a window reaches it",
  () => ({ extensions: [packFixture("probe"), packFixture("empty")] }),
  async (editor, _context, step) => {
    writeFileSync(join(editor.profile.emptyWorkspace, "notes.txt"), "first line\nsecond line\n");
    const window = await editor.openWindow();
    await step("the status bar shows what the extension wrote", async () => {
      await window.statusItem("probe ready");
    });
    await step("a tree shows its rows, and a row's action reaches the extension", async () => {
      await window.openContainer("Probe");
      const rows = await window.until(
        "rows",
        () => window.treeRows("Letters"),
        (found) => found.length === 3,
      );
      assert.deepEqual(rows, ["alpha 5 letters", "beta 4 letters", "gamma 5 letters"]);
      await window.clickRowAction("Letters", "beta", "Greet Row");
      await window.toast("hello beta");
    });
    await step("a webview under a strict policy answers", async () => {
      const view = await window.webview("Answers");
      await view.getByRole("button", { name: "Ask" }).click();
      await view.getByText("ping came back").waitFor();
    });
    await step("pick, input box, modal dialog and toast are answered one after the other", async () => {
      await window.runCommand("Probe: Ask Everything…");
      assert.deepEqual(await window.pickRows(), ["apple", "pear"]);
      await window.pick("pear");
      await window.answer("How many of them?", "7");
      assert.match(await window.dialogText(), /Buy them\?\s+7 × pear/);
      await window.clickDialog("Buy");
      await window.clickToast("Buy: 7 × pear", "Thanks");
      await window.toast("you said Thanks");
    });
    await step("a diff editor shows both sides", async () => {
      await window.runCommand("Probe: Compare Two Texts");
      const shown = await window.until(
        "the diff",
        () => window.diffText(),
        ({ modified }) => modified.includes("three"),
      );
      assert.equal(shown.original.trim(), "one\ntwo words");
      assert.equal(shown.modified.trim(), "one\nthree words");
    });
    await step("a terminal's text is read", async () => {
      await window.runCommand("Probe: Open Terminal");
      await window.until(
        "its text",
        () => window.terminalText(),
        (text) => text.includes("pseudo terminal says hi"),
      );
    });
    await step("a file opens and its lines are read", async () => {
      await window.openFile("notes.txt");
      await window.until(
        "its lines",
        () => window.editorText(),
        (text) => text.includes("second line"),
      );
    });
    await step("a webview in the editor area is found by its title", async () => {
      await window.runCommand("Probe: Open Panel");
      const panel = await window.webview("Probe Panel");
      await panel.getByRole("button", { name: "Ask" }).click();
      await panel.getByText("ping came back").waitFor();
      assert.ok((await window.tabs()).includes("Probe Panel"));
    });
    await step("no frame broke its policy, threw, or asked another host for anything", async () => {
      assert.deepEqual(window.watch.complaints, []);
      assert.deepEqual(window.watch.requestsOutside, []);
    });
    await step("the extension's log is written", async () => {
      assert.ok(editor.profile.logs().some(([, text]) => text.includes("probe is active")));
    });
    await window.screenshot("host-probe");
    await step("a frame that breaks its policy and throws is caught", async () => {
      await window.runCommand("Probe: Break the Policy");
      const kinds = (): Promise<readonly string[]> =>
        Promise.resolve(window.watch.complaints.map(({ kind }) => kind).toSorted());
      const found = await window.until("complaints", kinds, ({ length }) => length >= 3);
      assert.deepEqual(found, ["page-error", "policy", "policy"]);
    });
  },
);

editorTest(
  "two windows stand on one server, themes change while they are open, and nothing is left behind",
  () => ({ extensions: [packFixture("probe")], theme: "light" }),
  async (editor, _context, step) => {
    const [first, second] = [await editor.openWindow(), await editor.openWindow({ width: 900, height: 600 })];
    await step("each window has an extension host of its own", async () => {
      for (const window of [first, second]) await window.statusItem("probe ready");
    });
    await step(
      "every theme can be chosen while a window is open, and gives webviews what the fixture says",
      async () => {
        // Chromium draws the pages behind the front one seldom.
        await first.page.bringToFront();
        await first.runCommand("Probe: Open Panel");
        const given: Partial<Record<Theme, ThemeSample>> = {};
        for (const theme of ALL_THEMES) {
          await first.chooseTheme(theme);
          await first.screenshot(`host-${theme}`);
          given[theme] = await sampleOf(first, theme);
        }
        if (process.env["ARW_WRITE_THEMES"] === "1") writeFileSync(THEMES_FILE, JSON.stringify(given, undefined, 2));
        assert.deepEqual(given, JSON.parse(readFileSync(THEMES_FILE, "utf8")));
      },
    );
    await step("a reloaded window is whole again", async () => {
      await first.reload();
      await first.statusItem("probe ready");
    });
    await step("a stopped editor has ended its processes and removed its folders", async () => {
      assert.ok(editor.profile.processes().length > 0);
      await editor.stop();
      assert.deepEqual(editor.profile.processes(), []);
      assert.equal(existsSync(editor.profile.folder), false);
    });
  },
);
