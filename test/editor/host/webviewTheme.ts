// What VS Code gives every webview: its theme's variables and classes, and its own style sheet, as themes.json holds them.
// The self-test of the host writes themes.json from a running VS Code (ARW_WRITE_THEMES=1) and holds it to that one.
import { readFileSync } from "node:fs";
import * as z from "zod";
import { decodeJson } from "../../../protocol/decode.ts";
import type { Theme } from "./profile.ts";

export const THEMES_FILE = "test/editor/host/themes.json";

/** What VS Code gives a webview in one theme. */
export interface ThemeSample {
  readonly bodyClass: string;
  readonly variables: Readonly<Record<string, string>>;
}

const samplesSchema: z.ZodType<Readonly<Record<Theme, ThemeSample>>> = z.record(
  z.enum(["light", "dark", "hc-dark", "hc-light"]),
  z.strictObject({ bodyClass: z.string(), variables: z.record(z.string(), z.string()) }),
);

let samples: Readonly<Record<Theme, ThemeSample>> | undefined;

export function themeSample(theme: Theme): ThemeSample {
  if (samples === undefined) {
    const decoded = decodeJson(samplesSchema, readFileSync(THEMES_FILE, "utf8"));
    if (!decoded.ok) throw new Error(`${THEMES_FILE}: ${decoded.path} ${decoded.problem}`);
    samples = decoded.value;
  }
  return samples[theme];
}

/** The style attribute of a webview's html element. */
export function styleAttribute(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}: ${value};`)
    .join(" ");
}

/** What VS Code calls the kind of a theme on the body of a webview. */
export function themeKind(theme: Theme): string {
  const kinds: Readonly<Record<Theme, string>> = {
    light: "vscode-light",
    dark: "vscode-dark",
    "hc-dark": "vscode-high-contrast",
    "hc-light": "vscode-high-contrast-light",
  };
  return kinds[theme];
}

/** The part of VS Code's own style sheet for webviews that a page has to live with. */
export const DEFAULT_STYLES = `@layer vscode-default {
  html { scrollbar-color: var(--vscode-scrollbarSlider-background) var(--vscode-editor-background); }
  body { overscroll-behavior-x: none; background-color: transparent; color: var(--vscode-editor-foreground);
    font-family: var(--vscode-font-family); font-weight: var(--vscode-font-weight); font-size: var(--vscode-font-size);
    margin: 0; padding: 0 20px; }
  img, video { max-width: 100%; max-height: 100%; }
  a, a code { color: var(--vscode-textLink-foreground); }
  p > a { text-decoration: var(--text-link-decoration); }
  a:hover { color: var(--vscode-textLink-activeForeground); }
  a:focus, input:focus, select:focus, textarea:focus { outline: 1px solid -webkit-focus-ring-color; outline-offset: -1px; }
  code { color: var(--vscode-textPreformat-foreground); background-color: var(--vscode-textPreformat-background);
    padding: 1px 3px; border-radius: 4px; }
  pre code { padding: 0; }
}
/* VS Code draws a webview upon the editor's own background. */
:root { background-color: var(--vscode-editor-background); }`;
