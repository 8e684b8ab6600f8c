// One of our webview pages alone in Chromium: the built bundle under its real policy, in one of VS Code's themes.
// It stands in for VS Code's frame around a page, with the same API, styles and order of things; messages are the test's.
// It must never loosen the page's policy: what would break in VS Code breaks here.
import { mkdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { dirname, join, resolve, sep } from "node:path";
import { type TestContext, test } from "node:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { until } from "../acceptance/processes.ts";
import { type AxeFinding, axeFindings } from "./host/accessibility.ts";
import { launchChromium } from "./host/chromium.ts";
import { PageWatch } from "./host/pageWatch.ts";
import type { Theme } from "./host/profile.ts";
import { PATIENCE_MS } from "./host/patience.ts";
import { SCREENSHOTS } from "./host/vscodeWindow.ts";
import { DEFAULT_STYLES, styleAttribute, themeKind, themeSample } from "./host/webviewTheme.ts";

const WEBVIEWS = resolve("dist/webviews");
const TEST_TIMEOUT_MS = 290_000;
const NONCE = "aNonceOfTheTest";
const TYPES: ReadonlyMap<string, string> = new Map([
  ["js", "text/javascript"],
  ["css", "text/css"],
  ["ttf", "font/ttf"],
  ["svg", "image/svg+xml"],
]);

/** What the document of a page is made from: the shape that the extension's own `pageHtml` takes. */
export interface PageFiles {
  readonly title: string;
  readonly language: string;
  readonly cspSource: string;
  readonly nonce: string;
  readonly script: string;
  readonly styles: string;
}

export interface WebviewPageOptions {
  /** `dist/webviews/<screen>.js` and `.css`; `npm run build` makes them. */
  readonly screen: string;
  /** Where the bundles are, if not there. */
  readonly folder?: string;
  readonly document: (files: PageFiles) => string;
  readonly theme?: Theme;
  readonly language?: string;
  readonly width?: number;
  readonly height?: number;
  /** 2 shows half as many CSS pixels in the same window. */
  readonly zoom?: number;
  /** What the page kept before it was hidden. */
  readonly state?: unknown;
  /** The extension's part: what it sends upon a message of the page. */
  readonly answer?: (message: unknown) => readonly unknown[];
}

export class WebviewPage {
  readonly page: Page;
  readonly watch: PageWatch;
  /** Every message of the page, in order. */
  readonly posted: unknown[] = [];
  /** What the page keeps at the moment. */
  state: unknown;
  #theme: Theme;
  readonly #options: WebviewPageOptions;
  readonly #address: string;
  readonly #server: Server;

  private constructor(options: WebviewPageOptions, parts: { page: Page; server: Server; address: string }) {
    this.#options = options;
    this.#theme = options.theme ?? "dark";
    this.#server = parts.server;
    this.#address = parts.address;
    this.state = options.state;
    this.page = parts.page;
    this.watch = new PageWatch(parts.page, parts.address);
  }

  static async open(context: BrowserContext, options: WebviewPageOptions): Promise<WebviewPage> {
    let self: WebviewPage | undefined;
    const server = createServer((request, response) => {
      const path = new URL(request.url ?? "/", "http://127.0.0.1").pathname;
      const folder = options.folder ?? WEBVIEWS;
      const file = resolve(folder, `.${path}`);
      if (path === "/") {
        response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(self?.html());
      } else if (file.startsWith(folder + sep) && TYPES.has(path.slice(path.lastIndexOf(".") + 1))) {
        const type = TYPES.get(path.slice(path.lastIndexOf(".") + 1)) ?? "";
        const bytes = contentOf(file);
        response.writeHead(bytes === undefined ? 404 : 200, { "content-type": type }).end(bytes);
      } else {
        response.writeHead(404).end();
      }
    });
    await new Promise<void>((listening) => {
      server.listen(0, "127.0.0.1", listening);
    });
    const bound = server.address();
    if (bound === null || typeof bound === "string") throw new Error("the page's server has no port");
    const address = `http://127.0.0.1:${bound.port}`;
    const page = await context.newPage();
    const { width = 1000, height = 700, zoom = 1 } = options;
    await page.setViewportSize({ width: Math.round(width / zoom), height: Math.round(height / zoom) });
    self = new WebviewPage(options, { page, server, address });
    await page.exposeFunction("arwPosted", self.#hear);
    await page.exposeFunction("arwKept", self.#keep);
    await page.goto(address);
    return self;
  }

  /** Sends a message to the page, as the extension's `postMessage` does. */
  async send(message: unknown): Promise<void> {
    await this.sendAll([message]);
  }

  async sendAll(messages: readonly unknown[]): Promise<void> {
    const text = JSON.stringify(messages);
    await this.page.evaluate(`for (const message of ${text}) window.postMessage(message, window.origin);`);
  }

  /** Waits for a message of the page that holds; fails with all that it posted. */
  async postedMessage<Message>(what: string, find: (message: unknown) => Message | undefined): Promise<Message> {
    try {
      return await until(
        what,
        () => {
          for (const message of this.posted) {
            const found = find(message);
            if (found !== undefined) return found;
          }
          return undefined;
        },
        PATIENCE_MS,
      );
    } catch (error) {
      throw new Error(`${String(error)}; the page posted ${JSON.stringify(this.posted)}`, { cause: error });
    }
  }

  /** Throws the document away and begins a new one with the kept state, as VS Code does with a webview that was hidden. */
  async hideAndShow(): Promise<void> {
    // What the page has kept is on its way to this process; VS Code takes it before it takes the page away, and so do we.
    await this.page.evaluate("0");
    await this.page.goto("about:blank");
    await this.page.goto(this.#address);
  }

  /** Changes the theme of the living page, as VS Code does. */
  async chooseTheme(theme: Theme): Promise<void> {
    this.#theme = theme;
    const { bodyClass, variables } = themeSample(theme);
    await this.page.evaluate(`(() => {
      // One by one, as VS Code does: the page's policy forbids a style attribute.
      const { style } = document.documentElement;
      for (const name of [...style]) style.removeProperty(name);
      for (const [name, value] of Object.entries(${JSON.stringify(variables)})) style.setProperty(name, value);
      document.body.className = ${JSON.stringify(bodyClass)};
      document.body.dataset.vscodeThemeKind = ${JSON.stringify(themeKind(theme))};
    })()`);
  }

  /** The serious and critical findings of axe-core. */
  async axe(): Promise<readonly AxeFinding[]> {
    return axeFindings(this.page);
  }

  /** A picture for people, below `test/editor/screenshots/`. */
  async screenshot(name: string): Promise<void> {
    const path = join(SCREENSHOTS, `${name}.png`);
    mkdirSync(dirname(path), { recursive: true });
    await this.page.screenshot({ path });
  }

  async close(): Promise<void> {
    await this.page.close();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** The document, with what VS Code puts before everything of it: its API, its styles and the theme. */
  html(): string {
    const { screen, document, language = "en" } = this.#options;
    const page = document({
      title: screen,
      language,
      cspSource: this.#address,
      nonce: NONCE,
      script: `${this.#address}/${screen}.js`,
      styles: `${this.#address}/${screen}.css`,
    });
    const { bodyClass, variables } = themeSample(this.#theme);
    const state = JSON.stringify(this.state) ?? "undefined";
    return page
      .replace(/<html/, `<html style="${styleAttribute(variables).replaceAll('"', "&quot;")}"`)
      .replace(/<head>/, () => `<head><script>${apiScript(state)}</script><style>${DEFAULT_STYLES}</style>`)
      .replace(
        /<body/,
        `<body class="${bodyClass}" role="document" data-vscode-theme-kind="${themeKind(this.#theme)}"`,
      );
  }

  readonly #hear = async (message: unknown): Promise<void> => {
    this.posted.push(message);
    const answers = this.#options.answer?.(message) ?? [];
    if (answers.length > 0) await this.sendAll(answers);
  };

  readonly #keep = (state: unknown): void => {
    this.state = state;
  };
}

/** A test of pages in one browser. What fails leaves a picture of every page. */
export function webviewTest(
  name: string,
  body: (open: (options: WebviewPageOptions) => Promise<WebviewPage>, context: TestContext) => Promise<void>,
): void {
  test(name, { timeout: TEST_TIMEOUT_MS }, async (context) => {
    const browser: Browser = await launchChromium();
    const pages: WebviewPage[] = [];
    try {
      const shared = await browser.newContext();
      shared.setDefaultTimeout(PATIENCE_MS);
      await body(async (options) => {
        const page = await WebviewPage.open(shared, options);
        pages.push(page);
        return page;
      }, context);
    } catch (error) {
      const slug = name.replaceAll(/[^\w]+/g, "-").slice(0, 80);
      for (const [index, page] of pages.entries()) await page.screenshot(`failed/${slug}-${index + 1}`).catch(() => {});
      const said = pages.flatMap(({ watch }) => watch.console).join("\n");
      throw new Error(`${String(error)}\nthe pages' console: ${said}\n(pictures: ${SCREENSHOTS}/failed/${slug}-*)`, {
        cause: error,
      });
    } finally {
      for (const page of pages) await page.close().catch(() => {});
      await browser.close();
    }
  });
}

function contentOf(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    // A page that asks for a file that was not built shows it as a broken request.
    return undefined;
  }
}

/** The API that VS Code gives a page, once. Messages are copied, as on their way through VS Code. */
function apiScript(state: string): string {
  return `globalThis.acquireVsCodeApi = (() => {
    let acquired = false;
    let state = ${state.replaceAll("<", "\\u003c")};
    return () => {
      if (acquired) throw new Error("An instance of the VS Code API has already been acquired");
      acquired = true;
      return Object.freeze({
        postMessage: (message) => { arwPosted(JSON.parse(JSON.stringify(message))); },
        setState: (next) => { state = next; arwKept(JSON.parse(JSON.stringify(next ?? null))); return next; },
        getState: () => state,
      });
    };
  })();`;
}
