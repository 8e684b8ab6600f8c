// What is said when a person comes back to the window: what came to wait meanwhile, and which episodes ended. One sentence or
// two, once; nothing is said of an absence in which nothing happened, or of a short one.
import * as vscode from "vscode";
import type { HomeFacts } from "../home/homeMirror.ts";
import { agoText } from "../views/ago.ts";
import { waitingKey, waitsSinceMs } from "./waitingKeys.ts";

/** How things stood when the window lost the focus. */
export interface Left {
  readonly waiting: ReadonlySet<string>;
  readonly ended: ReadonlySet<string>;
}

interface Digest {
  /** Things that came to wait, and the oldest of them. */
  readonly waited: number;
  readonly oldestSinceMs: number;
  readonly ended: number;
  readonly failed: number;
}

export function leftWith(facts: HomeFacts): Left {
  const ended = facts.episodes.filter(({ state }) => state === "finished").map(({ episodeId }) => episodeId);
  return { waiting: new Set(facts.waiting.map(waitingKey)), ended: new Set(ended) };
}

/** Undefined where there is nothing to say. */
export function awayDigest(left: Left, facts: HomeFacts): Digest | undefined {
  const came = facts.waiting.filter((item) => !left.waiting.has(waitingKey(item)));
  const ended = facts.episodes.filter(({ episodeId, state }) => state === "finished" && !left.ended.has(episodeId));
  if (came.length === 0 && ended.length === 0) return undefined;
  const failed = ended.filter(
    ({ outcome }) => outcome?.kind === "failed" || (outcome?.kind === "exited" && outcome.exitCode !== 0),
  );
  const oldestSinceMs = Math.min(...came.map(waitsSinceMs));
  return { waited: came.length, oldestSinceMs, ended: ended.length, failed: failed.length };
}

export function digestText({ ended, failed, oldestSinceMs, waited }: Digest, nowMs: number): string {
  const sentences = [
    ...(waited === 0
      ? []
      : [
          vscode.l10n.t(
            "Waiting for you: {0}, the oldest came {1}. Nothing of it ran without you.",
            waited,
            agoText(oldestSinceMs, nowMs, vscode.env.language),
          ),
        ]),
    ...(ended === 0 ? [] : [vscode.l10n.t("Episodes that ended: {0}, failed: {1}.", ended, failed)]),
  ];
  return vscode.l10n.t("While you were away: {0}", sentences.join(" "));
}
