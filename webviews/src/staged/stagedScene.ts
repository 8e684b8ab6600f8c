// What every part of the page is drawn from, and the two ways out of it: a change of its own state, and an ask.
import type { StagedAsk, StagedToPage } from "#protocol/webview/staged.ts";
import type { StagedId } from "#protocol/ids.ts";

export interface StagedState {
  /** Rows of the table that were taken out: they are not asked about, and wait on. */
  readonly takenOut: ReadonlySet<StagedId>;
  readonly filesShown: number;
}

export interface StagedScene<Shown extends StagedToPage = StagedToPage> {
  readonly shown: Shown;
  readonly state: StagedState;
  readonly language: string;
  readonly change: (change: Partial<StagedState>) => void;
  readonly ask: (ask: StagedAsk) => void;
}

export type OneScene = StagedScene<Extract<StagedToPage, { readonly kind: "staged" }>>;
export type TableScene = StagedScene<Extract<StagedToPage, { readonly kind: "table" }>>;
