// What the journal holds is read back exactly, and what this program cannot know is refused by name.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as z from "zod";
import { decode } from "./decode.ts";
import { decodeEvent, decodeVersion, eventSchemas, journalEventSchema } from "./decodeEvent.ts";

const started = {
  kind: "JobStarted",
  version: 1,
  at: 1,
  corrId: `ep_${"a".repeat(26)}`,
  jobId: `job_${"a".repeat(26)}`,
  attemptId: `att_${"a".repeat(26)}`,
};

test("an event of today's version is read back as it was written", () => {
  assert.deepEqual(decodeEvent(started), { ok: true, value: started });
});

test("an event of a newer version is refused as written by a newer version", () => {
  const decoded = decodeEvent({ ...started, version: 2, more: true });
  assert.ok(!decoded.ok);
  assert.equal(decoded.path, "$.version");
  assert.match(decoded.problem, /newer version/);
});

test("an event of an unknown kind is refused as written by a newer version", () => {
  for (const kind of ["JobDreamt", "constructor", "__proto__", "toString"]) {
    const decoded = decodeEvent({ ...started, kind });
    assert.ok(!decoded.ok, kind);
    assert.equal(decoded.path, "$.kind");
    assert.match(decoded.problem, /newer version/);
  }
});

test("an event without a kind or a version is refused by that member's path", () => {
  for (const value of [null, 3, "JobStarted", [], {}, { kind: 7 }, Object.create({ kind: "JobStarted" })]) {
    const decoded = decodeEvent(value);
    assert.ok(!decoded.ok);
    assert.equal(decoded.path, "$.kind");
  }
  for (const version of [undefined, 0, -1, 1.5, "1"]) {
    const decoded = decodeEvent({ ...started, version });
    assert.ok(!decoded.ok);
    assert.equal(decoded.path, "$.version");
  }
});

test("a schema around an event names the path inside the event", () => {
  const finished = { ...started, kind: "JobFinished", result: { outcome: { kind: "cancelled" }, streams: [{}] } };
  const decoded = decode(journalEventSchema.array(), [started, finished]);
  assert.ok(!decoded.ok);
  assert.equal(decoded.path, "$[1].result.streams[0].stream");
});

test("every schema is filed under the kind it decodes", () => {
  for (const [kind, schema] of Object.entries(eventSchemas)) {
    const decoded = decode<unknown>(schema, { kind: "NoSuchKind" });
    assert.ok(!decoded.ok);
    assert.ok(decoded.path === "$.kind" && decoded.problem.includes(`"${kind}"`), `${kind}: ${decoded.problem}`);
  }
});

test("an event of an old version is raised step by step, and only as far as it is old", () => {
  const schema = z.strictObject({ version: z.literal(3), leaseMs: z.number(), reason: z.string() });
  const upcasters = [
    // Version 1 counted in seconds; version 2 had no reason.
    (event: Readonly<Record<string, unknown>>) => ({ version: 2, leaseMs: Number(event["seconds"]) * 1_000 }),
    (event: Readonly<Record<string, unknown>>) => ({ ...event, version: 3, reason: "not recorded" }),
  ];
  const raised = { ok: true, value: { version: 3, leaseMs: 5_000, reason: "not recorded" } };
  assert.deepEqual(decodeVersion({ version: 1, seconds: 5 }, schema, upcasters), raised);
  assert.deepEqual(decodeVersion({ version: 2, leaseMs: 5_000 }, schema, upcasters), raised);
  assert.deepEqual(decodeVersion(raised.value, schema, upcasters), raised);
  const newer = decodeVersion({ ...raised.value, version: 4 }, schema, upcasters);
  assert.ok(!newer.ok && newer.path === "$.version" && newer.problem.includes("knows up to 3"));
  const broken = decodeVersion({ version: 2, leaseMs: "5" }, schema, upcasters);
  assert.ok(!broken.ok && broken.path === "$.leaseMs");
});
