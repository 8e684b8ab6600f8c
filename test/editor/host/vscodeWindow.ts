// One window of VS Code, used as a person uses it: palette, views, toasts, dialogs, editors, terminals and webviews.
// It decides which elements of the workbench stand for what, so that no test names one. It must never sleep for luck:
// every verb waits for what it needs, and says what it waited for in vain.
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Frame, Locator, Page } from "playwright-core";
import { until } from "../../acceptance/processes.ts";
import { Notices } from "./notices.ts";
import { PageWatch } from "./pageWatch.ts";
import { ASK_AGAIN_MS, PATIENCE_MS } from "./patience.ts";
import { THEMES, type Theme } from "./profile.ts";
import { QuickInput } from "./quickInput.ts";
import { TextEditors } from "./textEditors.ts";

/** Pictures for people: ignored by git. */
export const SCREENSHOTS: string = resolve("test/editor/screenshots");

const ACTIVE_TAB = ".activitybar .action-item.checked a.action-label";

const THEME_CLASSES: Readonly<Record<Theme, string>> = {
  light: "vs",
  dark: "vs-dark",
  "hc-dark": "hc-black",
  "hc-light": "hc-light",
};

export class VscodeWindow {
  readonly page: Page;
  readonly workspace: string;
  /** What its frames did: console, broken policies, uncaught errors, requests to other hosts. */
  readonly watch: PageWatch;
  /** Toasts, and what stands behind the bell. */
  readonly notices: Notices;
  readonly #quickInput: QuickInput;
  readonly #editors: TextEditors;

  constructor(page: Page, address: string, workspace: string) {
    this.workspace = workspace;
    this.page = page;
    this.watch = new PageWatch(page, address);
    this.notices = new Notices(page);
    this.#quickInput = new QuickInput(page);
    this.#editors = new TextEditors(page);
  }

  /** The workbench is there and its extension host has answered. */
  async drawn(): Promise<void> {
    await this.page.locator(".monaco-workbench .part.activitybar").waitFor();
    await this.page.locator(".monaco-workbench .part.statusbar .statusbar-item").first().waitFor();
  }

  /** Turns to another program, as far as VS Code can tell, or comes back: the browser gives every page the focus. */
  async look(where: "away" | "here"): Promise<void> {
    const focus = where === "away" ? "document.hasFocus = () => false" : "delete document.hasFocus";
    await this.page.evaluate(`${focus}; document.dispatchEvent(new Event("visibilitychange"))`);
  }

  /** Throws the page away and loads it again, as a browser does: VS Code hears of it too late to put anything in order. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.drawn();
  }

  /** VS Code's own command: it keeps what it should know, such as which tab is in front, and ends the extension host. */
  async reloadInOrder(): Promise<void> {
    const loaded = this.page.waitForEvent("load");
    await this.runCommand("Developer: Reload Window");
    await loaded;
    await this.drawn();
  }

  /** Runs a command by the title that the palette shows, category and all: `ARW: Start Episode…`. */
  async runCommand(title: string): Promise<void> {
    await this.#quickInput.choose(`the command "${title}"`, "F1", `>${title}`, this.#quickInput.row(title));
  }

  /** The titles that the palette offers for a title's beginning, once one of them has it; closes the palette again. */
  async commandsFor(typed: string): Promise<readonly string[]> {
    return this.#quickInput.commandsFor(typed);
  }

  /**
   * Runs a command whose first question is a pick, and answers that. What had the keyboard before may get it back a moment late,
   * and a pick that loses it closes unanswered: a person would ask again, and so does this.
   */
  async runCommandAndPick(title: string, label: string): Promise<void> {
    await until(
      `the row "${label}" of "${title}"`,
      async () => {
        await this.runCommand(title);
        try {
          await this.#quickInput.row(label).click({ timeout: ASK_AGAIN_MS });
          return true;
        } catch {
          return undefined;
        }
      },
      PATIENCE_MS,
    );
  }

  /** Chooses a row of the open quick pick. */
  async pick(label: string): Promise<void> {
    await this.#quickInput.row(label).click();
  }

  /** The rows of the open quick pick. */
  async pickRows(): Promise<readonly string[]> {
    return this.#quickInput.rows();
  }

  /** Leaves the open quick pick or input box without an answer. */
  async closePick(): Promise<void> {
    await this.#quickInput.close();
  }

  /** Answers the open input box, which must show this text (its title, prompt or placeholder). */
  async answer(asked: string, text: string): Promise<void> {
    await this.#quickInput.answer(asked, text);
  }

  /** Answers the open dialog for a file, which must show this text; returns when the file is there. */
  async saveAs(asked: string, path: string, isSaved: () => boolean = () => existsSync(path)): Promise<void> {
    await this.#quickInput.saveAs(asked, path, isSaved);
  }

