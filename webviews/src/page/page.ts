// A page's one line to the extension: acquires VS Code's API once, decodes what comes, and hands over the language first.
// It must never show or run anything of a message that does not decode, and never evaluates code of its own making.
import "@vscode/codicons/dist/codicon.css";
import "./page.css";
import * as l10n from "@vscode/l10n";
import * as z from "zod";
import { decode } from "#protocol/decode.ts";
import { kindOf } from "#protocol/schemaByKind.ts";
import { type PageReady, type PageStart, pageStartSchema } from "#protocol/webview/page.ts";

// Before the first decoding: zod would otherwise compile its checks, which the content security policy forbids.
z.config({ jitless: true });

export interface PageOptions<ToPage, State> {
  readonly toPage: z.ZodType<ToPage>;
  /** What the page keeps while it is hidden or its window reloads. What does not decode is forgotten. */
  readonly state: z.ZodType<State>;
  /** Called once, with what was kept. The strings are there by now. */
  readonly begin: (kept: State | undefined, start: PageStart) => void;
  readonly receive: (message: ToPage) => void;
}

export interface Page<FromPage, State> {
  post(message: FromPage): void;
  keep(state: State): void;
}

/** Opens the page's line and says that it is ready. Call it once, from the screen's main.ts. */
export function openPage<ToPage, FromPage, State>(options: PageOptions<ToPage, State>): Page<FromPage, State> {
  const vscode = acquireVsCodeApi();
  let begun = false;
  const begin = (start: PageStart): void => {
    if (begun) return;
    begun = true;
    l10n.config({ contents: { ...start.strings } });
    document.documentElement.lang = start.language;
    const kept = decode(options.state, vscode.getState());
    options.begin(kept.ok ? kept.value : undefined, start);
  };
  window.addEventListener("message", ({ data, origin }: MessageEvent<unknown>) => {
    // Only the frame around this page speaks for the extension; it has this page's own origin.
    if (origin !== window.origin) return;
    if (kindOf(data) === "start") handOver(pageStartSchema, data, begin);
    else if (begun) handOver(options.toPage, data, options.receive);
  });
  const ready: PageReady = { kind: "ready" };
  vscode.postMessage(ready);
  return {
    post: (message) => vscode.postMessage(message),
    keep: (state) => vscode.setState(state),
  };
}

function handOver<Message>(schema: z.ZodType<Message>, data: unknown, to: (message: Message) => void): void {
  const decoded = decode(schema, data);
  if (decoded.ok) to(decoded.value);
  else reportDropped(decoded.path, decoded.problem);
}

function reportDropped(path: string, problem: string): void {
  // oxlint-disable-next-line no-console -- The developer tools are a page's only log.
  console.warn(`dropped a message of the extension: ${path} ${problem}`);
}
