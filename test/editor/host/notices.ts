// VS Code's notifications in one window: toasts, and what stands behind the bell. It decides which elements are which.
import type { Locator, Page } from "playwright-core";

export class Notices {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** A toast that holds this text. */
  async toast(text: string): Promise<Locator> {
    const toast = this.#toasts(text).first();
    await toast.waitFor();
    return toast;
  }

  async click(text: string, button: string): Promise<void> {
    const toast = await this.toast(text);
    await toast.hover();
    await toast.locator(".monaco-button", { hasText: button }).first().click();
  }

  /** Waits until no toast holds this text any more. */
  async gone(text: string): Promise<void> {
    await this.#toasts(text).first().waitFor({ state: "detached" });
  }

  /** Waits until something new stands behind the bell while Do Not Disturb is on; the texts of the toasts there are then. */
  async heldBack(): Promise<readonly string[]> {
    await this.#page.locator(".statusbar-item .codicon-bell-slash-dot").waitFor();
    return this.#page.locator(".notification-toast").allInnerTexts();
  }

  /** What stands behind the bell, once it is open and holds this text. */
  async behindBell(text: string): Promise<Locator> {
    const entry = this.#page
      .locator(".notifications-center.visible .notification-list-item", { hasText: text })
      .first();
    await entry.waitFor();
    return entry;
  }

  #toasts(text: string): Locator {
    return this.#page.locator(".notification-toast", { hasText: text });
  }
}
