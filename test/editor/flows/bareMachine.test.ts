// A clean machine of a person without rights, and without bubblewrap: the window opens, says what is missing and how to
// mend it, and nothing runs without its walls.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { type Editor, editorTest, packagedExtension, type Step } from "../host/editor.ts";
import { connection, exampleWorkspace } from "./ownersEditor.ts";

const NAME =
  "on a clean machine without bubblewrap, for a user without rights, the window says what is missing and what to type";
/** A test that runs as a person without rights has them already, but cannot hide a program. */
const PROBLEM = process.getuid?.() === 0 ? undefined : "only root can take rights and bubblewrap away";

async function onBareMachine(editor: Editor, _context: TestContext, step: Step): Promise<void> {
  const window = await editor.openWindow();
  await step("the Home starts, for that user", async () => {
    await window.openContainer("ARW");
    const home = await connection(window, editor, 1);
    assert.ok(home > 0);
    assert.doesNotMatch(readFileSync(`/proc/${home}/status`, "utf8"), /^Uid:\s+0\b/mu);
  });
  await step("a command is refused with the cause and the line to type, and nothing ran", async () => {
    await window.runCommandAndPick("ARW: Start Episode…", "Run a Command");
    await window.answer("Type a command", "npm test");
    await window.answer("Which files to keep", "");
    const { text } = await window.until(
      "the reason beside this machine",
      async () => ({ text: await window.page.locator(".quick-input-list").innerText() }),
      (shown) => shown.text.includes("bubblewrap"),
    );
    assert.match(text, /sudo apt-get install -y bubblewrap/u);
    await window.screenshot("bare-start");
    await window.closePick();
  });
  await step("Diagnose… names it too", async () => {
    await window.runCommand("ARW: Diagnose…");
    const report = await window.until(
      "the report",
      () => window.editorText(),
      (shown) => shown.includes("bubblewrap"),
    );
    assert.doesNotMatch(report, /arw1_|arw-owner-/u);
    await window.screenshot("bare-diagnose");
  });
  assert.deepEqual(window.watch.complaints, []);
}

if (PROBLEM === undefined) {
  editorTest(
    NAME,
    () => ({ workspace: exampleWorkspace(), extensions: [packagedExtension()], bare: true }),
    onBareMachine,
  );
} else {
  test(NAME, { skip: PROBLEM });
}
