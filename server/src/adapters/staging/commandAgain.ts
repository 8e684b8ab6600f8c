// A staged command, collected once more just before it is approved or run: the job that would run now, with what was kept out of
// its inputs kept out again. Where a file of its inputs has changed since, it is another job.
import type { CommandJob } from "#protocol/job.ts";
import type { Refusal } from "#protocol/errors.ts";
import type { NodeId } from "#protocol/ids.ts";
import type { Evidence } from "#protocol/staging.ts";
import { classesIn } from "../../home/egress/classMarks.ts";
import { globsOf } from "../../home/egress/neverLeaves.ts";
import { type Placement, place } from "../../home/scheduler/place.ts";
import { type CollectedJob, collectJob } from "../api/jobInputs.ts";
import type { HomeServices } from "../api/services.ts";

export async function collectAgain(
  services: HomeServices,
  { argv, folder, outputs, dependencies, limits }: Omit<CommandJob, "tree">,
  target: NodeId,
  leaveOut: readonly string[],
  signal: AbortSignal,
): Promise<(CollectedJob & { readonly placed: Placement }) | Refusal> {
  const { identity, nodes, egress } = services.home.state;
  const placed = place(nodes, identity.nodeId, { kind: "command" }, target);
  if (placed.kind === "refusal") return placed;
  const { wallMs, memoryBytes } = limits;
  const request = { kind: "command", argv, folder, outputs, dependencies, wallMs, memoryBytes, leaveOut } as const;
  const marks = { neverLeaves: globsOf(egress), classOf: classesIn(egress) };
  const collected = await collectJob({ ...services, ...marks }, request, placed, signal);
  return collected.kind === "refusal" ? collected : { ...collected, placed };
}

/** The globs that the request kept out, as its evidence has them. */
export function leftOutOf(evidence: readonly Evidence[]): readonly string[] {
  return evidence.find((piece) => piece.kind === "command")?.leaveOut ?? [];
}
