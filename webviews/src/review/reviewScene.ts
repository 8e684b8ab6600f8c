// What every part of the Review page is drawn from, and the two ways out of it: a change of its own state, and an ask.
import type { ReviewAsk, ReviewView } from "#protocol/webview/review.ts";
import type { ReviewState } from "./reviewState.ts";

export interface ReviewScene {
  readonly view: ReviewView;
  readonly state: ReviewState;
  readonly language: string;
  /** How long ago the view came: what is counted down is less by this. */
  readonly elapsedMs: number;
  /** Whether an ask is being answered, or nothing can be asked any more: every control but looking is off. */
  readonly isBusy: boolean;
  change(change: Partial<ReviewState>): void;
  ask(ask: ReviewAsk): void;
}
