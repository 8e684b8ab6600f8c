// What must hold for whatever a rule lets happen: of several the strictest counts, and what cannot be kept denies.
import type { PolicyObligations, SandboxLevel } from "#protocol/policy.ts";
import type { NodeCapabilities, SandboxRule } from "#protocol/node.ts";
import type { PolicyRequest } from "./request.ts";

export function strictest(one: PolicyObligations, other: PolicyObligations): PolicyObligations {
  const bytesMax =
    one.bytesMax === undefined || (other.bytesMax !== undefined && other.bytesMax < one.bytesMax)
      ? other.bytesMax
      : one.bytesMax;
  const sandbox = rankOf(one.sandbox) >= rankOf(other.sandbox) ? one.sandbox : other.sandbox;
  return {
    ...(one.redact === true || other.redact === true ? { redact: true } : {}),
    ...(bytesMax === undefined ? {} : { bytesMax }),
    ...(sandbox === undefined ? {} : { sandbox }),
    ...(one.reviewResult === true || other.reviewResult === true ? { reviewResult: true } : {}),
  };
}

/** Why the request cannot keep to the obligations; undefined where it can. */
export function unmetObligation(
  { bytesMax, redact, sandbox }: PolicyObligations,
  { action, resource, destination, purpose }: PolicyRequest,
): string | undefined {
  // A placeholder would break a command's build, so what goes into one is never rewritten: a duty to redact it cannot be kept.
  if (redact === true && action === "offload" && purpose === "command")
    return "The rule wants it redacted, and a command's input never is.";
  if (bytesMax !== undefined && resource.bytes > bytesMax) {
    return `It is ${resource.bytes} bytes, and the rule lets at most ${bytesMax} through.`;
  }
  if (sandbox === undefined || destination === undefined) return undefined;
  if (rankOf(destination.sandbox) >= rankOf(sandbox)) return undefined;
  return `The rule needs a sandbox that is ${sandbox}; that of ${destination.name} is ${destination.sandbox}.`;
}

const RANKS: Readonly<Record<SandboxLevel, number>> = { none: 0, sandboxed: 1, strict: 2 };

function rankOf(level: SandboxLevel | undefined): number {
  return level === undefined ? -1 : RANKS[level];
}

/** What a sandbox must enforce to be called strict. */
const STRICT: readonly SandboxRule[] = [
  "no-network",
  "scrubbed-environment",
  "private-files",
  "private-processes",
  "memory-limit",
  "process-limit",
  "seccomp",
];

/** What a node says its sandbox is worth. A node that has said nothing has none. */
export function sandboxLevel(capabilities: NodeCapabilities | undefined): SandboxLevel {
  const sandbox = capabilities?.sandbox;
  if (sandbox === undefined || sandbox.kind === "none") return "none";
  return STRICT.every((rule) => sandbox.enforces.includes(rule)) ? "strict" : "sandboxed";
}
