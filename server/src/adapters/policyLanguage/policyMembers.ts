// Every member that a policy document can have, what it means and what may stand there: what an editor offers and explains.
// The schema of `protocol/policy.ts` decides; a test holds this table to it.

/** Where values come from that only the running Home knows. */
export type ValueSource = "node-names" | "node-ids" | "models" | "locations";

export type PolicyShape =
  | { readonly kind: "object"; readonly members: Readonly<Record<string, PolicyMember>> }
  | { readonly kind: "list"; readonly of: PolicyShape }
  | { readonly kind: "choice"; readonly values: readonly string[] }
  | { readonly kind: "flag" }
  | { readonly kind: "number" }
  | { readonly kind: "text"; readonly from?: readonly ValueSource[] };

export interface PolicyMember {
  readonly about: string;
  readonly shape: PolicyShape;
}

/** What may stand at a path of the document; undefined where nothing may. */
export function shapeAt(path: readonly (string | number)[]): PolicyShape | undefined {
  let shape: PolicyShape | undefined = POLICY_SHAPE;
  for (const key of path) {
    if (shape?.kind === "list" && typeof key === "number") shape = shape.of;
    else if (shape?.kind === "object" && Object.hasOwn(shape.members, key)) shape = shape.members[key]?.shape;
    else return undefined;
  }
  return shape;
}

/** The member that a path ends with. */
export function memberAt(path: readonly (string | number)[]): PolicyMember | undefined {
  const name = path.at(-1);
  const around = shapeAt(path.slice(0, -1));
  return around?.kind === "object" && typeof name === "string" && Object.hasOwn(around.members, name)
    ? around.members[name]
    : undefined;
}

const text = (...from: readonly ValueSource[]): PolicyShape => ({ kind: "text", ...(from.length > 0 ? { from } : {}) });
const list = (of: PolicyShape): PolicyShape => ({ kind: "list", of });
const choice = (...values: readonly string[]): PolicyShape => ({ kind: "choice", values });
const object = (members: Readonly<Record<string, PolicyMember>>): PolicyShape => ({ kind: "object", members });
const FLAG: PolicyShape = { kind: "flag" };
const NUMBER: PolicyShape = { kind: "number" };

const RULE: PolicyShape = object({
  id: { about: "Its name, in lower-case words: shown wherever it decides.", shape: text() },
  effect: {
    about: "What it does. A deny beats an ask, an ask beats an allow, and what no rule grants is denied.",
    shape: choice("allow", "ask", "deny"),
  },
  actions: {
    about: "What is asked for. Today's Home asks for `offload` and `run-here`.",
    shape: list(choice("offload", "blob-fetch", "tool", "belief-export", "guest-view", "run-here")),
  },
  subjects: {
    about: "Who asks. A client names itself, so this tells clients apart and keeps none out.",
    shape: list(
      object({
        kind: { about: "What asks.", shape: choice("client", "node", "guest", "agent", "tool") },
        ids: { about: "Its names; absent means every one of its kind.", shape: list(text()) },
      }),
    ),
  },
  resource: {
    about: "What would be taken. To grant, all of it must fit; to ask or deny, one path is enough.",
    shape: object({
      paths: { about: "Globs of the workspace, such as `src/**`.", shape: list(text()) },
      classes: {
        about: "The highest class of all that is taken. Secret and regulated data never leave, whatever a rule says.",
        shape: list(choice("public", "internal", "secret", "regulated")),
      },
      bytesMax: { about: "Fits only up to so many bytes.", shape: NUMBER },
      bytesOver: { about: "Fits only above so many bytes.", shape: NUMBER },
      models: { about: "Names or digests of models.", shape: list(text("models")) },
    }),
  },
  destination: {
    about: "Where it would go.",
    shape: object({
      nodes: { about: "Workers by name.", shape: list(text("node-names")) },
      keys: {
        about: "Workers by id, which is a digest of their key: a name can be given again, this cannot.",
        shape: list(text("node-ids")),
      },
      locations: { about: "Where you said that the worker stands.", shape: list(text("locations")) },
      trusted: { about: "Whether you said that the worker is trusted.", shape: FLAG },
      paidOnly: { about: "Whether you said that the worker takes only paid work.", shape: FLAG },
    }),
  },
  purposes: { about: "What it is for; of an offload `command` or `ask`.", shape: list(choice("command", "ask")) },
  time: {
    about: "When it is decided, by universal time, so that no clock change moves it.",
    shape: object({
      days: { about: "Days of the week.", shape: list(choice("mon", "tue", "wed", "thu", "fri", "sat", "sun")) },
      hoursUtc: {
        about: "Hours of the day; past midnight where `from` is later than `until`.",
        shape: object({
          from: { about: "A time of day such as `08:30`.", shape: text() },
          until: { about: "A time of day such as `18:00`.", shape: text() },
        }),
      },
      notBefore: { about: "A moment such as `2027-01-31T18:00:00Z`.", shape: text() },
      notAfter: { about: "A moment such as `2027-01-31T18:00:00Z`.", shape: text() },
    }),
  },
  obligations: {
    about: "What must hold for whatever the rule lets happen. Of several rules the strictest counts.",
    shape: object({
      redact: {
        about: "Only what is redacted leaves: prompts are, and a command, whose input never is, is denied.",
        shape: FLAG,
      },
      bytesMax: { about: "More than so many bytes are denied.", shape: NUMBER },
      sandbox: {
        about: "How far a command is kept apart where it runs.",
        shape: choice("none", "sandboxed", "strict"),
      },
      reviewResult: {
        about: "What comes back should be looked at before anything uses it; shown, not enforced yet.",
        shape: FLAG,
      },
    }),
  },
  reason: { about: "Why, for whoever is stopped or asked by it.", shape: text() },
});

const PRICES: PolicyShape = object({
  currency: { about: "Three letters, such as `EUR`.", shape: text() },
  perThousandTokensIn: { about: "Millionths of the currency for 1,000 tokens that a model reads.", shape: NUMBER },
  perThousandTokensOut: { about: "Millionths of the currency for 1,000 tokens that a model answers.", shape: NUMBER },
  perToolMinute: { about: "Millionths of the currency for a minute of a command.", shape: NUMBER },
  perGigabyteIn: { about: "Millionths of the currency for 1,000,000,000 bytes that are sent there.", shape: NUMBER },
});

const POLICY_SHAPE: PolicyShape = object({
  version: { about: "The version of this form: 1.", shape: NUMBER },
  name: { about: "What people call this policy.", shape: text() },
  gates: {
    about: "Switches that no rule and no lease opens.",
    shape: object({ noEgress: { about: "Nothing leaves, whatever a rule or a lease says.", shape: FLAG } }),
  },
  nodes: {
    about: "What you state of workers. A workspace's policy states nothing of them.",
    shape: list(
      object({
        node: { about: "Its name or id. What is stated of an id counts alone.", shape: text("node-names", "node-ids") },
        trusted: { about: "For rules that ask whether it is trusted.", shape: FLAG },
        location: { about: "For rules that ask where it stands.", shape: text("locations") },
        paidOnly: { about: "Nothing goes there without a known price, and each is asked about.", shape: FLAG },
        prices: { about: "What it charges, by your word: counts in place of its own price card.", shape: PRICES },
      }),
    ),
  },
  rules: { about: "Every rule that fits counts; their order means nothing.", shape: list(RULE) },
});
