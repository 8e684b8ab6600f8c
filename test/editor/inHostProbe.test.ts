// Running inside the extension host proves itself with the fixture extension: claims pass, and fail, where they should.
// It must never test our own extension.
import assert from "node:assert/strict";
import { test } from "node:test";
import { inHostBundle, inHostTest, runInHost } from "./host/inHostRun.ts";
import { packFixture } from "./host/vsixFile.ts";

inHostTest("claims are proved inside the extension host, against the packaged fixture", "probe", () => {
  return { extensions: [packFixture("probe")] };
});

test("a claim inside the extension host that does not hold fails, with its reason", { timeout: 290_000 }, async () => {
  const { results } = await runInHost(inHostBundle("probe"), {
    extensions: [packFixture("probe")],
    environment: { ARW_FALSE_CLAIM: "1" },
  });
  const [last] = results.toReversed();
  assert.equal(last?.name, "this is false on purpose");
  assert.match(last?.problem ?? "", /AssertionError.*false on purpose/s);
  assert.equal(results.filter(({ problem }) => problem === undefined).length, results.length - 1);
});
