// The flows of the cluster in a real VS Code: pair a real worker process by its words, run a practice cluster over a reload,
// switch clustering and offloads, and read why something is as it is.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import * as z from "zod";
import { Program, until } from "../acceptance/processes.ts";
import { editorTest, packagedExtension } from "./host/editor.ts";
import type { VscodeWindow } from "./host/vscodeWindow.ts";

const wordsSchema = z.looseObject({ words: z.array(z.string()) });

/** The rows of Nodes, once one of them holds these texts. */
function nodeRow(window: VscodeWindow, ...texts: readonly string[]): Promise<readonly string[]> {
  return window.until(
    `a node that shows ${texts.join(", ")}`,
    () => window.treeRows("Nodes"),
    (rows) => rows.some((row) => texts.every((text) => row.includes(text))),
  );
}

/** What lies in the clipboard, once it is what was copied last. */
function copied(window: VscodeWindow, pattern: RegExp): Promise<string> {
  const read = async (): Promise<string> => String(await window.page.evaluate("navigator.clipboard.readText()"));
  return window.until("the clipboard", read, (text) => pattern.test(text));
}

/** Empty where the process has ended. */
function commandLine(processId: number): string {
  try {
    return readFileSync(`/proc/${processId}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

/** What is in an archive; undefined while it is not there, or not all of it is. */
function unpacked(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return gunzipSync(readFileSync(path)).toString("latin1");
  } catch {
    return undefined;
  }
}

editorTest(
  "a worker is paired by its words, switched off and on, and forgotten",
  () => ({ extensions: [packagedExtension()] }),
  async (editor, context, step) => {
    const window = await editor.openWindow();
    let worker: Program | undefined;
    context.after(() => worker?.kill());
    await step("Pair Worker… shows the line for the other machine and waits", async () => {
      await window.runCommand("ARW: Pair Worker…");
      await window.until(
        "the addresses",
        () => window.pickRows(),
        (rows) => rows.includes("127.0.0.1"),
      );
      await window.screenshot("flows-pair-address");
      await window.pick("127.0.0.1");
      await window.pick("2. Copy the Line to Run There");
      await window.screenshot("flows-pair-board");
    });
    await step("the worker that uses it is admitted once its words were compared", async () => {
      const line = await copied(window, /arw1_/u);
      const invite = /join (arw1_\S+)$/u.exec(line)?.[1] ?? "";
      assert.notEqual(invite, "");
      const environment = { ARW_STATE_HOME: `${editor.profile.state}/worker-gpubox` };
      worker = new Program("worker", ["--json", "join", invite, "--name", "gpubox"], {
        folder: editor.profile.home,
        environment,
      });
      const { words } = await worker.fact("words", wordsSchema);
      const shown = await window.until(
        "the words",
        () => window.dialogText(),
        (text) => text.includes("asks to join"),
      );
      for (const word of words) assert.ok(shown.includes(word), shown);
      await window.screenshot("flows-pair-words");
      await window.clickDialog("The Words Match: Admit");
      await window.toast("Paired: gpubox");
      await window.openContainer("ARW");
      await nodeRow(window, "gpubox", "ready");
    });
    await step(
      "Copy Worker Join Command copies the line, and the worker's file is saved where the person says",
      async () => {
        await window.page.evaluate("navigator.clipboard.writeText('')");
        await window.runCommandAndPick("ARW: Copy Worker Join Command", "127.0.0.1");
        const line = await copied(window, /arw1_/u);
        const [, name = ""] = /^npx --yes \.\/(\S+\.tgz) join arw1_\S+$/u.exec(line) ?? [];
        assert.notEqual(name, "", line);
        await window.clickToast("Copied. Run it once on the other machine", "Save Worker File…");
        const target = `${editor.profile.home}/carried.tgz`;
        await window.saveAs("Save the Worker", target);
        const files = await until("the file, whole", () => unpacked(target));
        for (const part of ["package/arw-worker.js", "package/package.json", "package/models/demo.gguf"])
          assert.ok(files.includes(part), part);
      },
    );
    await step("Turn Off Clustering… cuts it off, Turn On Clustering brings it back", async () => {
      await window.runCommand("ARW: Turn Off Clustering…");
      await window.clickDialog("Turn Off");
      await nodeRow(window, "gpubox", "unreachable");
      await window.runCommand("ARW: Turn On Clustering");
      await window.clickDialog("Turn On");
      await nodeRow(window, "gpubox", "ready");
    });
    await step("Pause All Offloads asks nothing, Resume Offloads… does", async () => {
      await window.runCommand("ARW: Pause All Offloads");
      await window.toast("All offloads are paused");
      await window.runCommand("ARW: Resume Offloads…");
      await window.clickDialog("Resume");
    });
    await step("Diagnose… opens a report without a secret", async () => {
      await window.runCommand("ARW: Diagnose…");
      await window.until(
        "the report",
        () => window.editorText(),
        (shown) => shown.includes("The Home of this folder"),
      );
      await window.clickToast("Copy Report", "Copy Report");
      const text = await copied(window, /gpubox/u);
      assert.doesNotMatch(text, /arw1_|arw-owner-/u);
      await window.screenshot("flows-diagnose");
    });
    await step("Forget Worker… ends its membership", async () => {
      await window.runCommandAndPick("ARW: Forget Worker…", "gpubox");
      await window.clickDialog("Forget");
      await until("the end of the worker", () => (worker?.isRunning === false ? true : undefined));
    });
    assert.deepEqual(window.watch.complaints, []);
  },
);

editorTest(
  "a practice cluster starts, outlives a reload, and is stopped whole",
  () => ({ extensions: [packagedExtension()] }),
  async (editor, _context, step) => {
    const window = await editor.openWindow();
    const workers = (): readonly number[] =>
      editor.profile.processes().filter((id) => commandLine(id).includes("arw-worker"));
    await step("Start says what it does, and the worker joins by its own words", async () => {
      await window.runCommand("ARW: Start Practice Cluster");
      assert.match(await window.dialogText(), /called “practice” everywhere/u);
      await window.screenshot("flows-practice-start");
      await window.clickDialog("Start");
      await window.toast("Paired: practice");
      await window.openContainer("ARW");
      await nodeRow(window, "practice", "ready");
      assert.ok(workers().length > 0);
      await window.screenshot("flows-practice");
    });
    await step("what is started there waits for an answer, and is withdrawn when it is stopped", async () => {
      await window.clickToast("Paired: practice", "Run Something There…");
      await window.pick("Run a Command");
      await window.answer("Type a command", "true");
      await window.answer("Which files to keep", "");
      await window.until(
        "its terminal",
        () => window.terminalText(),
        (shown) => shown.includes("on practice"),
      );
      // The review opens by itself and takes the keyboard: a pick that was open before would close.
      await window.webview("Review", "Send under this lease…");
      await window.runCommandAndPick("ARW: Explain Placement", "true");
      await window.until(
        "why",
        () => window.editorText(),
        (shown) => shown.includes("you asked for practice"),
      );
      await window.screenshot("flows-explain");
      await window.runCommandAndPick("ARW: Stop Episode…", "true");
      assert.match(await window.dialogText(), /Nothing of it has left this machine/u);
      await window.clickDialog("Stop It");
      await window.until(
        "its end",
        () => window.terminalText(),
        (shown) => shown.includes("cancelled"),
      );
    });
    await step("a reload leaves it where it is", async () => {
      await window.reload();
      await window.openContainer("ARW");
      await nodeRow(window, "practice", "ready");
    });
    await step("Stop ends its processes and its membership", async () => {
      await window.runCommand("ARW: Stop Practice Cluster");
      await window.clickDialog("Stop");
      await window.toast("The practice worker is gone");
      assert.equal(workers().length, 0);
    });
    await step("one that is killed is found, and cleaned up when the person says so", async () => {
      // What Stop said must not be taken for what Clean Up says.
      await window.runCommand("Notifications: Clear All Notifications");
      await window.runCommand("ARW: Start Practice Cluster");
      await window.clickDialog("Start");
      // Said last: what is killed before that ends the start, and not what was started.
      await window.toast("Paired: practice");
      await nodeRow(window, "practice", "ready");
      assert.ok(workers().length > 0);
      for (const id of workers()) process.kill(id, "SIGKILL");
      await window.clickToast("ended without being stopped", "Clean Up");
      await window.toast("The practice worker is gone");
    });
    assert.deepEqual(window.watch.complaints, []);
  },
);
