// What the Home last said about nodes, episodes, leases and what waits for the owner, for every view of the window at once.
// It reads again when the timeline says that something happened; it must never be asked for a permission.
import type * as vscode from "vscode";
import type { PreviewId } from "#protocol/ids.ts";
import type { ResultOf } from "#protocol/wire/client.ts";
import type { StagedView } from "#protocol/wire/stagingViews.ts";
import type { EpisodeView, HelloResult, LeaseView, NodeView } from "#protocol/wire/clientViews.ts";

/** Something that stops until the owner decides. */
export type WaitingItem =
  | {
      readonly kind: "egress";
      readonly previewId: PreviewId;
      readonly episode: EpisodeView;
      readonly shown: ResultOf<"readPreview">;
    }
  | { readonly kind: "staged"; readonly staged: StagedView }
  /** What came back, and is held for the owner's look. */
  | { readonly kind: "result"; readonly episode: EpisodeView }
  | { readonly kind: "join"; readonly node: NodeView };

export interface HomeFacts {
  readonly nodes: readonly NodeView[];
  /** The newest first, at most EPISODES_MIRRORED_MAX. */
  readonly episodes: readonly EpisodeView[];
  readonly leases: readonly LeaseView[];
  readonly waiting: readonly WaitingItem[];
  readonly clustering: boolean;
  /** Why clustering is off although the owner wants it on. */
  readonly clusteringProblem?: string | undefined;
  /** Present while nothing new may leave. */
  readonly offloadsPaused?: HelloResult["offloadsPaused"] | undefined;
  /** Present while the Home's journal cannot be written. */
  readonly readOnly?: HelloResult["readOnly"] | undefined;
}

export interface HomeMirror {
  /** Empty until the first connection. */
  readonly facts: HomeFacts;
  readonly onDidChange: vscode.Event<HomeFacts>;
  /** Reads everything again now. Throws ArwError where the Home cannot be reached. */
  refresh(): Promise<HomeFacts>;
}
