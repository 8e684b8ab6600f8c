// The Timeline and the tail in a real VS Code: an episode is seen while it runs, with what was asked and what came out; a
// panel that was hidden, and a window that was reloaded, come back as they were left.
import assert from "node:assert/strict";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { axeFindings } from "./host/accessibility.ts";
import { editorTest, packagedExtension } from "./host/editor.ts";
import { fill } from "./host/fill.ts";
import type { VscodeWindow } from "./host/vscodeWindow.ts";

const PROGRAM = `console.log("the first line");
setTimeout(() => { console.log("<img src=x onerror=alert(1)> the last line"); }, 1500);
`;

function sample(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "arw-timeline-")));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "hello.mjs"), PROGRAM);
  return folder;
}

async function start(window: VscodeWindow, line: string): Promise<void> {
  await window.runCommandAndPick("ARW: Start Episode…", "Run a Command");
  await window.answer("Type a command", line);
  await window.answer("Which files to keep", "*.txt");
  await window.pick("This machine");
}

editorTest(
  "the timeline shows an episode live, and comes back as it was left",
  () => ({ workspace: sample(), extensions: [packagedExtension()] }),
  async (editor, _context, step) => {
    const window = await editor.openWindow();
    await step("an empty timeline opens by its command and says what to do", async () => {
      await window.runCommand("ARW: Open Timeline");
      const timeline = await window.webview("Timeline");
      await timeline.getByRole("button", { name: "Start Episode…" }).waitFor();
    });
    await step("an episode shows in it while it runs, to its end", async () => {
      await start(window, "node hello.mjs");
      await window.runCommand("ARW: Open Timeline");
      const timeline = await window.webview("Timeline");
      await timeline.getByText("Running", { exact: true }).first().waitFor();
      await timeline.getByText("Ended: exit code 0").waitFor();
      await timeline.getByText("Succeeded").waitFor();
    });
    await step("details have what was asked and what came out, as text", async () => {
      const timeline = await window.webview("Timeline");
      await timeline.getByText("Finished: exit code 0").click();
      await timeline.locator("pre", { hasText: "node hello.mjs" }).waitFor();
      await timeline.locator("pre", { hasText: "<img src=x onerror=alert(1)> the last line" }).waitFor();
      assert.deepEqual(await axeFindings(timeline), []);
      await window.screenshot("timeline-in-vscode");
      await timeline.getByRole("button", { name: "Output in Terminal" }).click();
      await window.until(
        "the output in a terminal",
        () => window.terminalText(),
        (text) => text.includes("the last line"),
      );
    });
    await step(
      "hidden behind another editor and shown again, it has its rows, its details and what was searched",
      async () => {
        const timeline = await window.webview("Timeline");
        await fill(timeline.locator("#search"), "exit");
        await timeline
          .getByText("2 results")
          .or(timeline.getByText("1 of 2"))
          .or(timeline.getByText("2 of 2"))
          .first()
          .waitFor();
        await window.openFile("hello.mjs");
        await window.until(
          "the file in front",
          () => window.editorText(),
          (text) => text.includes("the first line"),
        );
        await window.runCommand("ARW: Open Timeline");
        const again = await window.webview("Timeline");
        await again.getByRole("heading", { name: "Job finished" }).waitFor();
        await again.getByText("Ended: exit code 0").waitFor();
        assert.equal(await again.locator("#search").inputValue(), "exit");
      },
    );
    await step("a reload of the window brings the panel back", async () => {
      await window.reload();
      // Which tab VS Code puts in front depends on when it last saved; a panel is brought back when it is looked at.
      await window.page.locator(".tabs-container .tab", { hasText: "Timeline" }).first().click();
      const timeline = await window.webview("Timeline");
      await timeline.getByText("Ended: exit code 0").waitFor();
      assert.equal(await timeline.locator("#search").inputValue(), "exit");
    });
    await step("an empty ledger says why, and keeps what was typed into it", async () => {
      await window.runCommand("ARW: Open Egress Ledger");
      const ledger = await window.webview("Egress Ledger");
      await ledger.getByText("Nothing has left this machine, and nothing was denied.").waitFor();
      await ledger.locator("#path").fill("src/");
      await window.runCommand("ARW: Open Timeline");
      await window.webview("Timeline", "Ended: exit code 0");
    });
    await step(
      "after a reload behind another tab, its command brings that tab back and opens no second one",
      async () => {
        await window.openFile("hello.mjs");
        await window.reloadInOrder();
        await window.until(
          "the file in front",
          () => window.editorText(),
          (text) => text.includes("the first line"),
        );
        await window.runCommand("ARW: Open Timeline");
        const timeline = await window.webview("Timeline");
        await timeline.getByText("Ended: exit code 0").waitFor();
        assert.equal(await timeline.locator("#search").inputValue(), "exit");
        assert.equal((await window.tabs()).filter((tab) => tab === "Timeline").length, 1);
        await window.runCommand("ARW: Open Egress Ledger");
        const ledger = await window.webview("Egress Ledger", "Nothing has left this machine");
        assert.equal(await ledger.locator("#path").inputValue(), "src/");
        assert.equal((await window.tabs()).filter((tab) => tab === "Egress Ledger").length, 1);
      },
    );
    await step("the tail in the panel follows, and a press on a row opens the timeline there", async () => {
      await window.runCommand("ARW: Focus on Episode Timeline View");
      const tail = await window.webview("Episode Timeline");
      await tail.getByText("Ended: exit code 0").waitFor();
      assert.deepEqual(await axeFindings(tail), []);
      await window.screenshot("tail-in-vscode");
    });
    assert.deepEqual(window.watch.complaints, []);
    assert.deepEqual(window.watch.requestsOutside, []);
  },
);
