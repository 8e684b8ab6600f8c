// A risky action in a real VS Code: a proposal that reaches a protected file waits for the owner, is read on its page, rejected
// with a reason, asked for again, changed and approved once; until then nothing of it is written. And how the owner is told of
// such things: in a table, away from the window, on the return, and while nobody may disturb.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { OwnersTerminal } from "./flows/ownersEditor.ts";
import { editorTest, packagedExtension } from "./host/editor.ts";

const SCRIPT = `import { mkdirSync, writeFileSync } from "node:fs";
mkdirSync(".vscode", { recursive: true });
writeFileSync(".vscode/settings.json", '{ "files.autoSave": "off" }\\n');
writeFileSync("result.txt", "made\\n");
`;

/** What somebody would have there instead. */
const EDITED = '{ "files.autoSave": "off" /* written anew */ }\n';

/** What the person's notify command does: it notes what it was told. */
const NOTE =
  "fs.appendFileSync(process.argv[1], `${process.env.ARW_WAITING_COUNT} ${process.env.ARW_WAITING_KIND}\\n`)";
const NOTIFIED = join(mkdtempSync(join(tmpdir(), "arw-notified-")), "told.txt");

/** A folder under git with a script that also writes a setting of the editor. */
function project(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "arw-staging-")));
  process.on("exit", () => {
    for (const each of [folder, dirname(NOTIFIED)]) rmSync(each, { recursive: true, force: true });
  });
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
  () => ({
    workspace: project(),
    extensions: [packagedExtension()],
    settings: { "arw.notifications.awayMinutes": 0 },
    machineSettings: { "arw.notifications.command": ["node", "-e", NOTE, NOTIFIED] },
  }),
  async (editor, context, step) => {
    const window = await editor.openWindow();
    const terminal = new OwnersTerminal(context, editor, window.workspace);
    /** What the same person's script asks for without their secret: each waits for the owner. */
    const askedByScript = async (...marks: readonly string[]): Promise<void> => {
      await terminal.home(["never-leaves", "add", ...marks]);
      for (const mark of marks) await terminal.home(["never-leaves", "remove", mark]);
    };
    const setting = join(window.workspace, ".vscode", "settings.json");
    const asked = async (): Promise<void> => {
      await window.runCommandAndPick("ARW: Apply Proposal…", "node make.mjs");
      await window.clickDialog("Write");
    };
    await step("an episode proposes a protected file beside an ordinary one", async () => {
      await window.runCommandAndPick("ARW: Start Episode…", "Run a Command");
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
      "a file that somebody writes anew is a revision, and the diff shows what would be written now",
      async () => {
        const { stdout } = await terminal.home(["staged", "list"]);
        writeFileSync(join(window.workspace, "mine.json"), EDITED);
        const id = /staged_\S+/u.exec(stdout)?.[0] ?? "";
        const revised = await terminal.home(["staged", "revise", id, "--file", ".vscode/settings.json=mine.json"]);
        assert.equal(revised.exitCode, 0, revised.stderr);
        rmSync(join(window.workspace, "mine.json"));
        const page = await window.webview("Review");
        await page.getByText("Read the New One", { exact: true }).click();
        await page.getByText("Revision 3.").waitFor();
        await page.getByRole("button", { name: ".vscode/settings.json" }).click();
        await window.page.locator(".view-line", { hasText: "written anew" }).first().waitFor();
        await window.screenshot("staging-edited-diff");
        assert.ok(!existsSync(setting));
      },
    );
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
      assert.equal(readFileSync(setting, "utf8"), EDITED);
      assert.ok(!existsSync(join(window.workspace, "result.txt")));
    });
    await step("two of one kind stand in one table, and one dialog repeats both before they are done", async () => {
      await askedByScript("private/", "drafts/");
      await window.until(
        "both rows",
        () => window.treeRows("Needs You"),
        (rows) => rows.length === 2,
      );
      await window.runCommand("ARW: Review Staged Actions Together…");
      const page = await window.webview("Review", "Do these 2?");
      await page.getByText("Approve these 2…").click();
      const text = await window.dialogText();
      assert.match(text, /Approve these 2 actions\?/u);
      assert.match(text, /1\. Let private\/ leave again after a preview\. Risk: high\.[\s\S]*2\. Let drafts\//u);
      assert.equal(text.match(/sha256:/gu)?.length, 2);
      await window.screenshot("staging-table-dialog");
      await window.pressInDialog("Enter");
      // Its first button only looks.
      await page.getByText("Waiting for your answer in the confirmation…").waitFor({ state: "detached" });
      assert.match((await terminal.home(["never-leaves", "list"])).stdout, /private\/[\s\S]*drafts\//u);
      await page.getByText("Approve these 2…").click();
      await window.clickDialog("Approve All 2");
      await page.getByText("Done as you approved it.").nth(1).waitFor();
      assert.doesNotMatch((await terminal.home(["never-leaves", "list"])).stdout, /private|drafts/u);
      await window.screenshot("staging-table-done");
    });
    await step("away from the window, the person's own command is told a count and a kind", async () => {
      await window.runCommand("View: Close All Editors");
      await window.openContainer("Explorer");
      await window.look("away");
      await askedByScript("private/");
      await window.toast("Let private/ leave again");
      const told = (): Promise<string> => Promise.resolve(existsSync(NOTIFIED) ? readFileSync(NOTIFIED, "utf8") : "");
      assert.equal(await window.until("the note", told, (text) => text !== ""), "1 staged\n");
    });
    await step("what is decided elsewhere takes its notice with it", async () => {
      const { stdout } = await terminal.home(["staged", "list"]);
      await terminal.home(["staged", "withdraw", /staged_\S+/u.exec(stdout)?.[0] ?? ""]);
      // While nobody looks, VS Code puts no toast away by itself.
      await window.notices.gone("Let private/ leave again");
    });
    await step("on the return one message says what came meanwhile, and leads to it", async () => {
      await askedByScript("drafts/");
      await window.statusItem("1 waiting");
      await window.look("here");
      await window.toast("While you were away: Waiting for you: 1, the oldest came");
      await window.screenshot("staging-return");
      await window.clickToast("While you were away", "Review");
      await window.webview("Review", "Let drafts/ leave again");
    });
    await step("Do Not Disturb holds the message back behind the bell, and the status bar counts on", async () => {
      await window.runCommand("Notifications: Toggle Do Not Disturb Mode");
      await window.look("away");
      await askedByScript("plans/");
      await window.statusItem("2 waiting");
      await window.look("here");
      assert.deepEqual(await window.notices.heldBack(), []);
      await window.runCommand("Notifications: Show Notifications");
      await window.notices.behindBell("While you were away: Waiting for you: 1");
      await window.screenshot("staging-do-not-disturb");
    });
    assert.deepEqual(window.watch.complaints, []);
  },
);
