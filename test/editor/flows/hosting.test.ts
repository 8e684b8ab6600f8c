// The window as a client of the workspace's Home: who starts it, who shares it, and what happens when it is killed.
import assert from "node:assert/strict";
import { editorTest, packagedExtension } from "../host/editor.ts";
import { connection, connectedHomes, exampleWorkspace, OwnersTerminal } from "./ownersEditor.ts";

const workspaceOptions = () => ({ workspace: exampleWorkspace(), extensions: [packagedExtension()] });

editorTest(
  "a window starts the Home when it is first used; a second window and the terminal are clients of the same one",
  workspaceOptions,
  async (editor, context, step) => {
    const first = await editor.openWindow();
    const terminal = new OwnersTerminal(context, editor, first.workspace);
    await step("a window alone starts no Home", async () => {
      await first.statusItem("Local only");
      assert.deepEqual(terminal.homes(), []);
    });
    let home = 0;
    await step("opening the container starts one, and the window says that it is connected", async () => {
      await first.openContainer("ARW");
      home = await connection(first, editor, 1);
      assert.deepEqual(terminal.homes(), [home]);
    });
    await step("a second window attaches to it", async () => {
      const second = await editor.openWindow();
      assert.equal(await connection(second, editor, 2), home);
      await second.close();
    });
    await step("the terminal uses it, and needs no secret to look", async () => {
      const { exitCode, stdout } = await terminal.home(["nodes", "--json"]);
      assert.equal(exitCode, 0);
      assert.match(stdout, /"local"/);
      assert.deepEqual(terminal.homes(), [home]);
    });
    await step("a reload of the window loses nothing: the same Home, still running", async () => {
      await first.reload();
      assert.equal(await connection(first, editor, 3), home);
      assert.deepEqual(terminal.homes(), [home]);
    });
  },
);

editorTest(
  "a Home that the terminal started is used by the window",
  workspaceOptions,
  async (editor, context, step) => {
    const terminal = new OwnersTerminal(context, editor, editor.workspace);
    const { exitCode, stderr } = await terminal.home(["nodes"]);
    assert.equal(exitCode, 0, stderr);
    const [home] = terminal.homes();
    assert.ok(home !== undefined);
    const window = await editor.openWindow();
    await step("the window connects by itself, since the folder has a Home", async () => {
      assert.equal(await connection(window, editor, 1), home);
    });
    await step("what needs the owner asks for the secret that the terminal showed, and keeps it", async () => {
      const secret = / {4}(\S+)\n/u.exec(stderr)?.[1] ?? "";
      await window.runCommand("ARW: Enter Owner Secret…");
      await window.answer("Owner Secret", "not-the-secret");
      await window.toast("That is not the owner secret of this Home.");
      await window.runCommand("ARW: Enter Owner Secret…");
      await window.answer("Owner Secret", secret);
      await window.toast("It is kept.");
      for (const [name, text] of editor.profile.logs()) assert.ok(!text.includes(secret), `${name} holds the secret`);
    });
  },
);

editorTest(
  "a killed Home comes back by itself; one that dies again and again is given up with the reason",
  workspaceOptions,
  async (editor, context, step) => {
    const window = await editor.openWindow();
    const terminal = new OwnersTerminal(context, editor, window.workspace);
    await window.openContainer("ARW");
    const first = await connection(window, editor, 1);
    await step("after kill -9 the window starts another one and is connected again", async () => {
      process.kill(first, "SIGKILL");
      const second = await connection(window, editor, 2);
      assert.notEqual(second, first);
      assert.deepEqual(terminal.homes(), [second]);
      await window.statusItem("Local only");
    });
    let connections = 2;
    await step("one loss too many and the window stops trying and says so", async () => {
      const gaveUp = (): boolean =>
        editor.profile.logs().some(([, text]) => text.includes("The Home was lost 5 times"));
      while (!gaveUp()) {
        const ids = await window.until(
          "the next connection, or the window's giving up",
          () => Promise.resolve(connectedHomes(editor)),
          (found) => found.length >= connections || gaveUp(),
        );
        if (gaveUp()) break;
        connections = ids.length + 1;
        process.kill(ids.at(-1) ?? 0, "SIGKILL");
      }
      assert.ok(connections <= 7, "a try that failed on the way counts as a loss too");
      await window.statusItem("ARW stopped");
    });
    await step("ARW: Restart Home begins anew", async () => {
      await window.runCommand("ARW: Restart Home");
      const last = await connection(window, editor, connections);
      assert.deepEqual(terminal.homes(), [last]);
      await window.statusItem("Local only");
    });
  },
);
