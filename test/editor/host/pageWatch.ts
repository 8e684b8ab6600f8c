// Writes down what the frames of a browser's page did: console lines, broken policies, uncaught errors, requests elsewhere.
// It must never let one of them pass unseen because it happened in a frame within a frame.
import type { Page } from "playwright-core";

/** Something that a frame did and that its content security policy, or its author, did not want. */
export interface Complaint {
  readonly kind: "policy" | "page-error";
  readonly text: string;
  /** Where: the document's address, or the stack of the error. Webviews have an address of their own. */
  readonly place: string;
}

const OWN_FILES = ".vscode-resource.vscode-cdn.net";

export class PageWatch {
  /** All lines of the browser's console, of every frame. */
  readonly console: string[] = [];
  readonly complaints: Complaint[] = [];
  /**
   * Requests to another host than the one that the page came from. None of them got out. A webview's own files have an
   * address below vscode-cdn.net, which VS Code's service worker answers from the extension's folder.
   */
  readonly requestsOutside: string[] = [];

  constructor(page: Page, address: string) {
    page.on("console", (message) => {
      const text = message.text();
      this.console.push(`${message.type()} ${text}`);
      if (/content security policy/i.test(text)) this.#complain("policy", text, message.location().url);
    });
    page.on("pageerror", (error) => {
      this.console.push(`uncaught ${error.stack ?? error.message}`);
      this.#complain("page-error", error.message, error.stack ?? "");
    });
    page.on("request", (request) => {
      const url = request.url();
      if (!/^(https?|wss?):/.test(url)) return;
      const { host, hostname } = new URL(url);
      if (host !== new URL(address).host && !hostname.endsWith(OWN_FILES)) this.requestsOutside.push(url);
    });
  }

  #complain(kind: Complaint["kind"], text: string, place: string): void {
    this.complaints.push({ kind, text, place });
  }
}
