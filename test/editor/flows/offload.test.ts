// The main job of the product in a real VS Code with a real worker process: read what would leave, take something out,
// approve, watch both machines on one timeline; deny; revoke; and lose nothing when a window or the Home is lost meanwhile.
import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { editorTest, packagedExtension } from "../host/editor.ts";
import type { VscodeWindow } from "../host/vscodeWindow.ts";
import { connection, connectedHomes, exampleWorkspace, OwnersTerminal } from "./ownersEditor.ts";
import { type PairedWorker, pairWorker } from "./pairing.ts";

const WORKER = "gpubox";
/** What the example's own tests say, wherever they run: two of them fail on purpose. */
const TESTS_SAY = "26 passed, 2 failed";

/** A command that says once that it began, then writes over one line five times a second until it is ended. */
const BEAT = "node beat.mjs";
const BEAT_PROGRAM = `let n = 0;
console.log("the first byte");
setInterval(() => process.stdout.write("\\rbeat " + ++n), 200);
`;

function workspaceWithBeat(): string {
  const workspace = exampleWorkspace();
  writeFileSync(join(workspace, "beat.mjs"), BEAT_PROGRAM);
  return workspace;
}

/** Start Episode… with a command on the worker. */
async function startThere(window: VscodeWindow, line: string): Promise<void> {
  await window.runCommandAndPick("ARW: Start Episode…", "Run a Command");
  await window.answer("Type a command", line);
  await window.answer("Which files to keep", "");
  await window.pick(WORKER);
}

/** Presses a button of the page that shows what would leave. */
async function press(window: VscodeWindow, name: string): Promise<void> {
  const review = await window.webview("Review");
  await review.getByRole("button", { name }).click();
}

async function episodeRow(window: VscodeWindow, ...texts: readonly string[]): Promise<void> {
  await window.until(
    `an episode with ${texts.join(", ")}`,
    () => window.treeRows("Episodes"),
    (rows) => rows.some((row) => texts.every((text) => row.includes(text))),
  );
}

async function terminalShows(window: VscodeWindow, text: string): Promise<string> {
  return window.until(
    `a terminal with ${text}`,
    () => window.terminalText(),
    (shown) => shown.includes(text),
  );
}

