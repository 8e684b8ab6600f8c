// Waits until a node is as somebody needs it: asked anew whenever the timeline moves or the Home is back.
import type { Disposable } from "vscode";
import { METHODS } from "#protocol/wire/client.ts";
import type { NodeView } from "#protocol/wire/clientViews.ts";
import type { Home } from "../home/home.ts";

/** What a worker tells of itself after it has connected is no timeline entry: so often it is looked for besides. */
const LOOK_MS = 1_000;

/** The first node that fits. Rejects with the signal's reason, or ArwError where the Home refuses. */
export async function nodeWhen(
  home: Pick<Home, "call" | "onDidReceivePage">,
  fits: (node: NodeView) => boolean,
  signal: AbortSignal,
): Promise<NodeView> {
  let wake = (): void => undefined;
  const moved: Disposable = home.onDidReceivePage(() => wake());
  const onAbort = (): void => wake();
  signal.addEventListener("abort", onAbort);
  try {
    for (;;) {
      signal.throwIfAborted();
      const later = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const { nodes } = await home.call(METHODS.listNodes, {});
      const found = nodes.find(fits);
      if (found !== undefined) return found;
      const timer = setTimeout(() => wake(), LOOK_MS);
      await later;
      clearTimeout(timer);
    }
  } finally {
    moved.dispose();
    signal.removeEventListener("abort", onAbort);
  }
}
