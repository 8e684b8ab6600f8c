// The language server as an editor speaks to it: documents are opened, typed in and closed; it underlines, completes, explains,
// mends and counts, and what it is told wrongly ends nothing.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { idsOf } from "../../../../test/simulation/homeCommands.ts";
import { epochMs } from "#protocol/quantities.ts";
import type { NodeView } from "#protocol/wire/clientViews.ts";
import type { CheckPolicyResult } from "#protocol/wire/policyViews.ts";
import { GPU } from "../../../../test/simulation/homeScenario.ts";
import type { ClientSession } from "../clientServer/homeApi.ts";
import { policyFindings } from "../policy/findings.ts";
import { POSTURE_TEXTS } from "../policy/postures.ts";
import { readPolicy } from "../policy/readPolicy.ts";
import { OPEN_POLICIES_MAX, PolicyLanguage } from "./policyLanguage.ts";

const HOME_URI = "file:///state/homes/ws_1/policy.jsonc";
const WORKSPACE_URI = "file:///projects/parser/.arw/policy.jsonc";
const SESSION: ClientSession = { client: "editor", owner: false, signal: new AbortController().signal };
const { episodeId: EPISODE } = idsOf(1);
const DECIDED = {
  episodeId: EPISODE,
  title: "npm [test]",
  destination: "gpu-box",
  at: epochMs(1_764_000_000_000),
} as const;

const WORKER: NodeView = {
  nodeId: GPU.nodeId,
  name: "gpu-box",
  local: false,
  state: "ready",
  reason: "connected",
  since: epochMs(0),
  keyWords: ["amber", "harbour"],
  running: 0,
};

const TEXT = `{
  "version": 1,
  "name": "mine",
  "rules": [
    { "id": "one", "effect": "deny", "actions": ["offload"], "destination": { "nodes": ["gpubox"] }, "reason": "so" }
  ]
}
`;

interface Bench {
  readonly language: PolicyLanguage;
  readonly checked: string[];
  /** The next notification about the document. */
  readonly underlined: () => Promise<{
    readonly uri: string;
    readonly diagnostics: readonly { readonly code: string }[];
  }>;
  readonly ask: (method: string, params: object) => Promise<unknown>;
}

function bench(t: TestContext, sent = true): Bench {
  const checked: string[] = [];
  const told: unknown[] = [];
  let hear: () => void = () => undefined;
  const check = async (text: string, of: "home" | "workspace"): Promise<CheckPolicyResult> => {
    checked.push(`${of} ${text.length}`);
    const reading = readPolicy(text);
    const findings = policyFindings(reading, of, { names: new Set(["gpu-box"]), ids: new Set() });
    if (reading.document === undefined) return { findings, changed: [], looked: 0, decided: [] };
    const changed = [{ ...DECIDED, before: "ask", after: "deny", explanation: "so", recorded: true }] as const;
    return {
      name: "mine",
      findings,
      changed,
      looked: 3,
      decided: [{ ...DECIDED, rule: "one", effect: "deny", recorded: sent }],
    };
  };
  const language = new PolicyLanguage({
    api: {
      checkPolicy: ({ text, of }) => check(text, of),
      showPolicy: async () => {
        return {
          epoch: 0,
          name: "ask-always",
          text: POSTURE_TEXTS["ask-always"],
          file: "/state/policy.jsonc",
          edited: false,
          findings: [],
        };
      },
      listNodes: async () => ({ nodes: [WORKER] }),
    },
    session: SESSION,
    notify: (method, params) => {
      assert.equal(method, "textDocument/publishDiagnostics");
      told.push(params);
      hear();
    },
    onTrouble: (what, error) => assert.fail(`${what}: ${String(error)}`),
  });
  t.after(() => language[Symbol.dispose]());
  const underlined = async (): Promise<{ uri: string; diagnostics: readonly { code: string }[] }> => {
    if (told.length === 0) await new Promise<void>((resolve) => (hear = resolve));
    return JSON.parse(JSON.stringify(told.shift()));
  };
  const ask = async (method: string, params: object): Promise<unknown> => {
    const answer = language.request(method, params);
    assert.ok(answer !== undefined, method);
    return JSON.parse(JSON.stringify(await answer));
  };
  return { language, checked, underlined, ask };
}

function open(language: PolicyLanguage, uri: string, text: string): void {
  language.notified("textDocument/didOpen", { textDocument: { uri, languageId: "arw-policy", version: 1, text } });
}

function change(language: PolicyLanguage, uri: string, text: string): void {
  language.notified("textDocument/didChange", { textDocument: { uri, version: 2 }, contentChanges: [{ text }] });
}

const at = (uri: string, line: number, character: number): object => ({
  textDocument: { uri },
  position: { line, character },
});

test("what is wrong is underlined with its code, cause and fix, and nothing is once it is closed", async (t) => {
  const { language, underlined } = bench(t);
  open(language, HOME_URI, TEXT);
  const found = await underlined();
  assert.deepEqual([found.uri, found.diagnostics.map(({ code }) => code)], [HOME_URI, ["policy-unknown-node"]]);
  assert.match(JSON.stringify(found.diagnostics), /gpubox[\s\S]*arw-home nodes/u);
  language.notified("textDocument/didClose", { textDocument: { uri: HOME_URI } });
  assert.deepEqual((await underlined()).diagnostics, []);
});

