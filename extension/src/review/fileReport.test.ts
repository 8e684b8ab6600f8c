// The report says what leaves and what stays, with reasons, and never a line that a file's name made up.
import assert from "node:assert/strict";
import { test } from "node:test";
import { nodeId } from "#protocol/ids.ts";
import { byteCount } from "#protocol/quantities.ts";
import type { InspectedFile } from "#protocol/wire/egressViews.ts";
import { workspacePathSchema } from "#protocol/workspacePath.ts";
import { reportText, staysText } from "./fileReport.ts";

function file(path: string, change: Partial<InspectedFile> = {}): InspectedFile {
  return {
    path: workspacePathSchema.parse(path),
    bytes: byteCount(1_100),
    classification: "internal",
    why: "no rule says otherwise",
    findings: [],
    leaves: true,
    ...change,
  };
}

const SECRET = file("config.ts", {
  classification: "secret",
  leaves: false,
  reason: "secret: looks like a GitHub token (line 2)",
  findings: [{ rule: "arw/github-token", line: 2, message: "looks like a GitHub token" }],
});
const destination = {
  nodeId: nodeId.from(Buffer.alloc(32, 1)),
  name: "gpubox",
  keyWords: ["kodub", "likos"],
  carrier: "direct",
} as const;

test("where it would go, what leaves with its size and class, and what stays with its reason and findings", () => {
  const text = reportText({ files: [file("src/a.ts"), SECRET], destination });
  assert.match(text, /^Where: gpubox · key kodub likos$/mu);
  assert.match(text, /^▲ would leave {2}src\/a\.ts {2}1\.1 KB$/mu);
  assert.match(text, /^✕ stays here {3}config\.ts {2}secret: looks like a GitHub token \(line 2\)$/mu);
  assert.match(text, /^ {4}line 2: looks like a GitHub token \(arw\/github-token\)$/mu);
  assert.match(staysText(SECRET), /Nothing of this file would be sent/u);
});

test("without a worker it says that it would go nowhere", () => {
  assert.match(reportText({ files: [file("a")] }), /nowhere now/u);
});

test("a file's name adds no line", () => {
  const hostile = file("a\n▲ would leave  everything");
  assert.equal(
    reportText({ files: [hostile] })
      .split("\n")
      .filter((line) => line.startsWith("▲")).length,
    1,
  );
});
