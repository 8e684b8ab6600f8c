// The table of members is the schema's: a document with every member of the table is a policy, and the table knows every
// member of a document that has them all.
import assert from "node:assert/strict";
import { test } from "node:test";
import { policyDocumentSchema } from "#protocol/policy.ts";
import { memberAt, type PolicyShape, shapeAt } from "./policyMembers.ts";

const NODE_ID = `node_${"a".repeat(52)}`;

/** Every member that there is, once. */
const WHOLE = {
  version: 1,
  name: "all of it",
  gates: { noEgress: false },
  nodes: [
    {
      node: "gpu-box",
      trusted: true,
      location: "home",
      paidOnly: false,
      prices: {
        currency: "EUR",
        perThousandTokensIn: 1,
        perThousandTokensOut: 1,
        perToolMinute: 2_000,
        perGigabyteIn: 0,
      },
    },
  ],
  rules: [
    {
      id: "all-members",
      effect: "ask",
      actions: ["offload"],
      subjects: [{ kind: "client", ids: ["cli"] }],
      resource: { paths: ["src/**"], classes: ["internal"], bytesMax: 10, bytesOver: 1, models: ["demo"] },
      destination: { nodes: ["gpu-box"], keys: [NODE_ID], locations: ["home"], trusted: true, paidOnly: false },
      purposes: ["command"],
      time: {
        days: ["mon"],
        hoursUtc: { from: "08:00", until: "18:00" },
        notBefore: "2027-01-01T00:00:00Z",
        notAfter: "2027-12-31T00:00:00Z",
      },
      obligations: { redact: true, bytesMax: 10, sandbox: "sandboxed", reviewResult: true },
      reason: "to have every member",
    },
  ],
};

function pathsOf(value: unknown, path: readonly (string | number)[] = []): readonly (readonly (string | number)[])[] {
  if (Array.isArray(value)) return value.flatMap((entry, index) => pathsOf(entry, [...path, index]));
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([name, entry]) => pathsOf(entry, [...path, name]))];
}

function membersOf(shape: PolicyShape | undefined, path: string): readonly string[] {
  if (shape?.kind === "list") return membersOf(shape.of, path);
  if (shape?.kind !== "object") return [];
  return Object.entries(shape.members).flatMap(([name, member]) => [
    `${path}${name}`,
    ...membersOf(member.shape, `${path}${name}.`),
  ]);
}

test("a document with every member of the table is a policy", () => {
  const decoded = policyDocumentSchema.safeParse(WHOLE);
  const problem = decoded.success ? "" : JSON.stringify(decoded.error.issues);
  assert.ok(decoded.success || problem.includes("keys"), problem);
  const named = new Set(pathsOf(WHOLE).map((path) => path.filter((key) => typeof key === "string").join(".")));
  for (const member of membersOf(shapeAt([]), "")) assert.ok(named.has(member), `${member} is in no document`);
});

test("the table knows every member of a policy, and says what it means", () => {
  for (const path of pathsOf(WHOLE)) {
    assert.notEqual(shapeAt(path), undefined, path.join("."));
    if (typeof path.at(-1) === "string") assert.match(memberAt(path)?.about ?? "", /\w.*\.$/u, path.join("."));
  }
});

test("choices of the table are those of the schema, each of them", () => {
  const rule = WHOLE.rules[0];
  for (const [path, change] of [
    [["rules", 0, "effect"], (value: string) => ({ effect: value })],
    [["rules", 0, "actions", 0], (value: string) => ({ actions: [value] })],
    [["rules", 0, "subjects", 0, "kind"], (value: string) => ({ subjects: [{ kind: value }] })],
    [["rules", 0, "resource", "classes", 0], (value: string) => ({ resource: { classes: [value] } })],
    [["rules", 0, "time", "days", 0], (value: string) => ({ time: { days: [value] } })],
    [["rules", 0, "obligations", "sandbox"], (value: string) => ({ obligations: { sandbox: value } })],
  ] as const) {
    const shape = shapeAt(path);
    assert.ok(shape?.kind === "choice", path.join("."));
    for (const value of shape.values) {
      const { destination: _, ...rest } = rule ?? {};
      const changed = { ...WHOLE, rules: [{ ...rest, ...change(value) }] };
      assert.ok(policyDocumentSchema.safeParse(changed).success, `${path.join(".")} ${value}`);
    }
  }
});

test("what no policy has is unknown, also where it looks like an object's own", () => {
  for (const path of [["colour"], ["rules", 0, "constructor"], ["__proto__"], ["rules", "length"], ["name", 0]]) {
    assert.equal(shapeAt(path), undefined, path.join("."));
    assert.equal(memberAt(path), undefined, path.join("."));
  }
});
