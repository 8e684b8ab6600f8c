// The document of a webview: a shell without content, under a content security policy that lets nothing in but the
// screen's own script and styles. It must never hold data: what a page shows comes by message and becomes text nodes.
import { randomBytes } from "node:crypto";

export interface PageDocument {
  readonly title: string;
  readonly language: string;
  /** The webview's own source of files, as VS Code names it. */
  readonly cspSource: string;
  readonly nonce: string;
  readonly script: string;
  readonly styles: string;
}

/** Bytes of chance in a nonce: a page that guessed it could run a script of its own. */
const NONCE_BYTES = 18;

export function pageHtml(page: PageDocument): string {
  const policy = contentSecurityPolicy(page.cspSource, page.nonce);
  return `<!doctype html>
<html lang="${escaped(page.language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escaped(policy)}">
<meta property="csp-nonce" content="${escaped(page.nonce)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(page.title)}</title>
<link rel="stylesheet" href="${escaped(page.styles)}">
</head>
<body>
<main id="page"></main>
<script type="module" nonce="${escaped(page.nonce)}" src="${escaped(page.script)}"></script>
</body>
</html>
`;
}

/** Everything is refused but the screen's script, its styles and font, and pictures that are in the document already. */
export function contentSecurityPolicy(cspSource: string, nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${cspSource} 'nonce-${nonce}'`,
    `font-src ${cspSource}`,
    `img-src ${cspSource} data:`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

/** A fresh one for every document. */
export function newNonce(): string {
  return randomBytes(NONCE_BYTES).toString("base64url");
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
