// A risky action in a real VS Code: a proposal that reaches a protected file waits for the owner, is looked at, rejected with a
// reason, asked for again and approved once; until then nothing of it is written.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
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
    await step("applying it stops at the owner, who reads the risk and what is protected", async () => {
      await asked();
      const text = await window.dialogText();
      assert.match(text, /Risk: high/u);
      assert.match(text, /Writes 2 files: 0 deleted, 0 not asked for, 1 protected/u);
      assert.match(text, /Not asked for, or protected: \.vscode\/settings\.json/u);
      assert.match(text, /Approves exactly this \(sha256:/u);
      await window.screenshot("staging-dialog");
      assert.ok(!existsSync(setting));
    });
    await step("a no with its reason does nothing, and nothing waits any more", async () => {
      await window.clickDialog("Reject…");
      await window.answer("Why?", "not in this project");
      await window.toast("Rejected. Nothing was done.");
      assert.ok(!existsSync(setting));
      assert.ok(!existsSync(join(window.workspace, "result.txt")));
    });
    await step("asked for again it waits again in Needs You, and one yes writes all of it", async () => {
      await asked();
      await window.pressInDialog("Escape");
      await window.openContainer("ARW");
      const rows = await window.until(
        "the row",
        () => window.treeRows("Needs You"),
        (shown) => shown.some((row) => row.includes("Write 2 files")),
      );
      assert.equal(rows.length, 1);
      await window.screenshot("staging-needs-you");
      await window.runCommand("ARW: Review Staged Action…");
      await window.clickDialog("Approve Once");
      await window.toast("Done as you approved it.");
      assert.equal(readFileSync(setting, "utf8"), '{ "files.autoSave": "off" }\n');
      assert.equal(readFileSync(join(window.workspace, "result.txt"), "utf8"), "made\n");
    });
    assert.deepEqual(window.watch.complaints, []);
  },
);
