// Marks on what never leaves this machine: shown on files in the explorer, set after a confirmation, undone in one click.
// A mark forbids and any window may set it; taking one away loosens, so that asks again and needs the owner.
import * as vscode from "vscode";
import { ArwError, messageOf } from "#protocol/errors.ts";
import { isNeverLeavesGlob, type NeverLeavesMark, neverLeaves } from "#protocol/neverLeaves.ts";
import { amountsIn } from "#protocol/text/amounts.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { METHODS } from "#protocol/wire/client.ts";
import { Dismissed } from "../commandRunner.ts";
import { confirm } from "../confirm.ts";
import type { Editor } from "../editor.ts";
import { Coalesce } from "../home/coalesce.ts";
import { meantFiles } from "./workspaceFiles.ts";
import { sayInformation } from "../notice.ts";

const READ_PAUSE_MS = 300;
const NAME_CHARACTERS_MAX = 80;
const NAMES_SHOWN_MAX = 10;

export class NeverLeavesMarks implements vscode.FileDecorationProvider, vscode.Disposable {
  readonly #editor: Editor;
  readonly #changes = new vscode.EventEmitter<undefined>();
  readonly #reading: Coalesce;
  readonly #subscriptions: readonly vscode.Disposable[];
  readonly onDidChangeFileDecorations: vscode.Event<undefined> = this.#changes.event;
  #marks: readonly NeverLeavesMark[] = [];
  #markOf: (path: string) => string | undefined = () => undefined;

  constructor(editor: Editor) {
    this.#editor = editor;
    this.#reading = new Coalesce(() => this.#readQuietly(), READ_PAUSE_MS);
    const { home } = editor;
    this.#subscriptions = [
      this.#changes,
      vscode.window.registerFileDecorationProvider(this),
      home.onDidReceivePage(() => this.#reading.request()),
      home.onDidChangeStatus(({ kind }) => {
        if (kind === "connected") this.#reading.request();
      }),
    ];
    if (home.status.kind === "connected") this.#reading.request();
  }

  dispose(): void {
    this.#reading[Symbol.dispose]();
    vscode.Disposable.from(...this.#subscriptions).dispose();
  }

  provideFileDecoration(uri: vscode.Uri): vscode.FileDecoration | undefined {
    const root = this.#editor.folder?.uri.path;
    if (uri.scheme !== "file" || root === undefined || !uri.path.startsWith(`${root}/`)) return undefined;
    const mark = this.#markOf(uri.path.slice(root.length + 1));
    if (mark === undefined) return undefined;
    const tooltip = vscode.l10n.t("Never leaves this machine: marked {0}", plainText(mark, NAME_CHARACTERS_MAX));
    return new vscode.FileDecoration("⌂", tooltip, new vscode.ThemeColor("list.warningForeground"));
  }

  async mark(given: readonly unknown[]): Promise<void> {
    const { folder, home } = this.#editor;
    const globs = (await meantFiles(folder, given)).map(({ isFolder, path }) => globOf(path, isFolder));
    await confirm({
      question:
        globs.length === 1
          ? vscode.l10n.t("Mark {0} as never leaving this machine?", plainText(globs[0] ?? "", NAME_CHARACTERS_MAX))
          : vscode.l10n.t("Mark {0} files and folders as never leaving this machine?", globs.length),
      detail: [
        ...(globs.length === 1 ? [] : namesOf(globs)),
        vscode.l10n.t(
          "It stays out of everything that is sent from now on, whatever else allows it, and what waits with it is withdrawn. Jobs on this machine still see it. What was sent before cannot be taken back.",
        ),
      ].join("\n"),
      button: vscode.l10n.t("Mark"),
    });
    const { withdrawn } = await home.call(METHODS.markNeverLeaves, { globs });
    this.#reading.request();
    const undo = vscode.l10n.t("Undo");
    const said =
      withdrawn.length === 0
        ? vscode.l10n.t("Marked. It never leaves this machine.")
        : vscode.l10n.t("Marked. It never leaves this machine; withdrawn because of it: {0}.", withdrawn.length);
    if ((await sayInformation(said, undo)) === undo) await this.#unmark(globs);
  }

  /** The mark on the given file, else the ones that are picked. */
  async unmark(given: readonly unknown[]): Promise<void> {
    const marks = await this.#read();
    const [uri] = given;
    const meant = uri instanceof vscode.Uri ? this.#marksOn(marks, uri) : [];
    const globs = meant.length > 0 ? meant : await pickedMarks(marks);
    await confirm({
      question: vscode.l10n.t("Let this leave again, where you approve it?"),
      detail: namesOf(globs).join("\n"),
      button: vscode.l10n.t("Remove"),
    });
    await this.#unmark(globs);
  }

  async #unmark(globs: readonly string[]): Promise<void> {
    await this.#editor.home.call(METHODS.unmarkNeverLeaves, { globs });
    this.#reading.request();
    void sayInformation(vscode.l10n.t("The mark is gone. Sending it is asked about like anything else."));
  }