  /** Opens a view container of the activity bar, or leaves it open. */
  async openContainer(title: string): Promise<void> {
    const tab = this.page.locator(`.activitybar .action-item:has(a.action-label[aria-label^="${title}"])`);
    await tab.waitFor();
    await until(
      `the container ${title}`,
      async () => {
        if (await this.#isOpen(tab)) return true;
        // A badge lies over it, and takes the click in its place: for a person there is no difference.
        await tab.locator("a.action-label").click({ force: true });
        try {
          await this.page.locator(`${ACTIVE_TAB}[aria-label^="${title}"]`).waitFor({ timeout: ASK_AGAIN_MS });
        } catch {
          // After a reload the click may have closed what was just being restored.
          return undefined;
        }
        return true;
      },
      PATIENCE_MS,
    );
  }

  /** The number on a container of the activity bar; empty where it has none. */
  async badge(title: string): Promise<string> {
    const tab = this.page.locator(`.activitybar .action-item:has(a.action-label[aria-label^="${title}"])`);
    return (await tab.locator(".badge-content").innerText()).trim();
  }

  /** One view (a pane) of the open container or panel; opens it where it is folded. */
  async view(title: string): Promise<Locator> {
    const header = this.page.locator(`.pane-header[aria-label^="${title}"]`);
    await header.waitFor();
    if ((await header.getAttribute("aria-expanded")) === "false") await header.click();
    return this.page.locator(".pane", { has: header });
  }

  /** The rows that a tree view shows, each with its description behind its label. */
  async treeRows(view: string): Promise<readonly string[]> {
    const rows = (await this.view(view)).locator(".monaco-list-row .monaco-icon-label-container");
    return rows.evaluateAll((elements) =>
      elements.map((element) =>
        [".label-name", ".label-description"]
          .map((part) => element.querySelector(part)?.textContent?.trim() ?? "")
          .filter((text) => text !== "")
          .join(" "),
      ),
    );
  }

  /** A row of a tree view, by a text in it. */
  async treeRow(view: string, text: string): Promise<Locator> {
    const row = (await this.view(view)).locator(".monaco-list-row", { hasText: text }).first();
    await row.waitFor();
    return row;
  }

  /** An action of a tree's row (they show while the pointer is over it). */
  async clickRowAction(view: string, text: string, action: string): Promise<void> {
    const row = await this.treeRow(view, text);
    await row.hover();
    await row.locator(`.actions a.action-label[aria-label^="${action}"]`).click();
  }

  /** An entry of a row's context menu. */
  async clickRowMenu(view: string, text: string, entry: string): Promise<void> {
    await (await this.treeRow(view, text)).click({ button: "right" });
    await this.page.locator(".monaco-menu .action-menu-item", { hasText: entry }).first().click();
  }

  /** A toast that holds this text. */
  async toast(text: string): Promise<Locator> {
    return this.notices.toast(text);
  }

  async clickToast(text: string, button: string): Promise<void> {
    await this.notices.click(text, button);
  }

  /** The modal dialog; its whole text. */
  async dialogText(): Promise<string> {
    return this.page.locator(".monaco-dialog-box .dialog-message-container").innerText();
  }

  async clickDialog(button: string): Promise<void> {
    const dialog = this.page.locator(".monaco-dialog-box");
    await dialog.locator(".monaco-button", { hasText: button }).first().click();
    await dialog.waitFor({ state: "detached" });
  }

  /** Presses a key in the modal dialog, once one of its buttons has the keyboard; the dialog is gone then. */
  async pressInDialog(key: string): Promise<void> {
    const dialog = this.page.locator(".monaco-dialog-box");
    await dialog.locator(".monaco-button:focus").waitFor();
    await this.page.keyboard.press(key);
    await dialog.waitFor({ state: "detached" });
  }

  /** An item of the status bar, by a text in it or in its label for screen readers. */
  async statusItem(text: string): Promise<Locator> {
    const item = this.page
      .locator(`.statusbar-item:has-text("${text}"), .statusbar-item[aria-label*="${text}"]`)
      .first();
    await item.waitFor();
    return item;
  }

  /** The tabs of the editor area, in order. */
  async tabs(): Promise<readonly string[]> {
    return this.page.locator(".tabs-container .tab .label-name").allInnerTexts();
  }

  /** Opens a file of the workspace: its editor is in front, has the keyboard and shows its cursor. */
  async openFile(name: string): Promise<void> {
    const row = this.page.locator(".quick-input-list .monaco-list-row", { hasText: name }).first();
    await this.#quickInput.choose(`the file ${name}`, "ControlOrMeta+P", name, row);
    await this.#editors.focused(name);
  }

  /** Types at the cursor of a file's editor, and waits until the text stands there. */
  async typeInEditor(name: string, text: string): Promise<void> {
    await this.#editors.type(name, text);
  }

  /** Selects a text in the text editor that is in front. */
  async selectText(text: string): Promise<void> {
    await this.#editors.select(text);
    await this.statusItem("selected");
  }

  /** The lines that the active text editor shows now. */
  async editorText(): Promise<string> {
    return this.#editors.text();
  }

  /** Both sides of the active diff editor, as far as it shows them now. */
  async diffText(): Promise<{ readonly original: string; readonly modified: string }> {
    return this.#editors.diff();
  }

  /** A button of the active editor's title. */
  async clickEditorAction(action: string): Promise<void> {
    const actions = this.page.locator(".editor-group-container.active .title .editor-actions");
    await actions.locator(`a.action-label[aria-label^="${action}"]`).first().click();
  }

  /** The mark that a file has behind its name in the explorer; empty where it has none. */
  async fileMark(name: string): Promise<string> {
    const row = this.page.locator(".explorer-folders-view .monaco-list-row", { hasText: name }).first();
    await row.waitFor();
    const content: unknown = await this.page.evaluate(
      `(() => {
        const labels = [...document.querySelectorAll(".explorer-folders-view .monaco-list-row .monaco-icon-label")];
        const label = labels.find((each) => each.textContent.includes(${JSON.stringify(name)}));
        return label === undefined ? "" : getComputedStyle(label, "::after").content;
      })()`,
    );
    return /^"(.*)"$/u.exec(String(content))?.[1] ?? "";
  }

  /** Presses keys in the visible terminal, once it has the keyboard. */
  async pressInTerminal(keys: string): Promise<void> {
    await this.runCommand("Terminal: Focus Terminal");
    await this.page.locator(".terminal-wrapper.active .xterm.focus, .terminal-editor .xterm.focus").first().waitFor();
    await this.page.keyboard.press(keys);
  }

  /** What the visible terminal shows. */
  async terminalText(): Promise<string> {
    const rows = this.page.locator(".terminal-wrapper.active .xterm-rows, .terminal-editor .xterm-rows").first();
    await rows.waitFor();
    const lines = await rows.locator("> div").allInnerTexts();
    return lines
      .map((line) => line.replaceAll("\u00a0", " ").trimEnd())
      .join("\n")
      .trimEnd();
  }

  /** Waits until an answer of one of the verbs holds: `window.until("a row", () => window.treeRows("Nodes"), …)`. */
  async until<Answer>(what: string, ask: () => Promise<Answer>, holds: (answer: Answer) => boolean): Promise<Answer> {
    let last: Answer | undefined;
    try {
      return await until(
        what,
        async () => {
          last = await ask();
          return holds(last) ? { answer: last } : undefined;
        },
        PATIENCE_MS,
      ).then(({ answer }) => answer);
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : String(error)}; last seen: ${JSON.stringify(last)}`, {
        cause: error,
      });
    }
  }

  /**
   * The document of the webview (view, panel or editor) whose title begins so, once it is loaded and visible, and shows
   * the text where one is given: a page that is being replaced by one of the same title must not be taken for it.
   */
  async webview(title: string, text?: string): Promise<Frame> {
    return until(
      `the webview "${title}"${text === undefined ? "" : ` with "${text}"`}`,
      async () => {
        for (const frame of this.page.frames()) {
          if (frame.name() === "" || frame.parentFrame() === null) continue;
          if (!(await isWebview(frame, title))) continue;
          if (text === undefined || (await shows(frame, text))) return frame;
        }
        return undefined;
      },
      PATIENCE_MS,
    );
  }

  /** Changes the theme while everything is open, as a person does. */
  async chooseTheme(theme: Theme): Promise<void> {
    await this.runCommand("Preferences: Color Theme");
    // The list is long, and shows only what is near.
    await this.page.locator(".quick-input-list .monaco-list-row").first().waitFor();
    await this.#quickInput.filter(THEMES[theme].label);
    await this.#quickInput.row(THEMES[theme].label).click();
    await this.page.locator(`.monaco-workbench.${THEME_CLASSES[theme]}`).waitFor();
  }

  /** A picture for people, below `test/editor/screenshots/`. */
  async screenshot(name: string): Promise<void> {
    const path = join(SCREENSHOTS, `${name}.png`);
    mkdirSync(dirname(path), { recursive: true });
    await this.page.screenshot({ path });
  }

  async close(): Promise<void> {
    await this.page.close();
  }

  async #isOpen(tab: Locator): Promise<boolean> {
    return /\bchecked\b/.test((await tab.getAttribute("class")) ?? "");
  }
}

async function isWebview(frame: Frame, title: string): Promise<boolean> {
  try {
    const element = await frame.frameElement();
    return ((await element.getAttribute("title")) ?? "").startsWith(title) && (await element.isVisible());
  } catch {
    // The frame is being replaced.
    return false;
  }
}

async function shows(frame: Frame, text: string): Promise<boolean> {
  try {
    return await frame.getByText(text).first().isVisible();
  } catch {
    // The frame is being replaced.
    return false;
  }
}
