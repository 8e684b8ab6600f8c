// The leaves of nodes as the core knows them: a fingerprint and a text, which it never looks into.
import type { RotateCertificate } from "#protocol/commands.ts";
import { type Digest, digestOf } from "#protocol/digest.ts";
import { NOW, SHELL } from "./homeCommands.ts";
import type { TestNode } from "./homeScenario.ts";

/** The first is the enrolled one. */
export function leafOf(node: TestNode, number: number): { readonly fingerprint: Digest; readonly certificate: string } {
  const certificate = number === 1 ? `leaf of ${node.name}` : `leaf ${number} of ${node.name}`;
  return { fingerprint: digestOf(certificate), certificate };
}

/** The node's next leaf, over a link that was opened with the one before it. */
export function rotate(node: TestNode, number: number, change: Partial<RotateCertificate> = {}): RotateCertificate {
  const from = leafOf(node, number - 1).fingerprint;
  const { nodeId } = node;
  return { kind: "rotate-certificate", at: NOW, by: SHELL, nodeId, from, ...leafOf(node, number), ...change };
}
