// A rule in words: what it does, where and with which obligations; foreign text in it is never markup.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { PolicyRule } from "#protocol/policy.ts";
import { byteCount } from "#protocol/quantities.ts";
import { plain, ruleText } from "./ruleText.ts";

const RULE: PolicyRule = { id: "big-things", effect: "ask", actions: ["offload"], reason: "Big things cost." };

test("a rule without conditions counts always", () => {
  assert.match(ruleText(RULE, "home"), /^\*\*Asks before\*\* `offload`, always\.[\s\S]*Big things cost/u);
});

test("each condition and each obligation is said", () => {
  const text = ruleText(
    {
      ...RULE,
      effect: "allow",
      subjects: [{ kind: "client", ids: ["cli"] }, { kind: "agent" }],
      resource: { paths: ["src/**"], classes: ["public"], bytesMax: byteCount(10), models: ["demo"] },
      destination: { nodes: ["gpu-box"], locations: ["home"], trusted: true, paidOnly: false },
      purposes: ["ask"],
      time: { days: ["mon", "tue"], hoursUtc: { from: "08:00", until: "18:00" } },
      obligations: { redact: true, bytesMax: byteCount(5), sandbox: "strict", reviewResult: true },
    },
    "home",
  );
  for (const said of [
    "client cli` or `any agent",
    "every path is within `src/**`",
    "highest class is `public`",
    "at most 10 bytes",
    "model is `demo`",
    "goes to `gpu-box`",
    "stands in `home`",
    "stated as trusted",
    "unpaid work too",
    "it is for `ask`",
    "`mon` or `tue`",
    "between 08:00 and 18:00 UTC",
    "secrets are taken out",
    "more than 5 bytes are denied",
    "runs strict or not at all",
    "looked at first",
  ]) {
    assert.ok(text.includes(said), `${said} is not in ${text}`);
  }
});

test("a deny says that no lease helps, and a workspace's allow that it has no effect", () => {
  assert.match(ruleText({ ...RULE, effect: "deny" }, "home"), /beats every lease and every approval/u);
  assert.match(ruleText({ ...RULE, effect: "allow" }, "workspace"), /has no effect/u);
});

test("long lists are shortened, and say so", () => {
  const nodes = Array.from({ length: 9 }, (_, index) => `n${index}`);
  assert.match(ruleText({ ...RULE, destination: { nodes } }, "home"), /`n5` or one of 3 more/u);
});

test("a name with markup in it stays text", () => {
  const wicked = "[x](command:arw.adoptPolicy) `<img>` **bold**\n# big";
  assert.doesNotMatch(plain(wicked), /(?<!\\)[[\]()<>*#`]|\n/u);
  const text = ruleText({ ...RULE, destination: { nodes: [wicked] }, reason: wicked }, "home");
  assert.doesNotMatch(text, /(?<!\\)\]\(command:(?![^\n]*`)/u);
});