test("a text is judged once it rests, and what is typed past is never judged", async (t) => {
  const { language, underlined, checked } = bench(t);
  open(language, HOME_URI, "{");
  for (let index = 0; index < 20; index++) change(language, HOME_URI, TEXT.slice(0, index + 2));
  change(language, HOME_URI, TEXT);
  await underlined();
  assert.deepEqual(checked, [`home ${TEXT.length}`]);
});

test("the workspace's document is judged as one: what would loosen is found", async (t) => {
  const { language, underlined } = bench(t);
  open(language, WORKSPACE_URI, TEXT.replace("deny", "allow"));
  assert.deepEqual((await underlined()).diagnostics.map(({ code }) => code).toSorted(), [
    "policy-unknown-node",
    "policy-widens",
  ]);
});

test("a rule is explained with what it last decided, a member with what it means", async (t) => {
  const { language, ask } = bench(t);
  open(language, HOME_URI, TEXT);
  const rule = JSON.stringify(await ask("textDocument/hover", at(HOME_URI, 4, 13)));
  assert.match(rule, /\*\*Denies\*\* `offload` where/u);
  assert.match(rule, /Last: \*\*deny\*\*, \[npm \\\\\[test\\\\\]\]\(command:arw\.openTimeline\?/u);
  // What has a record leads to it; what policy denied at once never came so far.
  const given = encodeURIComponent(JSON.stringify([{ episode: { episodeId: EPISODE } }]));
  assert.ok(rule.includes(`[Its record in the ledger](command:arw.openLedger?${given})`));
  const unsent = bench(t, false);
  open(unsent.language, HOME_URI, TEXT);
  const unrecorded = JSON.stringify(await unsent.ask("textDocument/hover", at(HOME_URI, 4, 13)));
  assert.match(unrecorded, /Last: \*\*deny\*\*/u);
  assert.doesNotMatch(unrecorded, /openLedger/u);
  assert.match(JSON.stringify(await ask("textDocument/hover", at(HOME_URI, 4, 8))), /Its name, in lower-case words/u);
  assert.equal(await ask("textDocument/hover", at(HOME_URI, 0, 0)), null);
});

test("its lenses adopt what is not in force and show what it would have changed", async (t) => {
  const { language, ask } = bench(t);
  open(language, HOME_URI, TEXT);
  const lenses = JSON.stringify(await ask("textDocument/codeLens", { textDocument: { uri: HOME_URI } }));
  assert.match(lenses, /Not in force yet: adopt this policy…/u);
  assert.match(lenses, /Would have changed 1 of the last 3 offloads/u);
  change(language, HOME_URI, POSTURE_TEXTS["ask-always"]);
  assert.doesNotMatch(
    JSON.stringify(await ask("textDocument/codeLens", { textDocument: { uri: HOME_URI } })),
    /Not in force/u,
  );
  open(language, WORKSPACE_URI, TEXT);
  const theirs = JSON.stringify(await ask("textDocument/codeLens", { textDocument: { uri: WORKSPACE_URI } }));
  assert.doesNotMatch(theirs, /adopt/u);
});

test("values are completed in place, and a text is formatted without losing a comment", async (t) => {
  const { language, ask } = bench(t);
  open(language, HOME_URI, '{"rules":[{"effect":"" // why\n}]}');
  const items = JSON.stringify(await ask("textDocument/completion", at(HOME_URI, 0, 21)));
  assert.match(items, /"label":"deny"[\s\S]*"newText":"\\"deny\\""/u);
  const edits = JSON.stringify(await ask("textDocument/formatting", { textDocument: { uri: HOME_URI }, options: {} }));
  assert.match(edits, /newText/u);
  assert.doesNotMatch(edits, /why/u);
});

test("a fix stands where the finding does, and nowhere else", async (t) => {
  const { language, ask } = bench(t);
  open(language, HOME_URI, TEXT);
  const within = (line: number): object => ({
    textDocument: { uri: HOME_URI },
    range: { start: { line, character: 0 }, end: { line, character: 200 } },
    context: { diagnostics: [] },
  });
  assert.match(JSON.stringify(await ask("textDocument/codeAction", within(4))), /policy-unknown-node/u);
  assert.deepEqual(await ask("textDocument/codeAction", within(1)), []);
});

test("more documents than the limit are not kept, and one that is not open has no answers", async (t) => {
  const { language, ask, underlined } = bench(t);
  const uri = (index: number): string => `file:///p/${index}/.arw/policy.jsonc`;
  for (let index = 0; index <= OPEN_POLICIES_MAX; index++) open(language, uri(index), TEXT);
  await underlined();
  assert.notEqual(await ask("textDocument/hover", at(uri(0), 4, 13)), null);
  assert.equal(await ask("textDocument/hover", at(uri(OPEN_POLICIES_MAX), 4, 13)), null);
});

test("what is no question of an editor is refused or ignored, and ends nothing", async (t) => {
  const { language } = bench(t);
  assert.equal(language.request("textDocument/rename", {}), undefined);
  assert.equal(language.request("constructor", {}), undefined);
  for (const params of [undefined, {}, { textDocument: { uri: 1 } }, at(HOME_URI, -1, 0)]) {
    await assert.rejects(async () => language.request("textDocument/hover", params), { code: "params-invalid" });
    language.notified("textDocument/didOpen", params);
    language.notified("textDocument/didChange", params);
  }
});
