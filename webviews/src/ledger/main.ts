// The Ledger page, opened.
import "../page/rowsPage.css";
import "../page/details.css";
import "./ledger.css";
import "./details.css";
import { ledgerKeptSchema, ledgerToPageSchema } from "#protocol/webview/ledger.ts";
import { hostPage } from "../page/pageHost.ts";
import { LedgerPage } from "./ledgerPage.ts";

hostPage({ toPage: ledgerToPageSchema, kept: ledgerKeptSchema, show: (host) => new LedgerPage(host) });
