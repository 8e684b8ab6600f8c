// Nothing but the egress gate can hand a byte of the workspace to a node, and nothing else of the Home has a way out at all.
// Each way is also planted: a rule that cannot fail is a defect.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { HOME_FOLDERS, sinkViolations, unusedSinks } from "./architecture/sinks.ts";

const SOURCES: ReadonlyMap<string, string> = new Map(
  HOME_FOLDERS.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => join(folder, file)),
  )
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .map((file) => [file.replaceAll("\\", "/"), readFileSync(file, "utf8")]),
);

test("no code of the Home has a way out that is not listed with its reason", () => {
  assert.ok(SOURCES.size > 200, "the scan reads the tree");
  assert.deepEqual(
    [...SOURCES].flatMap(([path, source]) => sinkViolations(path, source)),
    [],
  );
});

test("every listed way out is still taken: no door stands open that nobody uses", () => {
  assert.deepEqual(unusedSinks(SOURCES), []);
  assert.ok(unusedSinks(new Map()).length > 10);
});

test("a planted way out is caught, however it is written", () => {
  for (const source of [
    "await channel.carry(offer);",
    "const give = channel.carry;",
    'await channel["carry"](offer);',
    "await link.send(message, bytes);",
    "link?.send(message);",
    'import { connect } from "node:net";',
    'import { request } from "node:https";',
    'import { createSocket } from "node:dgram";',
    'import { lookup } from "node:dns/promises";',
    'import { WebSocket } from "ws";',
    'const { request } = await import("node:http");',
    'import { spawn } from "node:child_process";',
    "await fetch(address);",
    "await globalThis.fetch(address);",
    "new EventSource(address);",
  ]) {
    const found = sinkViolations("server/src/adapters/attempts/blobService.ts", `// Planted.\n${source}\n`);
    assert.equal(found.length, 1, `${source} gave ${JSON.stringify(found)}`);
  }
});

test("our own words are no way out", () => {
  for (const source of [
    "await this.#proposals.fetch(channel, message);",
    "class Proposals { async fetch(channel: NodeChannel): Promise<void> {} }",
    "// link.send(message)",
    "const text = 'channel.carry(offer)';",
    "const kind: 'send' = 'send';",
  ]) {
    assert.deepEqual(sinkViolations("server/src/adapters/attempts/blobService.ts", `// Planted.\n${source}\n`), []);
  }
});
