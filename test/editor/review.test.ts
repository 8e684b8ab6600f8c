// The approval of an offload in a real VS Code with a real worker: read what would leave, take a file out, look at the very
// bytes, answer in the native dialog; deny, run here instead, revoke a lease, and keep a file here for good.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Frame } from "playwright-core";
import { axeFindings } from "./host/accessibility.ts";
import { editorTest, packagedExtension } from "./host/editor.ts";
import { OwnersTerminal } from "./flows/ownersEditor.ts";
import type { VscodeWindow } from "./host/vscodeWindow.ts";

/** A folder under git with a secret that stays, a file that is taken out, and one that is sent. */
const WHO = ["-c", "user.name=test", "-c", "user.email=test@example.org"];

function sample(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "arw-review-")));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "notes"));
  writeFileSync(join(folder, "numbers.txt"), "one\n");
  writeFileSync(join(folder, "notes", "plan.md"), "not for others\n");
  writeFileSync(join(folder, ".env"), "MODE=test\n");
  for (const words of [
    ["init", "-q"],
    ["add", "numbers.txt"],
    [...WHO, "commit", "-q", "-m", "one"],
  ]) {
    spawnSync("git", words, { cwd: folder });
  }
  // The second line is a change since the last commit.
  writeFileSync(join(folder, "numbers.txt"), "one\ntwo\n");
  return folder;
}

/** Lets everything leave, and holds what comes back. */
const HOLDING = `{
  "version": 1,
  "name": "holding",
  "rules": [
    { "id": "look-first", "effect": "allow", "actions": ["offload"], "obligations": { "reviewResult": true }, "reason": "I look first." }
  ]
}`;

/** Start Episode… with a command on the practice worker. */
async function startThere(window: VscodeWindow, line: string): Promise<void> {
  await window.runCommandAndPick("ARW: Start Episode…", "Run a Command");
  await window.answer("Type a command", line);
  await window.answer("Which files to keep", "");
  await window.pick("practice");
}

async function review(window: VscodeWindow): Promise<Frame> {
  await window.runCommand("ARW: Review Next Waiting Item");
  // The panel may still show the one before, which has the same title and can no longer be answered.
  return window.webview("Review: cat numbers.txt", "Send under this lease…");
}

/** The row of the timeline that has the tab stop, once it is the one that was meant. */
function jumpedTo(window: VscodeWindow, timeline: Frame, pattern: RegExp): Promise<string> {
  const active = async (): Promise<string> =>
    String(await timeline.evaluate("document.querySelector('.row[tabindex=\"0\"]')?.getAttribute('aria-label') ?? ''"));
  return window.until(`a row with ${pattern.source}`, active, (row) => pattern.test(row));
}

