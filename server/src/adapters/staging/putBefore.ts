// Puts an action before the owner instead of doing it. Whatever fails here, the action is not done: the answer is always a
// refusal, which says where it waits, or why it does not even wait.
import { type Refusal, refuse } from "#protocol/errors.ts";
import { type EpisodeId, stagedId } from "#protocol/ids.ts";
import { type Evidence, STAGED_EVIDENCE_MAX, type StagedAction, stagedDigest } from "#protocol/staging.ts";
import { asHeldHere } from "../../home/staging/action.ts";
import { pendingStaged, stagingOf } from "../../home/staging/state.ts";
import { type HomeServices, requesterOf } from "../api/services.ts";
import type { ClientSession } from "../clientServer/homeApi.ts";
import { mint } from "../mint.ts";

export interface Asked {
  readonly action: StagedAction;
  readonly title: string;
  readonly evidence: readonly Evidence[];
  /** Why it waits, in words. */
  readonly why: string;
  readonly episodeId?: EpisodeId;
}

/** The code of the refusal that says where an action waits. */
const WAITS = "waits-for-owner";

export async function putBeforeOwner(
  { home, now }: Pick<HomeServices, "home" | "now">,
  session: ClientSession,
  { action, title, evidence, why, episodeId }: Asked,
): Promise<Refusal> {
  const id = mint(stagedId);
  const by = requesterOf(session);
  const asked: Evidence = { kind: "asked", by: by.client, why };
  const executed = await home.execute({
    kind: "stage-action",
    at: now(),
    by,
    stagedId: id,
    ...(episodeId === undefined ? {} : { episodeId }),
    action,
    title,
    evidence: [asked, ...evidence].slice(0, STAGED_EVIDENCE_MAX),
  });
  if (executed.kind === "refusal") return executed;
  // The same question as one that waits already.
  const waiting = executed.events.length > 0 ? id : sameQuestion(home, action);
  return refuse(
    WAITS,
    `${title}: this waits for the owner. ${why} Nothing was done.`,
    `Read it, then answer it: arw-home staged show ${waiting}.`,
  );
}

function sameQuestion({ state }: HomeServices["home"], action: StagedAction): string {
  const found = asHeldHere(state, action);
  if (found.kind === "refusal") return "list";
  const digest = stagedDigest(found);
  return pendingStaged(stagingOf(state)).find((held) => held.digest === digest)?.stagedId ?? "list";
}
