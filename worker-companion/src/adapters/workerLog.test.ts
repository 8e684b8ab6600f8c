// The worker's log: bounded, readable by machines, and followed over a rotation without a line lost or doubled.
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import * as z from "zod";
import { decodeJson } from "#protocol/decode.ts";
import { TEST_REDACTOR, TEST_SECRET } from "../../../test/simulation/testRedaction.ts";
import { followLog, lastLines, LOG_FILE_BYTES_MAX, LOG_TEXT_CHARACTERS_MAX, openWorkerLog } from "./workerLog.ts";

const lineSchema = z.looseObject({ at: z.string(), fact: z.string(), number: z.number() });

function numberOf(line: string): number {
  const decoded = decodeJson(lineSchema, line);
  return decoded.ok ? decoded.value.number : -1;
}

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "arw-log-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const now = (): Date => new Date(0);
const LONG = "é".repeat(LOG_TEXT_CHARACTERS_MAX * 2);

test("two files and no more, each below its limit, and the newest lines are there", async (t) => {
  const folder = await folderOf(t);
  const log = openWorkerLog(folder, now, TEST_REDACTOR);
  for (let number = 0; number < 4_000; number++) log.write("fact", { number, text: LONG });
  assert.deepEqual((await readdir(folder)).sort(), ["worker.log", "worker.log.1"]);
  for (const name of await readdir(folder)) {
    assert.ok((await stat(join(folder, name))).size <= LOG_FILE_BYTES_MAX);
  }
  assert.deepEqual((await lastLines(folder, 3)).map(numberOf), [3_997, 3_998, 3_999]);
});

test("a follower sees every line written after it began, once and in order, over a rotation", async (t) => {
  const folder = await folderOf(t);
  const log = openWorkerLog(folder, now, TEST_REDACTOR);
  log.write("before", { number: -5 });
  const seen: number[] = [];
  const ended = new AbortController();
  const last = 1_500;
  const following = followLog(
    folder,
    (line) => {
      seen.push(numberOf(line));
      if (seen.length === last) ended.abort();
    },
    ended.signal,
  );
  for (let number = 0; number < last; number++) log.write("fact", { number, text: LONG });
  await following;
  assert.deepEqual(
    seen,
    Array.from({ length: last }, (_, number) => number),
  );
});

test("no secret that an error quotes is in the log", async (t) => {
  const folder = await folderOf(t);
  openWorkerLog(folder, now, TEST_REDACTOR).write("failed", { number: 1, reason: `it said ${TEST_SECRET}` });
  const [line] = await lastLines(folder, 1);
  assert.match(line ?? "", /it said \[REDACTED:known-secret:[a-p]{8}\]/);
});

test("a text is judged by the name it has: what a field called a password holds is in no log", async (t) => {
  const folder = await folderOf(t);
  const secret = `c0rrectH${"orse"}B4ttery9`;
  openWorkerLog(folder, now, TEST_REDACTOR).write("failed", {
    password: secret,
    inner: { api_key: `k9Qz7Lw2${"Xr5Tn8Bp3Hd6Vf"}` },
    user: "ada",
  });
  const [line = ""] = await lastLines(folder, 1);
  assert.ok(!line.includes(secret), line);
  assert.match(line, /"password":"\[REDACTED:[^"]*\]","inner":\{"api_key":"\[REDACTED:[^"]*\]"\},"user":"ada"/);
});

test("a secret where a text is cut does not show in part", async (t) => {
  const folder = await folderOf(t);
  const reason = `${"-".repeat(LOG_TEXT_CHARACTERS_MAX - 10)}${TEST_SECRET} and on`;
  openWorkerLog(folder, now, TEST_REDACTOR).write("failed", { number: 1, reason });
  const [line] = await lastLines(folder, 1);
  assert.doesNotMatch(line ?? "", /correct/);
});

test("there is nothing to show before a worker ran", async (t) => {
  assert.deepEqual(await lastLines(await folderOf(t), 10), []);
});
