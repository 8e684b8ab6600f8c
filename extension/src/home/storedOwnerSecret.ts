// The owner secret in VS Code's secret storage: one for each workspace's Home, shared by all windows of this user.
// It must never write the secret anywhere else, a log included, and says so where the machine has no keyring to keep it in.
import * as vscode from "vscode";
import { ArwError } from "#protocol/errors.ts";
import type { OwnerSecret } from "./ownerSecret.ts";

/** How the person is asked and told. */
export interface OwnerSecretDialogs {
  /** What was typed; undefined where the question was left. */
  askSecret(): Promise<string | undefined>;
  warn(text: string): void;
}

export class StoredOwnerSecret implements OwnerSecret {
  readonly #secrets: Pick<vscode.SecretStorage, "get" | "store" | "delete">;
  readonly #dialogs: OwnerSecretDialogs;
  readonly #key: () => Promise<string>;
  /** What this window was given, in case the machine keeps nothing. */
  #session: string | undefined;
  #asking: Promise<string> | undefined;
  #warned = false;

  constructor(
    secrets: Pick<vscode.SecretStorage, "get" | "store" | "delete">,
    key: () => Promise<string>,
    dialogs: OwnerSecretDialogs,
  ) {
    this.#secrets = secrets;
    this.#dialogs = dialogs;
    this.#key = key;
  }

  async get(): Promise<string> {
    const kept = this.#session ?? (await this.#stored());
    if (kept !== undefined) return kept;
    // Two calls that need the owner ask once.
    this.#asking ??= this.ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async keep(secret: string): Promise<void> {
    this.#session = secret;
    if ((await this.#stored()) === secret) return;
    try {
      await this.#secrets.store(await this.#key(), secret);
    } catch {
      // Judged by what can be read back, below.
    }
    if ((await this.#stored()) === secret || this.#warned) return;
    this.#warned = true;
    this.#dialogs.warn(
      vscode.l10n.t(
        "This machine has no keyring, so the owner secret is kept for this session only. Use ARW: Copy Owner Secret and put it into a password manager.",
      ),
    );
  }

  async forget(): Promise<void> {
    this.#session = undefined;
    try {
      await this.#secrets.delete(await this.#key());
    } catch {
      // Nothing was kept.
    }
  }

  /** Asks the person. Throws ArwError `owner-secret-missing` where they give none. */
  async ask(): Promise<string> {
    const given = await this.#dialogs.askSecret();
    if (given !== undefined && given.trim() !== "") return given.trim();
    throw new ArwError(
      "owner-secret-missing",
      vscode.l10n.t("This needs the owner of the Home, and no owner secret was given."),
      vscode.l10n.t("Use ARW: Enter Owner Secret… with the secret that was shown at the Home's first start."),
    );
  }

  async #stored(): Promise<string | undefined> {
    try {
      return await this.#secrets.get(await this.#key());
    } catch {
      return undefined;
    }
  }
}
