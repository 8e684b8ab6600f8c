// Random policy documents and requests from few words, so that rules often fit, and often nearly do.
import fc from "fast-check";
import type { PolicyDocument, PolicyObligations, PolicyRule } from "#protocol/policy.ts";
import { byteCount, epochMs } from "#protocol/quantities.ts";
import type { PolicyInForce } from "../../server/src/home/policy/evaluate.ts";
import type { PolicyDestination, PolicyRequest } from "../../server/src/home/policy/request.ts";
import { ATTIC, GPU } from "./homeScenario.ts";

const ACTIONS = ["offload", "blob-fetch", "tool", "belief-export", "feature-export", "guest-view", "run-here"] as const;
const CLASSES = ["public", "internal", "secret", "regulated"] as const;
const KINDS = ["client", "agent"] as const;
const SANDBOXES = ["none", "sandboxed", "strict"] as const;
const LOCATIONS = ["home", "lab"] as const;
const HOURS = ["00:00", "08:00", "12:30", "18:00", "23:59"] as const;
const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
/** 1 March 2027 is a Monday. */
const MOMENTS = [
  "2027-03-01T08:00:00Z",
  "2027-03-01T12:30:00Z",
  "2027-03-02T00:00:00Z",
  "2027-03-06T18:00:00Z",
] as const;
const BYTES = [0, 10, 11, 100] as const;
/** Only those that another matcher can be told exactly: a name, what is beneath a folder, everything, an ending. */
const GLOBS = ["src", "src/a.ts", "src/**", "docs/**", "**", "*.ts", "README.md"] as const;
const PATHS = ["src/a.ts", "src/lib/b.ts", "docs/src", "README.md", "a.ts", "docs/x.ts/y"] as const;

function some<Item>(items: readonly Item[]): fc.Arbitrary<readonly Item[]> {
  return fc.uniqueArray(fc.constantFrom(...items), { minLength: 1, maxLength: 3 });
}

/** Each member is there in about one of three. */
function sparse<Members extends object>(
  members: { readonly [Name in keyof Members]-?: fc.Arbitrary<NonNullable<Members[Name]>> },
): fc.Arbitrary<Partial<Members>> {
  const absent = Symbol("absent");
  const maybe = Object.fromEntries(
    Object.entries<fc.Arbitrary<unknown>>(members).map(([name, values]) => [
      name,
      fc.oneof({ weight: 2, arbitrary: fc.constant<unknown>(absent) }, { weight: 1, arbitrary: values }),
    ]),
  );
  return fc.record(maybe).map((made) => {
    const present: Partial<Members> = {};
    for (const [name, value] of Object.entries(made)) if (value !== absent) Reflect.set(present, name, value);
    return present;
  });
}

const size = fc.constantFrom(...BYTES).map(byteCount);

const obligations: fc.Arbitrary<PolicyObligations> = sparse<PolicyObligations>({
  redact: fc.boolean(),
  bytesMax: size,
  sandbox: fc.constantFrom(...SANDBOXES),
  reviewResult: fc.boolean(),
});

const conditions = sparse<Omit<PolicyRule, "id" | "effect" | "actions" | "reason">>({
  subjects: fc.array(
    fc.oneof(
      fc.record({ kind: fc.constantFrom(...KINDS) }),
      fc.record({ kind: fc.constantFrom(...KINDS), ids: some(["cli", "reviewer"]) }),
    ),
    { minLength: 1, maxLength: 2 },
  ),
  resource: sparse<NonNullable<PolicyRule["resource"]>>({
    paths: some(GLOBS),
    classes: some(CLASSES),
    bytesMax: size,
    bytesOver: size,
    models: some(["demo", "other"]),
  }),
  destination: sparse<NonNullable<PolicyRule["destination"]>>({
    nodes: some([GPU.name, ATTIC.name]),
    keys: some([GPU.nodeId, ATTIC.nodeId]),
    locations: some(LOCATIONS),
    trusted: fc.boolean(),
    paidOnly: fc.boolean(),
  }),
  purposes: some(["command", "ask"]),
  time: sparse<NonNullable<PolicyRule["time"]>>({
    days: some(DAYS),
    hoursUtc: fc.record({ from: fc.constantFrom(...HOURS), until: fc.constantFrom(...HOURS) }),
    notBefore: fc.constantFrom(...MOMENTS),
    notAfter: fc.constantFrom(...MOMENTS),
  }),
  obligations,
});