  #marksOn(marks: readonly NeverLeavesMark[], uri: vscode.Uri): readonly string[] {
    const root = this.#editor.folder?.uri.path;
    if (root === undefined || !uri.path.startsWith(`${root}/`)) return [];
    const path = uri.path.slice(root.length + 1);
    return marks.map(({ glob }) => glob).filter((glob) => neverLeaves([glob])(path) !== undefined);
  }

  async #read(): Promise<readonly NeverLeavesMark[]> {
    const { marks } = await this.#editor.home.call(METHODS.listNeverLeaves, {});
    if (JSON.stringify(marks) === JSON.stringify(this.#marks)) return marks;
    this.#marks = marks;
    this.#markOf = neverLeaves(marks.map(({ glob }) => glob));
    this.#changes.fire(undefined);
    return marks;
  }

  async #readQuietly(): Promise<void> {
    try {
      if (this.#editor.home.status.kind === "connected") await this.#read();
    } catch (error) {
      this.#editor.log.debug(`The marks were not read: ${messageOf(error)}`);
    }
  }
}

/** From the top of the workspace, so that a file elsewhere with the same name is not meant. */
function globOf(path: string, isFolder: boolean): string {
  const glob = isFolder ? `/${path}/` : `/${path}`;
  // A `*` in a file's name would mark others as well.
  if (isNeverLeavesGlob(glob) && !/[*?]/u.test(path)) return glob;
  throw new ArwError(
    "mark-unfit",
    vscode.l10n.t("{0} has signs in its name that a mark cannot have.", plainText(path, NAME_CHARACTERS_MAX)),
    vscode.l10n.t("Mark the folder that it lies in."),
  );
}

async function pickedMarks(marks: readonly NeverLeavesMark[]): Promise<readonly string[]> {
  if (marks.length === 0) {
    throw new ArwError(
      "no-mark",
      vscode.l10n.t("Nothing is marked."),
      vscode.l10n.t("Mark files in the explorer's menu."),
    );
  }
  const items = marks.map(({ by, glob, markedAt }) => ({
    label: plainText(glob),
    description: vscode.l10n.t(
      "since {0}, by {1}",
      amountsIn(vscode.env.language).moment(markedAt),
      plainText(by, NAME_CHARACTERS_MAX),
    ),
    glob,
  }));
  const placeHolder = vscode.l10n.t("Which marks should go?");
  const picked = await vscode.window.showQuickPick(items, { canPickMany: true, placeHolder });
  if (picked === undefined || picked.length === 0) throw new Dismissed();
  return picked.map(({ glob }) => glob);
}

function namesOf(globs: readonly string[]): readonly string[] {
  const shown = globs.slice(0, NAMES_SHOWN_MAX).map((glob) => plainText(glob, NAME_CHARACTERS_MAX));
  const more = globs.length - shown.length;
  return more > 0 ? [...shown, vscode.l10n.t("and {0} more", more)] : shown;
}