editorTest(
  "a project's tests run on another machine: previewed, one file taken out, approved, watched; denied; revoked; switched off",
  () => ({ workspace: exampleWorkspace(), extensions: [packagedExtension()] }),
  async (editor, context, step) => {
    const window = await editor.openWindow();
    const terminal = new OwnersTerminal(context, editor, window.workspace);
    let worker: PairedWorker | undefined;
    await step("a worker is paired", async () => {
      worker = await pairWorker(window, editor, terminal, WORKER);
    });
    await step("starting there opens the review of what would leave; nothing has left", async () => {
      await startThere(window, "npm test");
      const review = await window.webview("Review");
      await review.getByRole("button", { name: "Send under this lease…" }).waitFor();
      await window.until(
        "the badge",
        () => window.badge("ARW"),
        (badge) => badge === "1",
      );
      await window.screenshot("offload-review");
      const { stdout } = await terminal.home(["egress", "--json"]);
      assert.doesNotMatch(stdout, /"allow"/u);
    });
    await step("one file is taken out, and the new revision no longer has it", async () => {
      await press(window, "Take something out…");
      await press(window, "Top of the workspace");
      const review = await window.webview("Review");
      await review.getByRole("checkbox", { name: "Take out README.md" }).click();
      await press(window, "Take these out");
      await review.getByText("A new revision, without what you took out.").waitFor();
      // It stands among what stays now.
      await review.getByText("18 items", { exact: false }).first().waitFor();
    });
    await step("the native confirmation repeats what, where and until when; a yes sends", async () => {
      await press(window, "Send under this lease…");
      const text = await window.until(
        "the confirmation",
        () => window.dialogText(),
        (shown) => shown.includes("Until:"),
      );
      assert.match(text, new RegExp(`to ${WORKER}\\?`, "u"));
      assert.match(text, /What: [\s\S]*Where: gpubox · key \w+ \w+[\s\S]*Until: this job only/u);
      assert.doesNotMatch(text, /README\.md/u);
      await window.screenshot("offload-confirm");
      await window.clickDialog(`Send to ${WORKER}`);
    });
    await step("its output streams, and the episode ends there", async () => {
      const shown = await terminalShows(window, "exit code 1 · gpubox");
      assert.ok(shown.includes(TESTS_SAY), shown);
      await window.openContainer("ARW");
      await episodeRow(window, "npm test", WORKER);
      await window.screenshot("offload-output");
    });
    await step("the same tests run here, and one timeline shows both machines and what crossed", async () => {
      await window.runCommandAndPick("ARW: Start Episode…", "Run a Command");
      await window.answer("Type a command", "npm test");
      await window.answer("Which files to keep", "");
      await window.pick("This machine");
      const shown = await terminalShows(window, "exit code 1 · this machine");
      assert.ok(shown.includes(TESTS_SAY), shown);
      await window.runCommand("ARW: Open Timeline");
      const timeline = await window.webview("Timeline");
      await timeline.getByText(WORKER).first().waitFor();
      await timeline.getByText("▲").first().waitFor();
      await timeline.getByText("▼").first().waitFor();
      await window.screenshot("offload-timeline");
    });
    await step("a no is recorded, and the episode ends as denied", async () => {
      await startThere(window, "npm run report");
      const review = await window.webview("Review");
      await review.getByRole("button", { name: "Don't send" }).click();
      await window.openContainer("ARW");
      await episodeRow(window, "npm run report", "not sent");
      const { stdout } = await terminal.home(["egress", "--json"]);
      assert.match(stdout, /"decision":"deny"/u);
    });
    await step("off leaves no listener, and the same command runs here", async () => {
      await window.runCommand("ARW: Turn Off Clustering…");
      await window.clickDialog("Turn Off");
      await window.until(
        "the door is closed",
        () => isListening(worker),
        (listening) => !listening,
      );
      await window.statusItem("Local only");
    });
    assert.deepEqual(window.watch.complaints, []);
    assert.deepEqual(window.watch.requestsOutside, []);
  },
);

editorTest(
  "what runs on another machine outlives the window that started it, and the Home",
  () => ({ workspace: workspaceWithBeat(), extensions: [packagedExtension()] }),
  async (editor, context, step) => {
    const window = await editor.openWindow();
    const terminal = new OwnersTerminal(context, editor, window.workspace);
    await pairWorker(window, editor, terminal, WORKER);
    await step("a reload mid-job: the output is read again from its first byte and goes on", async () => {
      await startThere(window, BEAT);
      await press(window, "Send under this lease…");
      await window.clickDialog(`Send to ${WORKER}`);
      const before = beatOf(await terminalShows(window, "beat "));
      await window.reload();
      await window.runCommandAndPick("ARW: Show Output", BEAT);
      const shown = await window.until(
        "a later beat",
        () => window.terminalText(),
        (text) => beatOf(text) > before,
      );
      assert.match(shown, /the first byte/u);
    });
    await step(
      "a kill -9 of the Home mid-job: another one goes on where it was, and the worker still runs it",
      async () => {
        const killed = await connection(window, editor, connectedHomes(editor).length);
        const connections = connectedHomes(editor).length;
        process.kill(killed, "SIGKILL");
        const home = await connection(window, editor, connections + 1);
        assert.notEqual(home, killed);
        await window.openContainer("ARW");
        await episodeRow(window, BEAT, "running", WORKER);
      },
    );
    await step("revoking its lease ends it at once", async () => {
      await window.runCommand("ARW: Revoke All Leases");
      await window.clickDialog("Revoke All");
      await episodeRow(window, BEAT, "lease revoked");
    });
    assert.deepEqual(window.watch.complaints, []);
  },
);

/** The newest beat that a terminal shows; 0 before the first one. */
function beatOf(text: string): number {
  return Number(/beat (\d+)/u.exec(text)?.[1] ?? 0);
}

async function isListening(worker: PairedWorker | undefined): Promise<boolean> {
  if (worker === undefined) return false;
  const socket = connect(worker.address.port, worker.address.host);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
