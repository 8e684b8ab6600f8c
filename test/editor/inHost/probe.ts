// The self-test of running inside the extension host: with the fixture extension, packaged and installed.
// One claim is false on purpose where the outside asks for it, so that a failure is known to come through.
import assert from "node:assert/strict";
import * as vscode from "vscode";
import { claim, proveAll } from "./claims.ts";

export const run: () => Promise<void> = proveAll;

claim("this is VS Code's extension host with the packaged fixture in it", async () => {
  const probe = vscode.extensions.getExtension("arw-test.arw-host-probe");
  assert.ok(probe !== undefined);
  await probe.activate();
  assert.ok((await vscode.commands.getCommands(true)).includes("probe.ask"));
});

claim("the host has no folder of the person who runs the tests", () => {
  for (const name of ["HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "ARW_STATE_HOME"]) {
    assert.match(process.env[name] ?? "", /arw-e-/, name);
  }
});

if (process.env["ARW_FALSE_CLAIM"] === "1") {
  claim("this is false on purpose", () => assert.fail("false on purpose"));
}
