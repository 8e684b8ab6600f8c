// A question to a model in a real VS Code: this machine has no engine, a paired worker has the demo model; what would leave is the
// question alone, and the answer streams into a terminal.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { editorTest, packagedExtension } from "../host/editor.ts";
import { exampleWorkspace, OwnersTerminal } from "./ownersEditor.ts";
import { pairWorker } from "./pairing.ts";

const WORKER = "gpubox";
/** What the episode is called: the beginning of all that was asked. */
const TITLE = "Read this test log as JSON: 26 passed, 2 failed: cart rejects empty input notes…";
/** A line of the file that is added to the question, and does not leave in the end. */
const KEPT_LINE = "the owner keeps this line here";
const QUESTION = "Read this test log as JSON: 26 passed, 2 failed: cart rejects empty input";

editorTest(
  "a question is answered on another machine, once its owner has read that it leaves",
  () => ({ workspace: exampleWorkspace(), extensions: [packagedExtension()] }),
  async (editor, context, step) => {
    const window = await editor.openWindow();
    const terminal = new OwnersTerminal(context, editor, window.workspace);
    await step("a worker is paired", async () => {
      await pairWorker(window, editor, terminal, WORKER);
    });
    await step("what would leave is the question with the file that was added, in one item", async () => {
      writeFileSync(join(window.workspace, "notes.txt"), `${KEPT_LINE}\n`);
      await window.openFile("notes.txt");
      await window.runCommandAndPick("ARW: Start Episode…", "Ask a Model");
      await window.answer("What do you want to ask?", QUESTION);
      await window.pick("The File notes.txt");
      await window.pick("Whichever Is There");
      await window.until(
        "where it could run",
        () => window.pickRows(),
        (rows) => rows.includes(WORKER),
      );
      await window.screenshot("ask-where");
      await window.pick(WORKER);
      const review = await window.webview("Review", "Send under this lease…");
      await review.getByText("A question is one item").waitFor();
      await window.screenshot("ask-review");
    });
    await step("the selected lines of the prompt stay here: what is sent is the question alone", async () => {
      const review = await window.webview("Review", "Send under this lease…");
      await review.getByRole("button", { name: "(prompt)", exact: true }).click();
      // As it is sent: JSON, in which a line ends in two characters.
      await window.selectText(`notes.txt\\n\`\`\`plaintext\\n${KEPT_LINE}\\n\`\`\`\\n`);
      await window.runCommand("ARW: Leave Out Selection");
      // Counted over all its messages: the first line is what every model is told.
      await review.getByText("sent without lines 4–7").waitFor();
      await window.screenshot("ask-cut");
    });
    await step("a window that opens while it waits tells of it once, and no more when Review shows it", async () => {
      await window.runCommand("View: Close All Editors");
      await window.openContainer("Explorer");
      // Two notices are five minutes apart: only a window that has told nothing yet tells at once.
      await window.reloadInOrder();
      await window.toast(`waits for your approval to leave for ${WORKER}`);
      await window.runCommand("ARW: Review Next Waiting Item");
      const review = await window.webview("Review", "Send under this lease…");
      await review.getByText("A question is one item").waitFor();
      await window.notices.gone("waits for your approval to leave");
    });
    await step("the confirmation names the question, and a yes brings the answer of the demo model", async () => {
      const review = await window.webview("Review", "Send under this lease…");
      await review.getByRole("button", { name: "Send under this lease…" }).click();
      const text = await window.dialogText();
      assert.match(text, /What: \(prompt\)\n\(prompt\) will be sent without lines 4–7\nWhere: gpubox/u);
      assert.match(text, /Cost: /u);
      await window.clickDialog(`Send to ${WORKER}`);
      // Its terminal went with the reload.
      await window.runCommandAndPick("ARW: Show Output", TITLE);
      const shown = await window.until(
        "the answer",
        () => window.terminalText(),
        (text) => text.includes("answered"),
      );
      assert.match(shown.replaceAll(/\s/gu, ""), /"passed":26,"failed":2/u);
      await window.openContainer("ARW");
      await window.until(
        "its row",
        () => window.treeRows("Episodes"),
        (rows) => rows.some((row) => row.includes("answered") && row.includes(WORKER)),
      );
      await window.screenshot("ask-answer");
    });
    assert.deepEqual(window.watch.complaints, []);
    assert.deepEqual(window.watch.requestsOutside, []);
  },
);
