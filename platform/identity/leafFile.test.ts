// A node's leaves on disk: the next one is made in time, survives a restart, and takes over without a gap.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { epochMs } from "#protocol/quantities.ts";
import { identityOf } from "./identityFile.ts";
import { LEAF_NEXT_DAYS_BEFORE, openLeaves, removeLeaves } from "./leafFile.ts";

const ALICE = identityOf(Buffer.alloc(32, 1));
const NOW = epochMs(1_764_000_000_000);
const DAY_MS = 86_400_000;

function pathIn(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "arw-leaf-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "leaf");
}

test("the next leaf is made when few days are left, to the millisecond, and is the same after a restart", async (context) => {
  const path = pathIn(context);
  const leaves = await openLeaves(path, ALICE, NOW, "mint");
  const edge = epochMs(leaves.current.notAfter - LEAF_NEXT_DAYS_BEFORE * DAY_MS);
  assert.equal(await leaves.prepareNext(epochMs(edge - 1)), undefined);
  const next = await leaves.prepareNext(edge);
  assert.ok(next !== undefined && next.notAfter > leaves.current.notAfter);
  assert.equal((await leaves.prepareNext(edge))?.fingerprint, next.fingerprint);
  const again = await openLeaves(path, ALICE, edge, "mint");
  assert.equal(again.current.fingerprint, leaves.current.fingerprint);
  assert.equal(again.next?.fingerprint, next.fingerprint);
});

test("the next leaf takes over, also where a crash left its old name behind", async (context) => {
  const path = pathIn(context);
  const leaves = await openLeaves(path, ALICE, NOW, "mint");
  const edge = epochMs(leaves.current.notAfter - DAY_MS);
  const next = await leaves.prepareNext(edge);
  renameSync(`${path}.next`, `${path}.kept`);
  await leaves.promoteNext();
  assert.equal(leaves.current.fingerprint, next?.fingerprint);
  assert.equal(leaves.next, undefined);
  renameSync(`${path}.kept`, `${path}.next`);
  const again = await openLeaves(path, ALICE, edge, "mint");
  assert.equal(again.current.fingerprint, next?.fingerprint);
  assert.equal(again.next, undefined);
  await again.promoteNext();
  assert.equal(again.current.fingerprint, next?.fingerprint);
});

test("a leaf that ran out gives way to the next one", async (context) => {
  const path = pathIn(context);
  const leaves = await openLeaves(path, ALICE, NOW, "refuse");
  const end = leaves.current.notAfter;
  const next = await leaves.prepareNext(epochMs(end - 1));
  assert.equal((await openLeaves(path, ALICE, end, "refuse")).current.fingerprint, next?.fingerprint);
});

test("a leaf that ran out without a next one is replaced, or refused where a peer knows only that leaf", async (context) => {
  const path = pathIn(context);
  const { current } = await openLeaves(path, ALICE, NOW, "refuse");
  const end = current.notAfter;
  await openLeaves(path, ALICE, epochMs(end - 1), "refuse");
  await assert.rejects(openLeaves(path, ALICE, end, "refuse"), {
    code: "certificate-ran-out",
    message: new RegExp(`ran out at ${new Date(end).toISOString()}`),
    advice: /arw-worker join/,
  });
  assert.notEqual((await openLeaves(path, ALICE, end, "mint")).current.fingerprint, current.fingerprint);
});

test("removed leaves are gone, the next one too", async (context) => {
  const path = pathIn(context);
  const leaves = await openLeaves(path, ALICE, NOW, "mint");
  await leaves.prepareNext(leaves.current.notAfter);
  await removeLeaves(path);
  assert.deepEqual([path, `${path}.next`].map(existsSync), [false, false]);
});
