// Our packaged extension inside VS Code's own extension host, and the same claims through @vscode/test-electron.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { packagedExtension } from "./host/editor.ts";
import { inHostTest } from "./host/inHostRun.ts";

inHostTest("the packaged extension inside the extension host", "extension", () => ({
  extensions: [packagedExtension()],
}));

test("the same claims hold when @vscode/test-electron starts VS Code", { timeout: 290_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["scripts/test-electron.mjs"], {
    env: { ...process.env, CI: "true", NODE_TEST_CONTEXT: undefined },
  });
  assert.match(stdout, /^✔ the workspace's Home is started/m);
  assert.match(stdout, /^ℹ fail 0$/m);
});
