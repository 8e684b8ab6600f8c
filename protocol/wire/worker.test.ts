// A message is decoded by its kind: the error names the member that is wrong, and neither side speaks the other's part.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readFixtures } from "../../test/protocolFixtures.ts";
import { decode } from "../decode.ts";
import { homeEnvelopeSchema, NEED_BLOBS_MAX, workerEnvelopeSchema } from "./worker.ts";

const bodies = (side: "worker" | "home"): readonly (readonly [kind: string, envelope: object])[] =>
  readFixtures(`protocol/wire/fixtures/${side}`).flatMap(({ name, value }) =>
    typeof value === "object" && value !== null ? [[name, value] as const] : [],
  );

test("neither side's messages are taken from the other, a blob's chunk excepted", () => {
  for (const [kind, envelope] of bodies("worker")) {
    assert.equal(decode(homeEnvelopeSchema, envelope).ok, kind === "blob", kind);
  }
  for (const [kind, envelope] of bodies("home")) {
    assert.equal(decode(workerEnvelopeSchema, envelope).ok, kind === "blob", kind);
  }
});

test("a foreign, missing or inherited kind is refused at the kind", () => {
  const [, envelope] = bodies("worker").find(([kind]) => kind === "heartbeat") ?? ["", {}];
  for (const body of [{ kind: "welcome" }, { kind: "constructor" }, { kind: "__proto__" }, { kind: 1 }, {}, []]) {
    const decoded = decode(workerEnvelopeSchema, { ...envelope, body });
    assert.ok(!decoded.ok);
    assert.equal(decoded.path, "$.body.kind");
  }
  const decoded = decode(workerEnvelopeSchema, { ...envelope, body: "heartbeat" });
  assert.ok(!decoded.ok);
  assert.equal(decoded.path, "$.body");
});

test("an envelope of another version, workspace form or sequence is refused at that member", () => {
  const [, envelope] = bodies("worker")[0] ?? ["", {}];
  for (const [member, value] of Object.entries({ v: 2, workspaceId: "ws_short", sequence: 0 })) {
    const decoded = decode(workerEnvelopeSchema, { ...envelope, [member]: value });
    assert.ok(!decoded.ok);
    assert.equal(decoded.path, `$.${member}`);
  }
});

test("a need of NEED_BLOBS_MAX blobs is read, one more or none is refused", () => {
  const need = bodies("worker").find(([kind]) => kind === "need")?.[1] ?? {};
  const body: unknown = Reflect.get(need, "body");
  assert.ok(typeof body === "object" && body !== null);
  const blob = { digest: `sha256:${"0".repeat(64)}`, fromByte: 0 };
  const withBlobs = (count: number): boolean =>
    decode(workerEnvelopeSchema, { ...need, body: { ...body, blobs: Array.from({ length: count }, () => blob) } }).ok;
  assert.ok(withBlobs(1) && withBlobs(NEED_BLOBS_MAX));
  assert.ok(!withBlobs(0) && !withBlobs(NEED_BLOBS_MAX + 1));
});
