// A risky action in a real VS Code: a proposal that reaches a protected file waits for the owner, is read on its page, rejected
// with a reason, asked for again, changed and approved once; until then nothing of it is written.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { editorTest, packagedExtension } from "./host/editor.ts";

const SCRIPT = `import { mkdirSync, writeFileSync } from "node:fs";
mkdirSync(".vscode", { recursive: true });
writeFileSync(".vscode/settings.json", '{ "files.autoSave": "off" }\\n');
writeFileSync("result.txt", "made\\n");
`;

/** A folder under git with a script that also writes a setting of the editor. */
function project(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "arw-staging-")));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "make.mjs"), SCRIPT);
  for (const words of [
    ["init", "-q"],
    ["add", "."],
  ])
    spawnSync("git", words, { cwd: folder });
  return folder;
}

editorTest(
  "what reaches a protected file waits for the owner, and runs once exactly as it was approved",
  () => ({ workspace: project(), extensions: [packagedExtension()] }),
  async (editor, _context, step) => {
    const window = await editor.openWindow();
    const setting = join(window.workspace, ".vscode", "settings.json");
    const asked = async (): Promise<void> => {
      await window.runCommand("ARW: Apply Proposal…");
      await window.pick("node make.mjs");
      await window.clickDialog("Write");
    };
    await step("an episode proposes a protected file beside an ordinary one", async () => {
      await window.runCommand("ARW: Start Episode…");
      await window.pick("Run a Command");
      await window.answer("Type a command", "node make.mjs");
      await window.answer("Which files to keep", "**");
      await window.pick("This machine");
      await window.until(
        "its end",
        () => window.terminalText(),
        (shown) => shown.includes("exit code 0"),
      );
    });
    await step("applying it stops at the owner, who reads the risk and what is protected on a page", async () => {
      await asked();
      const page = await window.webview("Review");
      await page.getByText("protected: it steers git").waitFor();
      await page.getByText("It writes files that steer git").first().waitFor();
      await page.getByText("Exit code 0.").waitFor();
      await window.screenshot("staging-page");
      assert.ok(!existsSync(setting));
    });
    await step("a file of it opens in the editor's own diff", async () => {
      const page = await window.webview("Review");
      await page.getByRole("button", { name: ".vscode/settings.json" }).click();
      await window.until(
        "the diff",
        () => window.tabs(),
        (tabs) => tabs.some((tab) => tab.includes("Proposed by")),
      );
      await window.screenshot("staging-diff");
    });
    await step("a no with its reason does nothing, and nothing waits any more", async () => {
      const page = await window.webview("Review");
      await page.getByText("Reject…").click();
      await window.answer("Why?", "not in this project");
      await page.getByText("not in this project Nothing was done").waitFor();
      assert.ok(!existsSync(setting));
      assert.ok(!existsSync(join(window.workspace, "result.txt")));
    });
    await step("a change of what is asked again is a revision, and the page shows what is different", async () => {
      await asked();
      const page = await window.webview("Review");
      await page.getByText("Propose a Change…").click();
      await window.pick("result.txt");
      await window.answer("Which files should still be written?", "");
      await page.getByText("Revision 2.").waitFor();
      await page.getByText("Only these").first().waitFor();
      await window.screenshot("staging-revision");
    });
    await step(
      "a file in its place makes it stale in Needs You and on the page, until it is gone; no notice says so",
      async () => {
        const rowsOf = (): Promise<readonly string[]> => window.treeRows("Needs You");
        await window.openContainer("ARW");
        const page = await window.webview("Review");
        mkdirSync(join(window.workspace, ".vscode"));
        writeFileSync(setting, "mine");
        await window.until("the mark", rowsOf, (rows) => rows.some((row) => row.includes("stale")));
        await page.getByText("Approved as it is, it would not be done.").waitFor();
        await window.screenshot("staging-stale");
        rmSync(setting);
        await window.until(
          "no mark",
          rowsOf,
          (rows) => rows.length === 1 && !rows.some((row) => row.includes("stale")),
        );
        // What the person's own command opened is before their eyes: nobody tells them of it.
        assert.equal(await window.page.getByText("this waits for your approval").count(), 0);
      },
    );
    await step("it waits in Needs You, and one yes to the dialog writes exactly what it repeats", async () => {
      await window.openContainer("ARW");
      const rows = await window.until(
        "the row",
        () => window.treeRows("Needs You"),
        (shown) => shown.some((row) => row.includes("Write .vscode/settings.json")),
      );
      assert.equal(rows.length, 1);
      await window.screenshot("staging-needs-you");
      await window.runCommand("ARW: Review Staged Action…");
      const page = await window.webview("Review");
      await page.getByText("Approve…").click();
      const text = await window.dialogText();
      assert.match(text, /Risk: high/u);
      assert.match(text, /Writes 1 files: 0 deleted, 0 not asked for, 1 protected/u);
      assert.match(text, /\.vscode\/settings\.json/u);
      assert.match(text, /Approves exactly this \(sha256:/u);
      await window.screenshot("staging-dialog");
      assert.ok(!existsSync(setting));
      await window.clickDialog("Approve Once");
      await page.getByText("Done as you approved it.").waitFor();
      assert.equal(readFileSync(setting, "utf8"), '{ "files.autoSave": "off" }\n');
      assert.ok(!existsSync(join(window.workspace, "result.txt")));
    });
    assert.deepEqual(window.watch.complaints, []);
  },
);
