// The facts that several decisions on staged actions have in common: that one waits, and which one is meant.
import type { Digest } from "#protocol/digest.ts";
import type { ActionStaged } from "#protocol/stagingEvents.ts";
import type { EpisodeId, StagedId } from "#protocol/ids.ts";
import type { EpochMs } from "#protocol/quantities.ts";
import type { Evidence, StagedAction } from "#protocol/staging.ts";
import { riskOf } from "./risk.ts";
import type { HeldStaged } from "./state.ts";

interface Staging {
  readonly stagedId: StagedId;
  readonly corrId?: EpisodeId;
  readonly action: StagedAction;
  readonly digest: Digest;
  readonly title: string;
  readonly evidence: readonly Evidence[];
  readonly requestedBy: string;
  readonly revision: number;
}

/** An item that waits from now on, with its risk as the table has it. */
export function staged(at: EpochMs, of: Staging): ActionStaged {
  const { stagedId, corrId, action, digest, title, evidence, requestedBy, revision } = of;
  const episode = corrId === undefined ? {} : { corrId };
  const risk = riskOf(action);
  const fact = { kind: "ActionStaged", version: 1, at } as const;
  return { ...fact, ...episode, stagedId, action, digest, risk, title, evidence, requestedBy, revision };
}

export function about(held: HeldStaged): { readonly corrId?: EpisodeId; readonly stagedId: StagedId } {
  return { ...episodeOf(held), stagedId: held.stagedId };
}

export function episodeOf({ corrId }: HeldStaged): { readonly corrId?: EpisodeId } {
  return corrId === undefined ? {} : { corrId };
}
