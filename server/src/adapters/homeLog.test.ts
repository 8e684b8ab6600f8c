// The log stays within its bounds and never stands in the Home's way.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { ArwError } from "#protocol/errors.ts";
import { TEST_REDACTOR, TEST_SECRET } from "../../../test/simulation/testRedaction.ts";
import { PLANTED_SECRETS } from "../../../test/simulation/plantedSecrets.ts";
import { LOG_BYTES_MAX, LOG_LINE_CHARACTERS_MAX, LOG_PENDING_MAX, openHomeLog } from "./homeLog.ts";

async function folder(context: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "arw-log-"));
  context.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function linesOf(home: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const text = await readFile(join(home, "home.log"), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

test("facts and troubles are JSON lines in a 0600 file; only a bug brings its stack", async (t) => {
  const home = await folder(t);
  const log = await openHomeLog(home, () => TEST_REDACTOR);
  log.info("home ready", { processId: 7 });
  log.trouble("sending", new ArwError("disk-full", "The disk is full.", "Free some."));
  log.trouble("a bug", new TypeError("x is not a function"));
  log.trouble("a refusal", { kind: "refusal", code: "c" });
  await log.close();
  const lines = await linesOf(home);
  assert.deepEqual(
    lines.map(({ fact, trouble, code, processId }) => ({ fact, trouble, code, processId })),
    [
      { fact: "home ready", trouble: undefined, code: undefined, processId: 7 },
      { fact: undefined, trouble: "sending", code: "disk-full", processId: undefined },
      { fact: undefined, trouble: "a bug", code: undefined, processId: undefined },
      { fact: undefined, trouble: "a refusal", code: undefined, processId: undefined },
    ],
  );
  assert.deepEqual(
    lines.map(({ stack }) => typeof stack),
    ["undefined", "undefined", "string", "undefined"],
  );
  assert.equal((await stat(join(home, "home.log"))).mode & 0o777, 0o600);
});

test("a log past its limit is set aside at a start and while the Home runs; one older log is kept", async (t) => {
  const home = await folder(t);
  const [now, before] = [join(home, "home.log"), join(home, "home.log.1")];
  await writeFile(now, "o".repeat(LOG_BYTES_MAX));
  const log = await openHomeLog(home, () => TEST_REDACTOR);
  assert.deepEqual([(await stat(now)).size, (await stat(before)).size], [0, LOG_BYTES_MAX]);
  const fact = "n".repeat(Math.ceil(LOG_BYTES_MAX / (LOG_PENDING_MAX - 10)));
  for (let count = 0; count < LOG_PENDING_MAX; count++) log.info(fact, {});
  await log.close();
  const sizes = [(await stat(now)).size, (await stat(before)).size] as const;
  assert.ok(sizes[0] > 0 && sizes[0] < LOG_BYTES_MAX, `the new log has ${sizes[0]} bytes`);
  assert.ok(sizes[1] >= LOG_BYTES_MAX && sizes[1] <= LOG_BYTES_MAX + LOG_LINE_CHARACTERS_MAX);
  assert.equal((await readFile(before, "utf8")).includes("ooo"), false);
});

test("no secret that an error quotes is in the log, and each line is still JSON", async (t) => {
  const home = await folder(t);
  const log = await openHomeLog(home, () => TEST_REDACTOR);
  const secrets = [TEST_SECRET, ...Object.values(PLANTED_SECRETS)];
  for (const secret of secrets) {
    log.trouble("quoting", new Error(`cannot read "${secret}"`));
    log.info("quoting", { inside: { list: [secret] }, encoded: Buffer.from(TEST_SECRET).toString("base64") });
  }
  await log.close();
  assert.equal((await linesOf(home)).length, 2 * secrets.length);
  const text = await readFile(join(home, "home.log"), "utf8");
  assert.deepEqual(
    secrets.filter((secret) => text.includes(JSON.stringify(secret).slice(1, -1).slice(0, 40))),
    [],
  );
  assert.ok(!text.includes(Buffer.from(TEST_SECRET).toString("base64").slice(0, 16)));
});

test("lines beyond what may wait are dropped, and a later line says how many", async (t) => {
  const home = await folder(t);
  const log = await openHomeLog(home, () => TEST_REDACTOR);
  for (let count = 0; count < LOG_PENDING_MAX + 5; count++) log.info("fact", { count });
  await log.close();
  const lines = await linesOf(home);
  assert.equal(lines.length, LOG_PENDING_MAX + 1);
  assert.equal(lines.at(-1)?.["dropped"], 5);
});

test("what JSON cannot hold, or a line without end, never throws", async (t) => {
  const home = await folder(t);
  const log = await openHomeLog(home, () => TEST_REDACTOR);
  const round: { self?: unknown } = {};
  round.self = round;
  log.info("round", { round });
  log.trouble("big", new Error("x".repeat(10 * LOG_LINE_CHARACTERS_MAX)));
  log.trouble("nothing", undefined);
  await log.close();
  const lines = await linesOf(home);
  assert.equal(lines.length, 3);
  assert.ok(JSON.stringify(lines[1]).length < 2 * LOG_LINE_CHARACTERS_MAX);
});

test("a log that cannot be opened, or is a link to elsewhere, stops nothing and writes nowhere", async (t) => {
  for (const make of [
    (path: string) => mkdir(path),
    async (path: string) => {
      await writeFile(`${path}.target`, "");
      await symlink(`${path}.target`, path);
    },
  ]) {
    const home = await folder(t);
    await make(join(home, "home.log"));
    const log = await openHomeLog(home, () => TEST_REDACTOR);
    log.info("fact", {});
    await log.close();
    log.info("after the end", {});
    const target = await stat(join(home, "home.log.target")).catch(() => undefined);
    assert.equal(target?.size ?? 0, 0);
  }
});
