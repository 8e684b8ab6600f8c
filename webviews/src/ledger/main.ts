// The Ledger page: opens its line to the extension and hands what comes to the page.
import "./ledger.css";
import "./details.css";
import {
  type LedgerFromPage,
  type LedgerKept,
  ledgerKeptSchema,
  ledgerToPageSchema,
} from "#protocol/webview/ledger.ts";
import { openPage } from "../page/page.ts";
import { LedgerPage } from "./ledgerPage.ts";

const root = document.querySelector("#page");
let shown: LedgerPage | undefined;
const page = openPage({
  toPage: ledgerToPageSchema,
  state: ledgerKeptSchema,
  begin: (kept: LedgerKept | undefined, { language }) => {
    if (!(root instanceof HTMLElement)) throw new Error("the document has no #page");
    shown = new LedgerPage({
      root,
      language,
      kept,
      post: (message: LedgerFromPage) => page.post(message),
      keep: (state) => page.keep(state),
    });
  },
  receive: (message) => shown?.receive(message),
});
