// VS Code's text editors in one window: the one of a file, what is typed into it, and what editors and diffs show.
// It must never type before the editor has the keyboard and its cursor: VS Code gives both a moment after it opens.
import type { Locator, Page } from "playwright-core";
import { until } from "../../acceptance/processes.ts";
import { fill } from "./fill.ts";
import { ASK_AGAIN_MS, PATIENCE_MS } from "./patience.ts";

export class TextEditors {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** The editor of this file, once it is in front, has its lines and takes what is typed. */
  async focused(name: string): Promise<Locator> {
    await this.#page.locator(".tabs-container .tab.active", { hasText: name }).waitFor();
    const editor = this.#page.locator(
      `.editor-group-container.active .editor-instance .monaco-editor.focused[data-uri$="/${encodeURI(name)}"]`,
    );
    await editor.locator(".view-lines .view-line").first().waitFor();
    await editor.locator(".cursors-layer .cursor").first().waitFor();
    return editor;
  }

  /** Types at the cursor of a file's editor, and waits until the text stands there. */
  async type(name: string, text: string): Promise<void> {
    const editor = await this.focused(name);
    const before = await linesOf(editor.locator(".view-lines"));
    await this.#page.keyboard.type(text);
    await until(
      `"${text}" in ${name}`,
      async () => {
        const shown = await linesOf(editor.locator(".view-lines"));
        return shown !== before && shown.includes(text) ? true : undefined;
      },
      PATIENCE_MS,
    );
    await this.#page.locator(".tabs-container .tab.active.dirty", { hasText: name }).waitFor();
  }

  /** Finds a text in the editor that has the keyboard, and leaves it selected. */
  async select(text: string): Promise<void> {
    const editor = this.#page.locator(".editor-group-container.active .editor-instance .monaco-editor.focused");
    await editor.locator(".view-lines .view-line").first().waitFor();
    await this.#page.keyboard.press("ControlOrMeta+F");
    const find = this.#page.locator(".editor-group-container.active .find-widget.visible");
    await fill(find.locator("textarea.input, input.input").first(), text);
    // A narrow editor has no room to show the count.
    await find.locator(".matchesCount", { hasText: "1 of 1" }).waitFor({ state: "attached" });
    await until(
      "the end of the search",
      async () => {
        if ((await find.count()) === 0) return true;
        // The first Escape may go to what VS Code draws over the editor.
        await find
          .locator("textarea.input, input.input")
          .first()
          .press("Escape", { timeout: ASK_AGAIN_MS })
          .catch(() => undefined);
        return undefined;
      },
      PATIENCE_MS,
    );
  }

  /** The lines that the active text editor shows now. */
  async text(): Promise<string> {
    return linesOf(this.#page.locator(".editor-group-container.active .monaco-editor .view-lines").last());
  }

  /** Both sides of the active diff editor, as far as it shows them now. */
  async diff(): Promise<{ readonly original: string; readonly modified: string }> {
    const diff = this.#page.locator(".editor-group-container.active .monaco-diff-editor").first();
    await diff.locator(".editor.modified .view-lines").waitFor();
    return {
      original: await linesOf(diff.locator(".editor.original .view-lines")),
      modified: await linesOf(diff.locator(".editor.modified .view-lines")),
    };
  }
}

/** Monaco puts no-break spaces where the text has plain ones, and its lines out of order. */
async function linesOf(lines: Locator): Promise<string> {
  const found = await lines.locator(".view-line").evaluateAll((elements) =>
    elements
      .map((element) => ({ top: element.getBoundingClientRect().top, text: element.textContent ?? "" }))
      .sort((left, right) => left.top - right.top)
      .map(({ text }) => text),
  );
  return found.join("\n").replaceAll("\u00a0", " ");
}
