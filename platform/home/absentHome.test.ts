// Which errors of a connect mean that there is no Home, and which mean a Home that this user may not reach: the first starts one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isHomeAbsent } from "./absentHome.ts";

const failed = (code: string): Error => Object.assign(new Error(`connect ${code}`), { code });

test("a socket that is missing, or that nobody holds, has no Home", () => {
  for (const code of ["ENOENT", "ECONNREFUSED"]) assert.ok(isHomeAbsent(failed(code)), code);
});

test("a Home that was killed before it took the connection is absent, so that another is started", () => {
  assert.ok(isHomeAbsent(failed("ECONNRESET")));
});

test("a socket that this user may not open is no absent Home", () => {
  for (const cause of [failed("EACCES"), failed("EPERM"), new Error("no code"), undefined]) {
    assert.ok(!isHomeAbsent(cause));
  }
});
