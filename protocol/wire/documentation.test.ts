// docs/protocol.md says what the code does: it is stamped with the digest of the wire, names every message, method, close
// code and limit, and gives each limit's value.
import assert from "node:assert/strict";
import { test } from "node:test";
import { protocolDigest, readPage } from "../../test/protocolFixtures.ts";
import * as decodeLimits from "../decode.ts";
import * as classLimits from "../classes.ts";
import * as taintLimits from "../egress.ts";
import * as idLimits from "../ids.ts";
import * as jobLimits from "../job.ts";
import * as lineCutLimits from "../lineCut.ts";
import * as leaseLimits from "../lease.ts";
import * as markLimits from "../neverLeaves.ts";
import * as globLimits from "../pathGlob.ts";
import * as policyLimits from "../policy.ts";
import * as proposalLimits from "../proposal.ts";
import * as pathLimits from "../workspacePath.ts";
import * as clientLimits from "./client.ts";
import * as viewLimits from "./clientViews.ts";
import * as egressLimits from "./egressViews.ts";
import * as leafLimits from "../ledger/egressLeaf.ts";
import * as noteLimits from "../ledger/checkpointNote.ts";
import * as proofLimits from "../ledger/proofs.ts";
import * as receiptLimits from "../ledger/receiptFile.ts";
import * as witnessLimits from "../ledger/witness.ts";
import * as enrolLimits from "./enrol.ts";
import * as frameLimits from "./frame.ts";
import * as inviteLimits from "./inviteText.ts";
import * as policyViewLimits from "./policyViews.ts";
import * as ledgerLimits from "./ledgerViews.ts";
import * as listLimits from "./listPage.ts";
import * as requestLimits from "./requestView.ts";
import * as versionLimits from "./version.ts";
import * as workerLimits from "./worker.ts";

const page = readPage("docs/protocol.md");
const rows = page
  .split("\n")
  .filter((line) => line.startsWith("|"))
  .map((line) => line.split("|").map((cell) => cell.trim()));

/** The row whose first cell is this name, as code. */
function row(name: string): readonly string[] {
  const found = rows.filter((cells) => cells[1] === `\`${name}\``);
  assert.equal(found.length, 1, `docs/protocol.md needs one table row for ${name}`);
  return found[0] ?? [];
}

test("the page is stamped with the digest of the wire as it is", () => {
  assert.equal(
    page.split("\n")[0],
    `<!-- protocol digest: ${protocolDigest()} -->`,
    "the wire has changed: update docs/protocol.md, then run `npm run protocol:stamp`",
  );
});

test("every message has a paragraph of its own", () => {
  const kinds = [
    ...Object.keys(workerLimits.workerMessageSchemas),
    ...Object.keys(workerLimits.homeMessageSchemas),
    "enrol",
    "enrol-pending",
    "enrolled",
    "enrol-refused",
  ];
  for (const kind of kinds) assert.ok(page.includes(`\n**\`${kind}\`** `), `docs/protocol.md says nothing of ${kind}`);
});

test("every method of the client API has its row, with its owner session", () => {
  for (const [name, method] of Object.entries(clientLimits.METHODS)) {
    const cells = row(method.name);
    assert.equal(cells[2], method.stages ? "owner, or staged" : method.owner ? "owner" : "anyone", name);
    assert.ok((cells[3] ?? "").length > 10, name);
  }
  assert.ok(page.includes(`\`${clientLimits.TIMELINE_ENTRIES_NOTIFICATION}\``));
});

test("every close code has its row, with number, cause and advice", () => {
  for (const [name, code] of Object.entries(versionLimits.CLOSE_CODES)) {
    const cells = row(name);
    assert.equal(cells[2], String(code));
    assert.ok((cells[3] ?? "").length > 10 && (cells[4] ?? "").length > 10, name);
  }
});

test("every limit has its row, with the value that the code has", () => {
  const modules = [
    decodeLimits,
    classLimits,
    taintLimits,
    idLimits,
    jobLimits,
    lineCutLimits,
    leaseLimits,
    globLimits,
    policyLimits,
    policyViewLimits,
    markLimits,
    proposalLimits,
    pathLimits,
    clientLimits,
    viewLimits,
    egressLimits,
    enrolLimits,
    listLimits,
    requestLimits,
    leafLimits,
    receiptLimits,
    noteLimits,
    proofLimits,
    witnessLimits,
    ledgerLimits,
  ];
  const limits = [...modules, frameLimits, inviteLimits, versionLimits, workerLimits]
    .flatMap((module) => Object.entries(module))
    .filter(([name, value]) => /^[A-Z][A-Z0-9_]+$/.test(name) && typeof value === "number");
  assert.ok(limits.length > 15);
  for (const [name, value] of limits) assert.equal((row(name)[2] ?? "").replaceAll(",", ""), String(value), name);
});
