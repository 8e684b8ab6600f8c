// The class of files in the explorer, where it is not simply internal: a letter, why, and a colour. It asks the Home about what
// VS Code shows, a bounded number of files at once and in memory; it decides nothing, and is never waited for.
import * as vscode from "vscode";
import { isClassPath } from "#protocol/classes.ts";
import type { Classification } from "#protocol/egress.ts";
import { messageOf } from "#protocol/errors.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { METHODS } from "#protocol/wire/client.ts";
import { INSPECTED_PATHS_MAX } from "#protocol/wire/egressViews.ts";
import type { ExplainedClass } from "#protocol/wire/markViews.ts";
import type { Editor } from "../editor.ts";
import { Coalesce } from "../home/coalesce.ts";

/** Answers that are remembered, and files that wait to be asked about; of more the oldest are forgotten. */
const ANSWERS_MAX = 2_000;
const WAITING_MAX = 1_024;
const READ_PAUSE_MS = 300;
const REASON_CHARACTERS_MAX = 200;

interface Look {
  readonly letter: string;
  readonly colour: string;
}

const LOOKS: Readonly<Record<Exclude<Classification, "internal">, Look>> = {
  public: { letter: "P", colour: "charts.green" },
  secret: { letter: "S", colour: "list.warningForeground" },
  regulated: { letter: "R", colour: "list.errorForeground" },
};

export class ClassDecorations implements vscode.FileDecorationProvider, vscode.Disposable {
  readonly #editor: Editor;
  readonly #changes = new vscode.EventEmitter<vscode.Uri[] | undefined>();
  readonly #asking: Coalesce;
  readonly #reading: Coalesce;
  readonly #subscriptions: readonly vscode.Disposable[];
  readonly onDidChangeFileDecorations: vscode.Event<vscode.Uri[] | undefined> = this.#changes.event;
  readonly #answers = new Map<string, ExplainedClass>();
  readonly #waiting = new Map<string, vscode.Uri>();
  #marks = "";

  constructor(editor: Editor) {
    this.#editor = editor;
    this.#asking = new Coalesce(() => this.#quietly(() => this.#ask()), READ_PAUSE_MS);
    this.#reading = new Coalesce(() => this.#quietly(() => this.#readMarks()), READ_PAUSE_MS);
    const { home } = editor;
    this.#subscriptions = [
      this.#changes,
      vscode.window.registerFileDecorationProvider(this),
      vscode.workspace.onDidSaveTextDocument(({ uri }) => this.#askAgain(uri)),
      home.onDidReceivePage(() => this.#reading.request()),
      home.onDidChangeStatus(({ kind }) => {
        if (kind === "connected") this.#reading.request();
      }),
    ];
    if (home.status.kind === "connected") this.#reading.request();
  }

  dispose(): void {
    this.#asking[Symbol.dispose]();
    this.#reading[Symbol.dispose]();
    vscode.Disposable.from(...this.#subscriptions).dispose();
  }

  provideFileDecoration(uri: vscode.Uri): vscode.FileDecoration | undefined {
    const path = this.#pathOf(uri);
    if (path === undefined) return undefined;
    const answer = this.#answers.get(path);
    if (answer === undefined) {
      this.#wait(path, uri);
      return undefined;
    }
    const { classification, reasons } = answer;
    if (classification === "internal") return undefined;
    const { colour, letter } = LOOKS[classification];
    const why = plainText(reasons[0]?.text ?? "", REASON_CHARACTERS_MAX);
    const tooltip = vscode.l10n.t("Class {0}: {1}", classification, why);
    return new vscode.FileDecoration(letter, tooltip, new vscode.ThemeColor(colour));
  }

  /** Forgets every answer: what is shown is asked about anew. */
  refresh(): void {
    this.#answers.clear();
    this.#changes.fire(undefined);
  }

  #pathOf(uri: vscode.Uri): string | undefined {
    const root = this.#editor.folder?.uri.path.replace(/\/$/u, "");
    if (uri.scheme !== "file" || root === undefined || !uri.path.startsWith(`${root}/`)) return undefined;
    const path = uri.path.slice(root.length + 1);
    return isClassPath(path) ? path : undefined;
  }

  #wait(path: string, uri: vscode.Uri): void {
    this.#waiting.delete(path);
    this.#waiting.set(path, uri);
    forgetOldest(this.#waiting, WAITING_MAX);
    this.#asking.request();
  }

  #askAgain(uri: vscode.Uri): void {
    const path = this.#pathOf(uri);
    if (path === undefined || !this.#answers.delete(path)) return;
    this.#changes.fire([uri]);
  }

  async #ask(): Promise<void> {
    if (this.#editor.home.status.kind !== "connected") return;
    const asked = [...this.#waiting].slice(0, INSPECTED_PATHS_MAX);
    if (asked.length === 0) return;
    for (const [path] of asked) this.#waiting.delete(path);
    const { files } = await this.#editor.home.call(METHODS.explainClasses, { paths: asked.map(([path]) => path) });
    for (const file of files) this.#answers.set(file.path, file);
    forgetOldest(this.#answers, ANSWERS_MAX);
    const shown = new Set(files.filter(({ classification }) => classification !== "internal").map(({ path }) => path));
    this.#changes.fire(asked.filter(([path]) => shown.has(path)).map(([, uri]) => uri));
    if (this.#waiting.size > 0) this.#asking.request();
  }

  async #readMarks(): Promise<void> {
    if (this.#editor.home.status.kind !== "connected") return;
    const marks = JSON.stringify(await this.#editor.home.call(METHODS.listClasses, {}));
    const before = this.#marks;
    this.#marks = marks;
    if (before !== marks) this.refresh();
  }

  async #quietly(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#editor.log.debug(`Classes were not read: ${messageOf(error)}`);
    }
  }
}

function forgetOldest<Value>(held: Map<string, Value>, valuesMax: number): void {
  for (const key of held.keys()) {
    if (held.size <= valuesMax) return;
    held.delete(key);
  }
}
