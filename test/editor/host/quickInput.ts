// VS Code's quick input in one window: the palette, picks and input boxes. It decides how they are opened, filled and left.
// It must never press a key that nothing would take: what loses the keyboard on the way is tried again.
import type { Locator, Page } from "playwright-core";
import { until } from "../../acceptance/processes.ts";
import { fill } from "./fill.ts";
import { ASK_AGAIN_MS, PATIENCE_MS } from "./patience.ts";

export class QuickInput {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** Opens a quick input by its key, types, and clicks a row of what it then offers. */
  async choose(what: string, key: string, typed: string, row: Locator): Promise<void> {
    await until(
      what,
      async () => {
        try {
          await this.#page.keyboard.press(key);
          await this.#input().fill(typed, { timeout: ASK_AGAIN_MS });
          await row.click({ timeout: ASK_AGAIN_MS });
          return true;
        } catch {
          // Whatever takes the focus closes the input, and a command may be contributed a moment later.
          await this.#page.keyboard.press("Escape");
          return undefined;
        }
      },
      PATIENCE_MS,
    );
  }

  /** The titles that the palette offers for a title's beginning, once one of them has it; closes the palette again. */
  async commandsFor(typed: string): Promise<readonly string[]> {
    const rows = this.#page.locator(".quick-input-list .monaco-list-row .label-name");
    const titles = await until(
      `a command "${typed}"`,
      async () => {
        try {
          await this.#page.keyboard.press("F1");
          await this.#input().fill(`>${typed}`, { timeout: ASK_AGAIN_MS });
          await rows.filter({ hasText: typed }).first().waitFor({ timeout: ASK_AGAIN_MS });
          return await rows.allTextContents();
        } catch {
          // The workbench may not have listened yet, or not known the command.
          return undefined;
        } finally {
          await this.close();
        }
      },
      PATIENCE_MS,
    );
    return titles;
  }

  /** The rows of the open quick pick. */
  async rows(): Promise<readonly string[]> {
    await this.#page.locator(".quick-input-list .monaco-list-row").first().waitFor();
    return this.#page.locator(".quick-input-list .monaco-list-row .label-name").allTextContents();
  }

  /** Leaves the open quick pick or input box without an answer. */
  async close(): Promise<void> {
    const widget = this.#page.locator(".quick-input-widget");
    await until(
      "the end of the quick input",
      async () => {
        if (!(await widget.isVisible())) return true;
        await this.#page.keyboard.press("Escape");
        return undefined;
      },
      PATIENCE_MS,
    );
  }

  /** Answers the open input box, which must show this text (its title, prompt or placeholder). */
  async answer(asked: string, text: string): Promise<void> {
    const box = this.#page.locator(".quick-input-widget", { has: this.#page.locator("input") });
    await until(
      `an input box that asks "${asked}"`,
      async () => {
        const placeholder = (await this.#input().getAttribute("placeholder")) ?? "";
        return `${placeholder}\n${await box.innerText()}`.includes(asked) ? true : undefined;
      },
      PATIENCE_MS,
    );
    await this.filter(text);
    await this.#input().press("Enter");
  }

  /**
   * Answers VS Code's own dialog for a file, which must show this text, until what it was opened for is done. It may draw
   * itself anew at any moment, and takes no answer before it has looked at the folder; an entry of its list that is still
   * chosen would be taken for the answer.
   */
  async saveAs(asked: string, path: string, isSaved: () => boolean): Promise<void> {
    const box = this.#page.locator(".quick-input-widget:visible", { hasText: asked });
    const chosen = box.locator(".quick-input-list .monaco-list-row.focused");
    await until(
      `the dialog "${asked}" to take ${path}`,
      async () => {
        try {
          await box.waitFor({ timeout: ASK_AGAIN_MS });
          await this.filter(path);
          await chosen.first().waitFor({ state: "detached", timeout: ASK_AGAIN_MS });
          // It chooses the name without its ending when it is drawn, and what is typed then goes in there.
          if ((await this.#input().inputValue({ timeout: ASK_AGAIN_MS })) !== path) return undefined;
          await this.#input().press("Enter", { timeout: ASK_AGAIN_MS });
          await box.waitFor({ state: "hidden", timeout: ASK_AGAIN_MS });
        } catch {
          // Not open, or not answered yet: what counts is the file.
        }
        return isSaved() ? true : undefined;
      },
      PATIENCE_MS,
    );
  }

  /** Types into the open quick input. */
  async filter(text: string): Promise<void> {
    await fill(this.#input(), text);
  }

  /** The row with exactly this label. */
  row(label: string): Locator {
    const name = this.#page.locator(".label-name").getByText(label, { exact: true });
    return this.#page.locator(".quick-input-list .monaco-list-row", { has: name }).first();
  }

  #input(): Locator {
    return this.#page.locator(".quick-input-widget:visible input.input").first();
  }
}
