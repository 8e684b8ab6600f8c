// The ARW container in a real VS Code, as a newcomer meets it: its empty states, then rows with state, badge and menus, and the
// walkthrough that ticks itself off.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { editorTest, packagedExtension } from "./host/editor.ts";
import type { VscodeWindow } from "./host/vscodeWindow.ts";

function sample(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "arw-container-")));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "notes.txt"), "one\n");
  spawnSync("git", ["init", "-q"], { cwd: folder });
  return folder;
}

async function run(window: VscodeWindow, where: string): Promise<void> {
  await window.runCommandAndPick("ARW: Start Episode…", "Run a Command");
  await window.answer("Type a command", "node --print 6*7");
  await window.answer("Which files to keep", "");
  await window.pick(where);
}

function rowsThat(
  window: VscodeWindow,
  view: string,
  holds: (rows: readonly string[]) => boolean,
): Promise<readonly string[]> {
  return window.until(`rows of ${view}`, () => window.treeRows(view), holds);
}

editorTest(
  "the container says what is there, what waits and what to do next",
  () => ({ workspace: sample(), extensions: [packagedExtension()] }),
  async (editor, _context, step) => {
    const window = await editor.openWindow({ width: 1600, height: 900 });
    await step("empty, each view says what will be there and how to begin", async () => {
      await window.openContainer("ARW");
      for (const [view, text] of [
        ["Needs You", "Nothing is waiting for you."],
        ["Episodes", "Everything runs on this machine until you add a worker."],
        ["Nodes", "Only this machine."],
        ["People", "Not sharing"],
      ] as const) {
        await (await window.view(view)).getByText(text).first().waitFor();
      }
      await window.screenshot("container-empty");
    });
    await step("the walkthrough opens with its six steps", async () => {
      await window.runCommand("ARW: Open Walkthrough");
      await window.until(
        "six steps",
        () => window.page.locator(".getting-started-step").count(),
        (steps) => steps === 6,
      );
      // The picture of the step, in a frame of the editor's own.
      const picture = window.page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
      await picture.locator("svg path").first().waitFor();
      await window.screenshot("container-walkthrough");
    });
    await step("an episode is a row with its outcome, and its parts below it", async () => {
      await run(window, "This machine");
      const [row = ""] = await rowsThat(window, "Episodes", (rows) =>
        rows.some((each) => each.includes("exit code 0 · here")),
      );
      assert.match(row, /exit code 0 · here/);
      await (await window.treeRow("Episodes", "exit code 0")).click();
      await rowsThat(window, "Episodes", (rows) => rows.some((each) => each.startsWith("Job on this machine")));
      await rowsThat(window, "Nodes", (rows) => rows.slice(-2).join() === "Pair Worker…,Start Practice Cluster");
      await window.screenshot("container-episode");
    });
    await step("what would leave waits under Needs You, and the container's badge counts it", async () => {
      await window.runCommand("ARW: Start Practice Cluster");
      await window.clickDialog("Start");
      await rowsThat(window, "Nodes", (rows) => rows.some((each) => each.startsWith("practice ready")));
      await run(window, "practice");
      const [waiting = ""] = await rowsThat(window, "Needs You", (rows) => rows.length === 1);
      assert.match(waiting, /^Send .* to practice\?/);
      await window.until(
        "the badge",
        () => window.badge("ARW"),
        (badge) => badge === "1",
      );
      await window.screenshot("container-dark");
    });
    for (const theme of ["light", "hc-dark"] as const) {
      await step(`it can be looked at in ${theme}`, async () => {
        await window.chooseTheme(theme);
        await window.screenshot(`container-${theme}`);
      });
    }
    await step("the walkthrough has ticked off what was done", async () => {
      await window.runCommand("ARW: Open Walkthrough");
      for (const done of ["Run something here", "Add a second machine"]) {
        const step = window.page.locator(".getting-started-step", { hasText: done });
        await step.locator(".codicon-getting-started-step-checked.complete").waitFor();
      }
      await window.screenshot("container-walkthrough-done");
    });
    assert.deepEqual(window.watch.complaints, []);
  },
);
