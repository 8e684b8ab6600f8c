// One person's VS Code for a test: a fresh profile, the packaged extension, a server, and any number of windows.
// It decides what a failing test leaves behind: a picture of every window, the console and the logs of every host.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type TestContext, test } from "node:test";
import type { Browser, BrowserContext } from "playwright-core";
import { launchChromium } from "./chromium.ts";
import { CodeServer } from "./codeServer.ts";
import { Profile, type Settings, type Theme } from "./profile.ts";
import { PATIENCE_MS } from "./patience.ts";
import { SCREENSHOTS, VscodeWindow } from "./vscodeWindow.ts";

const WINDOW_WIDTH = 1280;
const WINDOW_HEIGHT = 800;
/** Opening VS Code in a cold browser on two busy cores takes 20 s; a flow has several of those. */
const TEST_TIMEOUT_MS = 290_000;

export interface EditorOptions {
  /** The .vsix files to install. */
  readonly extensions?: readonly string[];
  /** The folder that the first window opens; an empty one by default. */
  readonly workspace?: string;
  readonly settings?: Settings;
  /** Settings that only the machine's own file may hold. */
  readonly machineSettings?: Settings;
  readonly theme?: Theme;
  /** The display language, such as `de`; English by default. */
  readonly language?: string;
  /** Variables of VS Code's server and its extension hosts. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Runs the editor as a user without rights who has no bubblewrap. Only root can take both away. */
  readonly bare?: boolean;
  /** Switches of VS Code's server. */
  readonly switches?: readonly string[];
}

/** The .vsix of our own extension, which scripts/test-editor.mjs packed from dist/. */
export function packagedExtension(): string {
  const path = process.env["ARW_VSIX"];
  if (path === undefined) throw new Error("ARW_VSIX is not set: start these tests by npm run test:editor");
  return path;
}

export interface WindowOptions {
  readonly workspace?: string;
  readonly width?: number;
  readonly height?: number;
  /** The browser's zoom: 2 shows half as many CSS pixels in the same window. */
  readonly zoom?: number;
  /** VS Code's own payload of the address, such as the tests that an extension host runs. */
  readonly payload?: readonly (readonly [string, string])[];
  /** Called before anything is loaded. */
  readonly prepare?: (window: VscodeWindow) => Promise<void>;
}

export class Editor {
  readonly profile: Profile;
  readonly address: string;
  readonly windows: VscodeWindow[] = [];
  readonly #server: CodeServer;
  readonly #browser: Browser;
  readonly #context: BrowserContext;
  readonly workspace: string;

  private constructor(parts: {
    readonly profile: Profile;
    readonly server: CodeServer;
    readonly address: string;
    readonly browser: Browser;
    readonly context: BrowserContext;
    readonly workspace: string;
  }) {
    this.profile = parts.profile;
    this.address = parts.address;
    this.#server = parts.server;
    this.#browser = parts.browser;
    this.#context = parts.context;
    this.workspace = parts.workspace;
  }

  static async start(options: EditorOptions = {}): Promise<Editor> {
    const profile = new Profile(options.settings ?? {}, options.theme ?? "dark");
    if (options.machineSettings !== undefined) profile.writeMachineSettings(options.machineSettings);
    const server = new CodeServer(profile, options.environment ?? {});
    const workspace = options.workspace ?? profile.emptyWorkspace;
    let browser: Browser | undefined;
    try {
      for (const path of options.extensions ?? []) server.install(resolve(path));
      const { language, switches = [] } = options;
      if (options.bare === true) profile.giveToNobody(workspace);
      if (language !== undefined) profile.offerLanguage(language);
      const address = await server.start(workspace, [
        ...(language === undefined ? [] : ["--locale", language]),
        ...switches,
      ]);
      browser = await launchChromium();
      const context = await browser.newContext({ viewport: { width: WINDOW_WIDTH, height: WINDOW_HEIGHT } });
      context.setDefaultTimeout(PATIENCE_MS);
      await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: address });
      return new Editor({ profile, server, address, browser, context, workspace });
    } catch (error) {
      await browser?.close();
      await server.stop();
      await profile.remove();
      throw error;
    }
  }

  /** Opens one more window and waits until its workbench is drawn. */
  async openWindow(options: WindowOptions = {}): Promise<VscodeWindow> {
    const page = await this.#context.newPage();
    const { width = WINDOW_WIDTH, height = WINDOW_HEIGHT, zoom = 1 } = options;
    await page.setViewportSize({ width: Math.round(width / zoom), height: Math.round(height / zoom) });
    const workspace = options.workspace ?? this.workspace;
    const window = new VscodeWindow(page, this.address, workspace);
    this.windows.push(window);
    await options.prepare?.(window);
    const query = new URLSearchParams({ folder: workspace });
    if (options.payload !== undefined) query.set("payload", JSON.stringify(options.payload));
    await page.goto(`${this.address}/?${query.toString()}`);
    await window.drawn();
    return window;
  }

  /** Everything that the server and its extension hosts printed. */
  get output(): string {
    return this.#server.output;
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    await this.#server.stop();
    await this.profile.remove();
  }

  /** Runs a part of a test; when it fails, leaves what a person needs to see and says where. */
  async witnessed<Result>(name: string, part: () => Promise<Result>): Promise<Result> {
    try {
      return await part();
    } catch (error) {
      const folder = await this.saveEvidence(name);
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n(pictures and logs: ${folder})`, {
        cause: error,
      });
    }
  }

  /** Pictures of all windows, their consoles, and the logs of the server and the extension hosts. */
  async saveEvidence(name: string): Promise<string> {
    const folder = join(SCREENSHOTS, "failed", name.replaceAll(/[^\w]+/g, "-").slice(0, 80));
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const [index, window] of this.windows.entries()) {
      writeFileSync(join(folder, `window-${index + 1}.txt`), window.watch.console.join("\n"));
      // A window that the test closed has no picture.
      await window.page.screenshot({ path: join(folder, `window-${index + 1}.png`) }).catch(() => undefined);
    }
    writeFileSync(join(folder, "server.txt"), this.output);
    for (const [log, text] of this.profile.logs()) {
      writeFileSync(join(folder, log.replaceAll(/[/\\]/g, "-").replace(/\.log$/, ".txt")), text);
    }
    return folder;
  }
}

/** A test with a VS Code of its own. Its steps share the editor; each that fails leaves its evidence. */
export function editorTest(
  name: string,
  options: EditorOptions | (() => EditorOptions | Promise<EditorOptions>),
  body: (editor: Editor, context: TestContext, step: Step) => Promise<void>,
): void {
  test(name, { timeout: TEST_TIMEOUT_MS }, async (context) => {
    const editor = await Editor.start(typeof options === "function" ? await options() : options);
    const step: Step = (title, part) => context.test(title, () => editor.witnessed(`${name} ${title}`, part));
    try {
      await editor.witnessed(name, () => body(editor, context, step));
    } finally {
      await editor.stop();
    }
  });
}

/** A named claim within an editor test; the ones after it still run when it fails. */
export type Step = (title: string, part: () => Promise<void>) => Promise<void>;