const rule: fc.Arbitrary<Omit<PolicyRule, "id">> = fc
  .record({
    effect: fc.constantFrom("allow", "allow", "ask", "deny"),
    actions: some(ACTIONS),
    reason: fc.constant("a reason"),
    conditions,
  })
  .map(({ conditions: when, ...of }) => ({ ...of, ...when }));

export const policyDocuments: fc.Arbitrary<PolicyDocument> = fc
  .record({
    noEgress: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    nodes: fc.uniqueArray(
      fc
        .tuple(
          fc.constantFrom<string>(GPU.name, ATTIC.name, GPU.nodeId),
          sparse<{ trusted: boolean; location: string; paidOnly: boolean }>({
            trusted: fc.boolean(),
            location: fc.constantFrom(...LOCATIONS),
            paidOnly: fc.boolean(),
          }),
        )
        .map(([node, facts]) => ({ node, ...facts })),
      { maxLength: 3, selector: ({ node }) => node },
    ),
    rules: fc.array(rule, { maxLength: 7 }),
  })
  .map(({ noEgress, nodes, rules }) => ({
    version: 1,
    name: "random",
    gates: { noEgress },
    nodes,
    rules: rules.map((made, index) => ({ id: `rule-${index}`, ...made })),
  }));

export const policiesInForce: fc.Arbitrary<PolicyInForce> = fc
  .record({ home: policyDocuments, workspace: fc.option(policyDocuments, { nil: undefined }) })
  .map(({ home, workspace }) => ({
    home: { document: home },
    ...(workspace === undefined ? {} : { workspace: { document: workspace } }),
  }));

const destination: fc.Arbitrary<PolicyDestination> = fc
  .record({
    node: fc.constantFrom(GPU, ATTIC),
    status: fc.oneof(
      { weight: 6, arbitrary: fc.constant("ready" as const) },
      { weight: 1, arbitrary: fc.constantFrom("unreachable", "pending", "revoked", "unknown") },
    ),
    sandbox: fc.constantFrom(...SANDBOXES),
    priceKnown: fc.boolean(),
  })
  .map(({ node, ...of }) => ({ nodeId: node.nodeId, name: node.name, ...of }));

export const policyRequests: fc.Arbitrary<PolicyRequest> = fc
  .record({
    action: fc.constantFrom("offload", "offload", "offload", ...ACTIONS),
    subject: fc.record({ kind: fc.constantFrom(...KINDS), id: fc.constantFrom("cli", "reviewer") }),
    resource: fc.record({
      paths: fc.uniqueArray(fc.constantFrom(...PATHS), { maxLength: 3 }),
      classification: fc.constantFrom("public", "internal", "internal", ...CLASSES),
      bytes: fc.constantFrom(...BYTES),
      models: fc.constantFrom<readonly string[]>([], ["demo"], ["demo", "sha256:0"]),
    }),
    destination: fc.option(destination, { nil: undefined, freq: 8 }),
    purpose: fc.constantFrom("command", "ask"),
    at: fc
      .constantFrom(...MOMENTS)
      .chain((moment) => fc.constantFrom(-60_000, -1, 0, 1).map((offMs) => epochMs(Date.parse(moment) + offMs))),
  })
  .map(({ destination: to, ...of }) => (to === undefined ? of : { ...of, destination: to }));

/** The same ones each time. */
export function sampledRequests(count: number): readonly PolicyRequest[] {
  return fc.sample(policyRequests, { numRuns: count, seed: 1 });
}
