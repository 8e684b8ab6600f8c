// The flows of episodes in a real VS Code, as a person meets them: run a command, read its output, see what it proposes,
// apply it, meet a conflict, stop what runs, and read an old output again after a reload.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { editorTest, packagedExtension } from "./host/editor.ts";
import type { VscodeWindow } from "./host/vscodeWindow.ts";

const PACKAGE = { name: "sample", private: true, scripts: { hello: "node hello.mjs" } };
const HELLO = `import { writeFileSync } from "node:fs";
process.stdout.write("\\u001b[32mgreen\\u001b[0m naïve 🚀\\n");
process.stderr.write("a warning\\n");
writeFileSync("first.txt", "one\\ntwo\\n");
writeFileSync("second.txt", "other\\n");
process.exitCode = 3;
`;

/** A folder under git with a script that prints, changes two files and ends with 3. */
function sample(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "arw-sample-")));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify(PACKAGE));
  writeFileSync(join(folder, "hello.mjs"), HELLO);
  writeFileSync(join(folder, "first.txt"), "one\n");
  for (const words of [
    ["init", "-q"],
    ["add", "."],
  ])
    spawnSync("git", words, { cwd: folder });
  return folder;
}

/** Start Episode… with a command, here. */
async function start(window: VscodeWindow, line: string, outputs: string): Promise<void> {
  await window.runCommandAndPick("ARW: Start Episode…", "Run a Command");
  await window.answer("Type a command", line);
  await window.answer("Which files to keep", outputs);
  await window.pick("This machine");
}

editorTest(
  "an episode runs here, and what it proposes is read and applied",
  () => ({ workspace: sample(), extensions: [packagedExtension()] }),
  async (editor, _context, step) => {
    const window = await editor.openWindow();
    const file = (name: string): string => join(window.workspace, name);
    await step("a script of package.json is offered, and its output comes with colours and its exit code", async () => {
      await window.runCommandAndPick("ARW: Start Episode…", "Run a Command");
      await window.until(
        "the script",
        () => window.pickRows(),
        (rows) => rows.includes("npm run hello"),
      );
      await window.screenshot("flows-start-command");
      await window.closePick();
      await start(window, "node hello.mjs", "*.txt");
      const text = await window.until(
        "the end",
        () => window.terminalText(),
        (shown) => shown.includes("exit code 3"),
      );
      assert.match(text, /green naïve 🚀/u);
      assert.match(text, /a warning/u);
      await window.screenshot("flows-output");
    });
    await step("what it proposes opens as a diff of both files, and nothing is written", async () => {
      await window.runCommandAndPick("ARW: Open Proposal", "node hello.mjs");
      await window.toast("2 changes are proposed");
      await window.screenshot("flows-proposal");
      assert.equal(readFileSync(file("first.txt"), "utf8"), "one\n");
    });
    await step(
      "an edit since is a conflict that is shown and never overwritten; the other file is applied",
      async () => {
        writeFileSync(file("first.txt"), "mine\n");
        await window.clickToast("2 changes are proposed", "Apply…");
        await window.until(
          "the conflict",
          () => window.pickRows(),
          (rows) => rows.includes("first.txt"),
        );
        await window.screenshot("flows-conflict");
        await window.pick("Apply the Other File…");
        assert.match(await window.dialogText(), /Write 1 change into/u);
        await window.screenshot("flows-apply");
        await window.clickDialog("Write");
        await window.toast("1 file was written");
        assert.equal(readFileSync(file("second.txt"), "utf8"), "other\n");
        assert.equal(readFileSync(file("first.txt"), "utf8"), "mine\n");
      },
    );
    await step("the conflict opens side by side", async () => {
      await window.runCommandAndPick("ARW: Apply Proposal…", "node hello.mjs");
      await window.pick("first.txt");
      await window.until(
        "both sides",
        () => window.diffText(),
        ({ modified, original }) => original.includes("two") && modified.includes("mine"),
      );
      await window.screenshot("flows-conflict-diff");
    });
    await step("unsaved changes count as edits: they are saved first, then the Home judges again", async () => {
      await window.runCommand("View: Close All Editors");
      await window.openFile("first.txt");
      await window.typeInEditor("first.txt", "unsaved ");
      await window.runCommandAndPick("ARW: Apply Proposal…", "node hello.mjs");
      assert.match(await window.dialogText(), /first\.txt has unsaved changes/u);
      await window.clickDialog("Save and Compare Again");
      await window.until(
        "the conflict",
        () => window.pickRows(),
        (rows) => rows.includes("first.txt"),
      );
      await window.closePick();
      assert.equal(readFileSync(file("first.txt"), "utf8"), "unsaved mine\n");
    });
    await step("a proposal of one file is a diff whose button writes just that file", async () => {
      writeFileSync(
        file("one.mjs"),
        'import { writeFileSync } from "node:fs";\nwriteFileSync("second.txt", "newer\\n");\n',
      );
      await start(window, "node one.mjs", "second.txt");
      await window.until(
        "the end",
        () => window.terminalText(),
        (shown) => shown.includes("exit code 0"),
      );
      await window.runCommand("View: Close All Editors");
      await window.runCommandAndPick("ARW: Open Proposal", "node one.mjs");
      await window.until(
        "both sides",
        () => window.diffText(),
        ({ modified, original }) => original.includes("other") && modified.includes("newer"),
      );
      await window.screenshot("flows-proposed-file");
      assert.equal(readFileSync(file("second.txt"), "utf8"), "other\n");
      await window.clickEditorAction("Apply This Proposed File");
      assert.match(await window.dialogText(), /Write 1 change into[\s\S]*second\.txt/u);
      await window.clickDialog("Write");
      await window.until(
        "the file",
        () => Promise.resolve(readFileSync(file("second.txt"), "utf8")),
        (text) => text === "newer\n",
      );
    });
    await step("after a reload the old output is read again from its first byte", async () => {
      await window.reload();
      await window.runCommandAndPick("ARW: Show Output", "node hello.mjs");
      const text = await window.until(
        "the end",
        () => window.terminalText(),
        (shown) => shown.includes("exit code 3"),
      );
      assert.match(text, /green naïve 🚀[\s\S]*a warning/u);
    });
    await step("Ctrl+C in its terminal says what it would do, and stops it the second time", async () => {
      await start(window, "sleep 301", "");
      await window.until(
        "its terminal",
        () => window.terminalText(),
        (shown) => shown.includes("sleep 301"),
      );
      await window.pressInTerminal("Control+C");
      await window.until(
        "the question",
        () => window.terminalText(),
        (shown) => shown.includes("again to stop"),
      );
      await window.pressInTerminal("Control+C");
      await window.until(
        "its end",
        () => window.terminalText(),
        (shown) => shown.includes("cancelled"),
      );
    });
    await step("an episode that runs is stopped after a question", async () => {
      await start(window, "sleep 300", "");
      await window.until(
        "its terminal",
        () => window.terminalText(),
        (shown) => shown.includes("sleep 300"),
      );
      await window.runCommandAndPick("ARW: Stop Episode…", "sleep 300");
      assert.match(await window.dialogText(), /ended at once/u);
      await window.clickDialog("Stop It");
      await window.until(
        "its end",
        () => window.terminalText(),
        (shown) => shown.includes("cancelled"),
      );
    });
    assert.deepEqual(window.watch.complaints, []);
  },
);
