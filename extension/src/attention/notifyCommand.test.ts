// The notify command learns a number and a kind, runs without a shell, and can break nothing.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { NotifyCommand, notifyEnvironment } from "./notifyCommand.ts";

function bench(): { readonly command: NotifyCommand; readonly warnings: string[] } {
  const warnings: string[] = [];
  return { command: new NotifyCommand({ warn: (message) => void warnings.push(message) }), warnings };
}

test("it gets count and kind, each word as it is, and nothing of ours", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "arw-notify-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "said.json");
  const script =
    "require('fs').writeFileSync(process.argv[1], JSON.stringify([process.argv.slice(2), Object.keys(process.env).filter((n) => n.startsWith('ARW_')).map((n) => n + '=' + process.env[n])]))";
  const { command, warnings } = bench();
  const environment = { ...process.env, ARW_OWNER_SECRET: "not for it" };
  await command.run([process.execPath, "-e", script, file, "$(id)", "a b; c"], 3, "staged", environment);
  assert.deepEqual(warnings, []);
  const [words, ours] = JSON.parse(readFileSync(file, "utf8"));
  assert.deepEqual(words, ["$(id)", "a b; c"]);
  assert.deepEqual(ours.sort(), ["ARW_WAITING_COUNT=3", "ARW_WAITING_KIND=staged"]);
});

test("one that is not there or fails is a line of the log, and none is nothing", async () => {
  const { command, warnings } = bench();
  await command.run(["/nowhere/notify"], 1, "egress", process.env);
  await command.run([process.execPath, "-e", "process.exit(3)"], 1, "egress", process.env);
  await command.run([], 1, "egress", process.env);
  assert.equal(warnings.length, 2);
  assert.match(warnings.join(" "), /ENOENT.*exit code 3/u);
});

test("one runs at a time, and is ended with the window", async () => {
  const { command, warnings } = bench();
  const first = command.run([process.execPath, "-e", "setInterval(() => {}, 1000)"], 1, "join", process.env);
  await command.run(["/nowhere/second"], 2, "join", process.env);
  assert.deepEqual(warnings, []);
  command[Symbol.dispose]();
  await first;
  assert.match(warnings.join(""), /abort/iu);
});

test("its environment has no variable of the editor's inside", () => {
  const kept = notifyEnvironment(
    { PATH: "/bin", VSCODE_IPC: "x", ELECTRON_RUN_AS_NODE: "1", ARW_STATE: "y" },
    1,
    "mixed",
  );
  assert.deepEqual(kept, { PATH: "/bin", ARW_WAITING_COUNT: "1", ARW_WAITING_KIND: "mixed" });
});
