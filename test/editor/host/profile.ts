// The throw-away folders of one editor: its settings, extensions, home and the state of the Home it may start.
// It must never let VS Code or the Home see a folder of the person who runs the tests, nor outlive its own processes.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { pause } from "../../acceptance/processes.ts";

export type Theme = "light" | "dark" | "hc-dark" | "hc-light";
export type Settings = Readonly<Record<string, unknown>>;

/** A Unix socket's path ends at 107 bytes, so a long temporary folder is not taken. */
const TEMPORARY_FOLDER_LENGTH_MAX = 40;
const REMOVE_TRIES = 20;
const REMOVE_PAUSE_MS = 100;

/** What the settings call each theme, and what VS Code shows people in its place. */
export const THEMES: Readonly<Record<Theme, { readonly id: string; readonly label: string }>> = {
  light: { id: "Light Modern", label: "Light Modern" },
  dark: { id: "Dark Modern", label: "Dark Modern" },
  "hc-dark": { id: "Default High Contrast", label: "Dark High Contrast" },
  "hc-light": { id: "Default High Contrast Light", label: "Light High Contrast" },
};

/** What keeps a fresh VS Code from opening anything by itself, and its text in the page's own elements. */
const QUIET: Settings = {
  "chat.disableAIFeatures": true,
  "extensions.autoCheckUpdates": false,
  "extensions.autoUpdate": false,
  "extensions.ignoreRecommendations": true,
  // As on a desktop; in a browser VS Code saves by itself a second after the last key.
  "files.autoSave": "off",
  "git.enabled": false,
  "security.workspace.trust.enabled": false,
  "telemetry.telemetryLevel": "off",
  // A terminal drawn on a canvas cannot be read.
  "terminal.integrated.gpuAcceleration": "off",
  "update.mode": "none",
  "window.autoDetectColorScheme": false,
  "window.dialogStyle": "custom",
  "workbench.reduceMotion": "on",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
};

/** The user and group id of a user without rights, on every Debian. */
export const NOBODY = 65_534;

/** Folders with short names, because what lies in them is long enough. */
export class Profile {
  #isNobodys = false;
  readonly folder: string;
  readonly userData: string;
  readonly extensions: string;
  readonly home: string;
  /** Where a Home that is started from this editor keeps its state. */
  readonly state: string;
  readonly emptyWorkspace: string;
  /** Where claims inside the extension host put their results. */
  readonly claims: string;
  #settings: Settings = {};

  constructor(settings: Settings, theme: Theme) {
    const temporary = tmpdir().length > TEMPORARY_FOLDER_LENGTH_MAX ? "/tmp" : tmpdir();
    this.folder = mkdtempSync(join(temporary, "arw-e-"));
    const inside = (name: string): string => {
      const path = join(this.folder, name);
      mkdirSync(path, { recursive: true, mode: 0o700 });
      return path;
    };
    this.userData = inside("u");
    this.extensions = inside("e");
    this.home = inside("h");
    this.state = inside("s");
    this.emptyWorkspace = inside("w");
    this.claims = join(this.folder, "claims.jsonl");
    inside("r");
    inside("u/User");
    this.writeSettings({ "workbench.colorTheme": THEMES[theme].id, ...settings });
  }

  /** Gives the profile and a workspace to a user without rights, as whom the editor then runs. Only root can. */
  giveToNobody(workspace: string): void {
    for (const folder of [this.folder, workspace]) {
      const { status, stderr } = spawnSync("chown", ["-R", `${NOBODY}:${NOBODY}`, folder], { encoding: "utf8" });
      if (status !== 0) throw new Error(`${folder} could not be given away: ${stderr}`);
    }
    this.#isNobodys = true;
  }

  /** Makes one more throw-away folder. */
  makeFolder(name: string): string {
    const path = this.#below(name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  get isNobodys(): boolean {
    return this.#isNobodys;
  }

