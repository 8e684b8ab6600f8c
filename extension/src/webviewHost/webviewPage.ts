// Turns an empty webview into one of our pages: narrow rights, the shell document, the channel, and the first message.
// It must never let a page load a file outside of dist/webviews, run a command by a link, or stay in memory when hidden.
import * as vscode from "vscode";
import type * as z from "zod";
import { kindOf } from "#protocol/schemaByKind.ts";
import type { PageStart } from "#protocol/webview/page.ts";
import { PageChannel } from "./pageChannel.ts";
import { newNonce, pageHtml } from "./pageHtml.ts";

/** A screen: the name of its folder in webviews/src, and what its page may say. */
export interface Screen<FromPage> {
  readonly name: "timeline" | "tail" | "review" | "staged" | "ledger";
  readonly title: string;
  /** Its messages; `PageReady` is one of them. */
  readonly fromPage: z.ZodType<FromPage>;
}

export interface OpenPage<ToPage> extends vscode.Disposable {
  /** False where the page has not taken it: send a snapshot at the next `ready`. */
  post(message: ToPage): Promise<boolean>;
}

/**
 * Opens the page in the webview. `receive` hears `ready` after the page was told its language, each time that the page
 * begins anew: when it opens, and when it comes back after it was hidden.
 */
export function openPage<ToPage, FromPage>(
  webview: vscode.Webview,
  screen: Screen<FromPage>,
  editor: { readonly context: vscode.ExtensionContext; readonly log: vscode.LogOutputChannel },
  receive: (message: FromPage) => void,
): OpenPage<ToPage> {
  const folder = vscode.Uri.joinPath(editor.context.extensionUri, "dist", "webviews");
  const file = (name: string): string => webview.asWebviewUri(vscode.Uri.joinPath(folder, name)).toString();
  const channel = new PageChannel<ToPage | PageStart, FromPage>(webview, {
    screen: screen.name,
    fromPage: screen.fromPage,
    log: editor.log,
    now: () => performance.now(),
    receive: (message) => {
      // Messages to a page keep their order, so the language is there before whatever `receive` sends.
      if (kindOf(message) === "ready") void channel.post(startOf());
      receive(message);
    },
  });
  webview.options = { enableScripts: true, enableForms: false, enableCommandUris: false, localResourceRoots: [folder] };
  webview.html = pageHtml({
    title: screen.title,
    language: vscode.env.language,
    cspSource: webview.cspSource,
    nonce: newNonce(),
    script: file(`${screen.name}.js`),
    styles: file(`${screen.name}.css`),
  });
  return { post: (message) => channel.post(message), dispose: () => channel.dispose() };
}

function startOf(): PageStart {
  return { kind: "start", language: vscode.env.language, strings: vscode.l10n.bundle ?? {} };
}
