// What the Home offers its clients, as functions: the port between the JSON-RPC border and the Home behind it.
// Parameters arrive decoded and permitted; nothing behind this port asks again who the caller is.
import type { Refusal } from "#protocol/errors.ts";
import type { MethodName, ParamsOf, ResultOf } from "#protocol/wire/client.ts";
import type { HelloResult } from "#protocol/wire/clientViews.ts";

/** A client's connection, as the Home sees it. */
export interface ClientSession {
  /** What the client calls itself in `home/hello`, e.g. `cli`; the `requestedBy` of what it starts. */
  readonly client: string;
  /** Whether it has proved to be the owner. Methods that need it are refused before they get here. */
  readonly owner: boolean;
  /** Aborts when the connection has closed. */
  readonly signal: AbortSignal;
}

/** Methods that the border answers itself. */
export type BorderMethod = "hello" | "openOwnerSession" | "followTimeline";
export type RoutedMethod = Exclude<MethodName, BorderMethod>;

/** A method behind the border: refuses with a value, throws ArwError where a shell cannot go on, anything else is a bug. */
export type ApiFunction<Name extends MethodName> = (
  params: ParamsOf<Name>,
  session: ClientSession,
) => Promise<ResultOf<Name> | Refusal>;

export type HomeApi = { readonly [Name in RoutedMethod]: ApiFunction<Name> } & {
  /** The facts that answer `home/hello`. */
  hello(): HelloResult;
  /** Calls the listener after more of the timeline has become durable. The caller disposes. */
  onDurable(listener: () => void): Disposable;
};