  /** Changes the user's settings. An open window takes them over when it is reloaded: this server tells of no change. */
  writeSettings(settings: Settings): void {
    this.#settings = { ...this.#settings, ...settings };
    const text = JSON.stringify({ ...QUIET, ...this.#settings }, undefined, 2);
    writeFileSync(join(this.userData, "User", "settings.json"), text);
  }

  /** The settings of the machine that VS Code's server runs on: what only a machine may say is read from here alone. */
  writeMachineSettings(settings: Settings): void {
    mkdirSync(join(this.userData, "Machine"), { recursive: true });
    writeFileSync(join(this.userData, "Machine", "settings.json"), JSON.stringify(settings, undefined, 2));
  }

  /** What a language pack leaves behind once it is installed. VS Code's own words stay English: this one has none. */
  offerLanguage(language: string): void {
    const words = join(this.folder, "words.json");
    writeFileSync(words, JSON.stringify({ version: "1.0.0", contents: {} }));
    const extensions = [{ extensionIdentifier: { id: `arw-test.${language}` }, version: "0.0.1" }];
    const offered = { hash: "0".repeat(32), extensions, translations: { vscode: words }, label: language };
    writeFileSync(join(this.userData, "languagepacks.json"), JSON.stringify({ [language]: offered }));
  }

  /** The environment of every process of this editor: nothing of the person's, nothing of the test run's. */
  environment(nodeFolder: string): Record<string, string> {
    return {
      PATH: `${nodeFolder}${delimiter}${process.env["PATH"] ?? "/usr/bin:/bin"}`,
      LANG: "C.UTF-8",
      SHELL: "/bin/sh",
      HOME: this.home,
      TMPDIR: this.#below("r"),
      XDG_CONFIG_HOME: join(this.home, ".config"),
      XDG_CACHE_HOME: join(this.home, ".cache"),
      XDG_DATA_HOME: join(this.home, ".local", "share"),
      XDG_STATE_HOME: join(this.home, ".local", "state"),
      XDG_RUNTIME_DIR: this.#below("r"),
      ARW_STATE_HOME: this.state,
      ARW_CLAIMS_FILE: this.claims,
      // No marketplace: nobody outside is asked about extensions.
      EXTENSIONS_GALLERY: JSON.stringify({ serviceUrl: "" }),
    };
  }

  /** The log files of VS Code and its extension hosts, as `[name, text]`. */
  logs(): readonly (readonly [name: string, text: string])[] {
    const folder = join(this.userData, "logs");
    try {
      return readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".log"))
        .map((name) => [name, readFileSync(join(folder, name), "utf8")] as const);
    } catch {
      // It never came to a log.
      return [];
    }
  }

  /** Processes that carry this profile in their environment, such as a Home that VS Code started detached. */
  processes(): readonly number[] {
    // A practice worker has a state folder of its own below that of the Home.
    const marks = [`ARW_STATE_HOME=${this.state}\0`, `ARW_STATE_HOME=${this.state}/`];
    return readdirSync("/proc")
      .map(Number)
      .filter(
        (id) => Number.isInteger(id) && id !== process.pid && marks.some((mark) => environmentOf(id).includes(mark)),
      );
  }

  /** Ends what still runs on this profile and removes its folders. */
  async remove(): Promise<void> {
    for (const id of this.processes()) {
      try {
        process.kill(id, "SIGKILL");
      } catch {
        // It ended by itself meanwhile.
      }
    }
    for (let tries = 1; ; tries += 1) {
      try {
        rmSync(this.folder, { recursive: true, force: true });
        return;
      } catch (error) {
        // A process that is just ending may still write a file.
        if (tries === REMOVE_TRIES) throw error;
        await pause(REMOVE_PAUSE_MS);
      }
    }
  }

  #below(name: string): string {
    return join(this.folder, name);
  }
}

function environmentOf(processId: number): string {
  try {
    return readFileSync(`/proc/${processId}/environ`, "utf8");
  } catch {
    // Gone, or not ours to read.
    return "";
  }
}