editorTest(
  "what would leave is read, made less, looked at byte for byte, and approved in the editor's own dialog",
  () => ({
    workspace: sample(),
    extensions: [packagedExtension()],
    // Two groups stand side by side: both sides of the diff are to be seen in the half of a window.
    settings: { "diffEditor.useInlineViewWhenSpaceIsLimited": false },
  }),
  async (editor, context, step) => {
    const window = await editor.openWindow({ width: 2000, height: 1000 });
    await step("a practice worker stands ready", async () => {
      await window.runCommand("ARW: Start Practice Cluster");
      await window.clickDialog("Start");
      await window.toast("Paired: practice");
    });
    await step("the review names what leaves, what stays and why, and the worker by its key words", async () => {
      await startThere(window, "cat numbers.txt");
      const page = await review(window);
      await page.getByText("numbers.txt", { exact: true }).waitFor();
      await page.getByText("secret: environment file").waitFor();
      await window.screenshot("review-in-vscode");
    });
    await step("taking a folder out makes a new revision without it", async () => {
      const page = await window.webview("Review: cat numbers.txt");
      await page.getByText("Take something out…").click();
      await page.getByRole("checkbox", { name: "Take out all of notes/" }).click();
      await page.getByText("would leave instead of").waitFor();
      await page.getByText("Take these out").click();
      await page.getByText("A new revision, without what you took out.").waitFor();
      await page.getByText("plan.md", { exact: true }).waitFor({ state: "detached" });
      await window.screenshot("review-revised-in-vscode");
    });
    await step("an item opens as a diff of the file and the bytes that would be sent", async () => {
      const page = await window.webview("Review: cat numbers.txt");
      writeFileSync(join(window.workspace, "numbers.txt"), "one\nchanged\n");
      await page.getByText("numbers.txt", { exact: true }).click();
      await window.until(
        "both sides",
        () => window.diffText(),
        ({ modified, original }) => modified.includes("two") && original.includes("changed"),
      );
      await window.screenshot("review-exactly-in-vscode");
    });
    await step("the selected line stays here: what is sent is shorter, and can be put back", async () => {
      await window.runCommand("ARW: Leave Out Selection");
      const page = await window.webview("Review: cat numbers.txt");
      // The cursor stands in the first line, or in the one that differs, once the diff has jumped to it.
      await page.getByText(/sent without lines [12]/u).waitFor();
      await window.screenshot("review-cut-in-vscode");
      await page.getByRole("button", { name: "Put them back" }).click();
      await page.getByText("with the lines that you put back").waitFor();
    });
    await step("a change since the last commit stays here, and can be put back as well", async () => {
      const page = await window.webview("Review: cat numbers.txt");
      await page.getByText("numbers.txt", { exact: true }).click();
      await window.until(
        "both lines of what is sent",
        () => window.diffText(),
        ({ modified }) => modified.includes("one") && modified.includes("two"),
      );
      await window.runCommand("ARW: Leave Out Change");
      await page.getByText("sent without lines 2").waitFor();
      await window.screenshot("review-change-cut-in-vscode");
      await page.getByRole("button", { name: "Put them back" }).click();
      await page.getByText("with the lines that you put back").waitFor();
    });
    await step("the yes is a native dialog that repeats all of it, and Enter only shows more", async () => {
      const page = await window.webview("Review: cat numbers.txt");
      await page.getByText("Send under this lease…").click();
      const text = await window.until(
        "the dialog",
        () => window.dialogText(),
        (shown) => shown.includes("Where: practice"),
      );
      for (const part of [/Send \d items, .* to practice\?/u, /numbers\.txt/u, /Until: this job only/u, /sha256:/u]) {
        assert.match(text, part);
      }
      await window.screenshot("review-confirm-in-vscode");
      await window.pressInDialog("Enter");
      await page.getByText("Send this to practice?").waitFor();
      // Looking again opens the document of the newest revision: until it stands, nothing can be asked.
      await page.getByText("Waiting for your answer in the confirmation…").waitFor({ state: "detached" });
      await page.getByText("Send under this lease…").click();
      await window.clickDialog("Send to practice");
      await page.getByText("You approved this.").waitFor();
      await window.until(
        "the output of the worker, as it was before the edit",
        () => window.terminalText(),
        (shown) => shown.includes("two"),
      );
    });
    await step("Don't send denies it, and the panel says who did", async () => {
      await startThere(window, "cat numbers.txt");
      const page = await review(window);
      await page.getByText("Don't send").click();
      await page.getByText("You denied this. Nothing was sent.").waitFor();
    });
    await step("Run here instead denies it, and the same command runs on this machine", async () => {
      await startThere(window, "cat numbers.txt");
      const page = await review(window);
      await page.getByRole("button", { name: "Run here instead" }).click();
      await window.toast("It runs on this machine now");
      await window.until(
        "its output, as after every start",
        () => window.terminalText(),
        (shown) => shown.includes("exit code 0 · this machine"),
      );
      await page.getByText("You denied this. Nothing was sent.").waitFor();
      await window.openContainer("ARW");
      await window.until(
        "both episodes",
        () => window.treeRows("Episodes"),
        (rows) =>
          rows.some((row) => row.includes("exit code 0 · here")) &&
          rows.some((row) => row.includes("not sent · practice")),
      );
      await window.screenshot("review-run-here");
    });
    await step("a lease for more lets the next one through, and is listed", async () => {
      await startThere(window, "cat numbers.txt");
      const page = await review(window);
      await page.getByText("More jobs like this").click();
      await page.getByText("Send under this lease…").click();
      assert.match(await window.dialogText(), /up to 5 jobs of this kind/u);
      await window.clickDialog("Send to practice");
      await page.getByText("You approved this.").waitFor();
      await window.runCommand("ARW: Manage Leases…");
      await window.until(
        "the lease",
        () => window.pickRows(),
        (rows) => rows.some((row) => row.includes("commands, up to class internal")),
      );
      await window.screenshot("review-leases-in-vscode");
      await window.closePick();
    });
    await step(
      "the ledger has all of it, proven; what is shown is exported, and the lease ends from its row",
      async () => {
        const answered = await window.webview("Review: cat numbers.txt");
        await answered.getByText("Show it in the egress ledger").click();
        const ledger = await window.webview("Egress Ledger");
        await ledger.locator(".status", { hasText: "1 of 4 records" }).waitFor();
        await ledger.locator(".details", { hasText: "cat numbers.txt" }).waitFor();
        await window.screenshot("ledger-of-a-review");
        await ledger.getByRole("button", { name: "Clear filter" }).click();
        await window.runCommand("ARW: Open Egress Ledger");
        await ledger.locator(".status", { hasText: "4 of 4 records" }).waitFor();
        await ledger.getByRole("button", { name: "Only what left" }).click();
        await ledger.locator(".status", { hasText: "2 of 4 records" }).waitFor();
        await ledger.locator(".row").first().click();
        await ledger.getByText("Its proof holds").waitFor();
        await ledger.locator(".items").getByText("numbers.txt").waitFor();
        assert.deepEqual(await axeFindings(ledger), []);
        await window.screenshot("ledger-in-vscode");
        const file = join(mkdtempSync(join(tmpdir(), "arw-ledger-")), "shown.csv");
        await ledger.getByRole("button", { name: "Export…" }).click();
        await window.saveAs("Export the Shown Records", file);
        await window.toast("2 records are in");
        const [head = "", ...lines] = readFileSync(file, "utf8").trimEnd().split("\r\n");
        rmSync(dirname(file), { recursive: true, force: true });
        assert.match(head, /^number,time,decision,state,/u);
        assert.deepEqual(
          lines.map((line) => line.split(",")[2]),
          ["allow", "allow"],
        );
        await ledger.getByRole("button", { name: "Revoke This Lease…" }).click();
        assert.match(await window.dialogText(), /Revoke the lease for practice\?/u);
        await window.clickDialog("Revoke");
        await ledger.getByRole("button", { name: "Revoke This Lease…" }).waitFor({ state: "detached" });
      },
    );
    await step("a file that is marked stays, and the preview of it says why", async () => {
      // The panel's tab has the file's name in it: only the file is left.
      await window.runCommand("View: Close All Editors");
      await window.openFile("numbers.txt");
      await window.until(
        "its lines",
        () => window.editorText(),
        (text) => text.includes("changed"),
      );
      await window.runCommand("ARW: Mark as Never Leaves This Machine");
      assert.match(await window.dialogText(), /never leaving this machine/u);
      await window.clickDialog("Mark");
      await window.toast("Marked. It never leaves this machine");
      await window.openContainer("Explorer");
      await window.until(
        "the mark in the explorer",
        () => window.fileMark("numbers.txt"),
        (mark) => mark === "⌂",
      );
      await window.screenshot("review-mark-in-explorer");
      await window.runCommand("ARW: Preview Egress for This File");
      await window.until(
        "that it stays",
        () => window.diffText(),
        ({ modified }) => modified.includes("Nothing of this file would be sent"),
      );
      await window.screenshot("review-marked-in-vscode");
    });
    await step("Undo takes the mark away, from the explorer too", async () => {
      await window.clickToast("Marked. It never leaves this machine", "Undo");
      await window.toast("The mark is gone");
      await window.until(
        "no mark in the explorer",
        () => window.fileMark("numbers.txt"),
        (mark) => mark === "",
      );
    });
    await step(
      "a file that is marked secret has its letter in the explorer, and the preview of it says why",
      async () => {
        await window.runCommand("View: Close All Editors");
        await window.openFile("numbers.txt");
        await window.until(
          "its lines",
          () => window.editorText(),
          (text) => text.includes("changed"),
        );
        await window.runCommandAndPick("ARW: Mark Classification…", "secret");
        assert.match(await window.dialogText(), /never leaves this machine/u);
        await window.clickDialog("Mark");
        await window.toast("Marked as secret");
        await window.openContainer("Explorer");
        await window.until(
          "the class in the explorer",
          () => window.fileMark("numbers.txt"),
          (mark) => mark === "S",
        );
        await window.screenshot("review-class-in-explorer");
        await window.runCommand("ARW: Preview Egress for This File");
        await window.until(
          "why it stays",
          () => window.diffText(),
          ({ modified }) => modified.includes("marked secret"),
        );
      },
    );
    await step(
      "the jump commands find what failed, what was asked and what crossed, and the newest event again",
      async () => {
        await window.runCommand("ARW: Jump to Next Error");
        const timeline = await window.webview("Timeline");
        await jumpedTo(window, timeline, /egress-denied/u);
        await window.runCommand("ARW: Jump to Next Approval");
        await jumpedTo(window, timeline, /practice asks to join|Waits for the owner|approved/iu);
        await window.runCommand("ARW: Jump to Next Egress");
        await jumpedTo(window, timeline, /(left|came back to|entered) this machine/u);
        await window.screenshot("review-jumped");
        await window.runCommand("ARW: Focus Latest Event");
        await timeline.locator('.follow[aria-pressed="true"]').waitFor();
      },
    );
    await step(
      "what came back under a rule that holds it is looked at before anything uses it, and discarded",
      async () => {
        await window.runCommand("ARW: Copy Owner Secret");
        await window.clickDialog("Copy");
        const read = async (): Promise<string> => String(await window.page.evaluate("navigator.clipboard.readText()"));
        const secret = await window.until("the secret", read, (text) => text.startsWith("arw-owner-"));
        const file = join(mkdtempSync(join(tmpdir(), "arw-held-")), "policy.jsonc");
        writeFileSync(file, HOLDING);
        const terminal = new OwnersTerminal(context, editor, window.workspace);
        const adopted = await terminal.home(["policy", "adopt", file], { ARW_OWNER_SECRET: secret });
        rmSync(dirname(file), { recursive: true, force: true });
        assert.equal(adopted.exitCode, 0, adopted.stderr);
        await window.runCommand("View: Close All Editors");
        await window.runCommandAndPick("ARW: Start Episode…", "Run a Command");
        await window.answer("Type a command", "sh -c 'echo printed there; echo x > made.txt'");
        await window.answer("Which files to keep", "made.txt");
        await window.pick("practice");
        await window.openContainer("ARW");
        const held = (rows: readonly string[]): boolean =>
          rows.some((row) => row.includes("Use what came back from practice?"));
        await window.until("its row", () => window.treeRows("Needs You"), held);
        await window.screenshot("review-held-row");
        await window.runCommand("ARW: Review What Came Back…");
        await window.until(
          "what it printed, as not accepted",
          () => window.editorText(),
          (text) => text.includes("printed there") && text.includes("Not accepted yet"),
        );
        const tabs = await window.tabs();
        assert.ok(
          tabs.some((tab) => tab.includes("Not accepted yet: proposed by")),
          tabs.join(),
        );
        await window.screenshot("review-held-output");
        await window.runCommand("ARW: Discard What Came Back…");
        assert.match(await window.dialogText(), /Discard what came back from practice\?[^]*changed files/u);
        await window.screenshot("review-held-dialog");
        await window.clickDialog("Discard");
        await window.toast("Discarded. Its output is gone");
        await window.until(
          "no row",
          () => window.treeRows("Needs You"),
          (rows) => !held(rows),
        );
        await window.until(
          "no tab of it",
          () => window.tabs(),
          (shown) => !shown.some((tab) => tab.includes("Not accepted yet")),
        );
      },
    );
    assert.deepEqual(window.watch.complaints, []);
    assert.deepEqual(window.watch.requestsOutside, []);
  },
);
