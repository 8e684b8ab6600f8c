// What the rest of the extension knows of the Home: its status, calls, and the timeline as it becomes durable.
// It decides nothing and caches nothing; `homeConnection.ts` is the real one.
import type * as vscode from "vscode";
import type { ArwError } from "#protocol/errors.ts";
import type { Method } from "#protocol/wire/client.ts";
import type { HelloResult, TimelinePage } from "#protocol/wire/clientViews.ts";

/** Whether this window reaches the Home of its workspace. */
export type HomeStatus =
  | { readonly kind: "unavailable"; readonly why: "no-folder" | "not-on-disk" | "untrusted" }
  /** Nothing has asked for it yet. */
  | { readonly kind: "idle" }
  /** Attaching or starting; `lost` says why the connection before this one ended. */
  | { readonly kind: "connecting"; readonly lost?: string }
  | { readonly kind: "connected"; readonly hello: HelloResult }
  | { readonly kind: "failed"; readonly error: ArwError };

export interface Home {
  readonly status: HomeStatus;
  readonly onDidChangeStatus: vscode.Event<HomeStatus>;
  /**
   * Every durable timeline entry since this window first connected, in order and without a hole, across reconnects.
   * What came before is read with `timeline/read`.
   */
  readonly onDidReceivePage: vscode.Event<TimelinePage>;
  /**
   * Calls a method, connecting first where needed and opening an owner session where the method needs one.
   * Throws ArwError: the Home's refusal, why it cannot be reached, or `owner-secret-missing`.
   */
  call<Params, Result>(method: Method<Params, Result>, params: Params): Promise<Result>;
  /** Connects now, starting the Home where none runs. Throws ArwError with the reason. */
  connect(): Promise<HelloResult>;
}
