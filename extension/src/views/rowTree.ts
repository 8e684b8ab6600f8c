// Hands rows to VS Code as a tree: redraws only when something shown has changed, and makes tooltips only when asked.
// It knows no kind of row. What a tooltip says is never trusted: no links, no commands, no markup of others.
import * as vscode from "vscode";
import type { HomeStatus } from "../home/home.ts";
import type { HomeFacts } from "../home/homeMirror.ts";
import type { Editor } from "../editor.ts";
import { type ItemLook, spokenLabel, type StateColor, tooltipMarkdown } from "./itemLook.ts";

/** Ages in rows are drawn again this often while the view can be seen. */
const REDRAW_MS = 10_000;

/** When the facts were read, and now. */
export interface Clock {
  readonly readMs: number;
  readonly nowMs: number;
}

/** What makes the rows of one view of what the Home says. All of it is pure. */
export interface RowSource<Row> {
  readonly viewId: string;
  roots(facts: HomeFacts): readonly Row[];
  children(row: Row, facts: HomeFacts): readonly Row[];
  look(row: Row, clock: Clock): ItemLook;
  /** The number on the container's icon, with its words. */
  badge?(facts: HomeFacts): vscode.ViewBadge | undefined;
  /** A sentence above the rows. */
  message?(facts: HomeFacts): string | undefined;
  /** Hears whether the view is on the screen, at first and whenever that changes. */
  seen?(visible: boolean): void;
}

export class RowTree<Row> implements vscode.TreeDataProvider<Row>, vscode.Disposable {
  readonly #editor: Pick<Editor, "home" | "mirror">;
  readonly #source: RowSource<Row>;
  readonly #changes = new vscode.EventEmitter<undefined>();
  readonly #view: vscode.TreeView<Row>;
  readonly #subscriptions: readonly vscode.Disposable[];
  readonly onDidChangeTreeData: vscode.Event<undefined> = this.#changes.event;
  #readMs = Date.now();
  #shown = "";
  #redraw: NodeJS.Timeout | undefined;

  constructor(editor: Pick<Editor, "home" | "mirror">, source: RowSource<Row>) {
    this.#editor = editor;
    this.#source = source;
    this.#view = vscode.window.createTreeView(source.viewId, { treeDataProvider: this });
    this.#subscriptions = [
      this.#view,
      this.#changes,
      editor.home.onDidChangeStatus(() => this.#draw()),
      editor.mirror.onDidChange(() => {
        this.#readMs = Date.now();
        this.#draw();
      }),
      this.#view.onDidChangeVisibility(({ visible }) => {
        source.seen?.(visible);
        this.#redrawWhile(visible);
      }),
    ];
    source.seen?.(this.#view.visible);
    this.#redrawWhile(this.#view.visible);
    this.#draw();
  }

  /** VS Code asks only for what a person can see: whoever looks at a view wants to know what the Home says. */
  getChildren(row?: Row): Row[] {
    if (this.#editor.home.status.kind === "idle") this.#editor.home.connect().catch(() => undefined);
    return [...this.#childrenOf(row)];
  }

  getTreeItem(row: Row): vscode.TreeItem {
    const look = this.#look(row);
    const { command, contextValue, description, icon, id, label } = look;
    const item = new vscode.TreeItem(label, COLLAPSIBLE[look.children]);
    item.id = id;
    if (description !== undefined) item.description = description;
    if (contextValue !== undefined) item.contextValue = contextValue;
    item.iconPath = new vscode.ThemeIcon(icon.shape, icon.color && new vscode.ThemeColor(COLORS[icon.color]));
    item.accessibilityInformation = { label: spokenLabel(look), role: "treeitem" };
    if (command !== undefined) {
      const given = command.argument === undefined ? [] : [command.argument];
      item.command = { command: command.id, title: command.title, arguments: given };
    }
    return item;
  }

  resolveTreeItem(item: vscode.TreeItem, row: Row): vscode.TreeItem {
    item.tooltip = new vscode.MarkdownString(tooltipMarkdown(this.#look(row).tooltip));
    return item;
  }

  dispose(): void {
    clearInterval(this.#redraw);
    vscode.Disposable.from(...this.#subscriptions).dispose();
  }

  #childrenOf(row: Row | undefined): readonly Row[] {
    const { facts } = this.#editor.mirror;
    return row === undefined ? this.#source.roots(facts) : this.#source.children(row, facts);
  }

  #look(row: Row): ItemLook {
    return this.#source.look(row, { readMs: this.#readMs, nowMs: Date.now() });
  }

  #redrawWhile(visible: boolean): void {
    clearInterval(this.#redraw);
    this.#redraw = visible ? setInterval(() => this.#draw(), REDRAW_MS) : undefined;
    if (visible) this.#draw();
  }

  #draw(): void {
    const { facts } = this.#editor.mirror;
    this.#view.badge = this.#source.badge?.(facts);
    this.#view.message = statusMessage(this.#editor.home.status) ?? this.#source.message?.(facts) ?? "";
    const shown = JSON.stringify(this.#looksBelow(undefined));
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#changes.fire(undefined);
  }

  #looksBelow(row: Row | undefined): readonly unknown[] {
    return this.#childrenOf(row).map((child) => {
      // Commands carry what the Home said whole; ids and words say whether a row looks the same.
      const { command, ...look } = this.#look(child);
      return [look, command?.id, look.children === "none" ? [] : this.#looksBelow(child)];
    });
  }
}

const COLLAPSIBLE: Readonly<Record<ItemLook["children"], vscode.TreeItemCollapsibleState>> = {
  none: vscode.TreeItemCollapsibleState.None,
  closed: vscode.TreeItemCollapsibleState.Collapsed,
  open: vscode.TreeItemCollapsibleState.Expanded,
};

const COLORS: Readonly<Record<StateColor, string>> = {
  good: "testing.iconPassed",
  attention: "problemsWarningIcon.foreground",
  bad: "testing.iconFailed",
  quiet: "disabledForeground",
  busy: "charts.blue",
};

/** Why what is shown may be old, or is all there is. Nothing where the view's own words say it. */
function statusMessage(status: HomeStatus): string | undefined {
  switch (status.kind) {
    case "idle":
    case "unavailable":
      return undefined;
    case "connecting":
      return status.lost === undefined
        ? undefined
        : vscode.l10n.t("Connecting to the Home again. This is what it said last.");
    case "failed":
      return vscode.l10n.t("The Home cannot be reached. {0} {1}", status.error.message, status.error.advice);
    case "connected":
      return status.hello.readOnly === undefined
        ? undefined
        : vscode.l10n.t("The Home can be read only: {0}", status.hello.readOnly.reason);
  }
}
