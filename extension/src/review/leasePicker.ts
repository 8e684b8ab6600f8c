// The leases that let things leave without a question: what each covers, what is left of it, and how long, counted down; one
// button takes one back. Revoking is the safe direction and is asked about only where it ends what runs.
import * as vscode from "vscode";
import { ArwError } from "#protocol/errors.ts";
import { durationMs } from "#protocol/quantities.ts";
import { amountsIn } from "#protocol/text/amounts.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { LeaseView } from "#protocol/wire/clientViews.ts";
import { confirm } from "../confirm.ts";
import type { Editor } from "../editor.ts";
import { sayWarning } from "../notice.ts";

const COUNTDOWN_MS = 1_000;

/** A lease as it was when it was read. What is left now is less by the time since, by a clock that nobody sets. */
export interface ReadLease {
  readonly view: LeaseView;
  readonly readAtMs: number;
}

interface LeaseItem extends vscode.QuickPickItem {
  readonly view: LeaseView;
}

export async function manageLeases(editor: Editor): Promise<void> {
  const picker = vscode.window.createQuickPick<LeaseItem>();
  const subscriptions: vscode.Disposable[] = [picker];
  try {
    picker.title = vscode.l10n.t("Leases: what may leave without a question");
    picker.placeholder = vscode.l10n.t("Choose a lease to revoke it");
    picker.matchOnDescription = true;
    picker.matchOnDetail = true;
    picker.keepScrollPosition = true;
    let leases = await readLive(editor);
    const draw = (): void => {
      const [active] = picker.activeItems;
      const items = leases.map((lease) => itemOf(lease, performance.now()));
      picker.items = items;
      picker.activeItems = items.filter(({ view }) => view.lease.leaseId === active?.view.lease.leaseId);
      if (items.length === 0) picker.placeholder = vscode.l10n.t("No lease: you are asked about every send.");
    };
    const readAgain = async (): Promise<void> => {
      leases = await readLive(editor);
      draw();
    };
    const revoke = async (view: LeaseView): Promise<void> => {
      await revokeOne(editor, view);
      await readAgain();
    };
    const closed = new Promise<void>((resolve, reject) => {
      const run = (work: Promise<void>): void => void work.catch(reject);
      const clock = setInterval(draw, COUNTDOWN_MS);
      subscriptions.push(
        { dispose: () => clearInterval(clock) },
        editor.mirror.onDidChange(() => run(readAgain())),
        picker.onDidTriggerItemButton(({ item }) => run(revoke(item.view))),
        picker.onDidAccept(() => {
          const [item] = picker.selectedItems;
          if (item !== undefined) run(revoke(item.view));
        }),
        picker.onDidHide(() => resolve()),
      );
    });
    draw();
    picker.show();
    await closed;
  } finally {
    for (const subscription of subscriptions) subscription.dispose();
  }
}

/** The one that a tree hands over, else the one that is picked. */
export async function revokeLease(editor: Editor, given: unknown): Promise<void> {
  const live = await readLive(editor);
  const id = leaseIdOf(given);
  if (id === undefined && live.length > 0) return manageLeases(editor);
  const meant = live.find(({ view }) => view.lease.leaseId === id);
  if (meant === undefined) throw noLease();
  await revokeOne(editor, meant.view);
}

export async function revokeAllLeases(editor: Editor): Promise<void> {
  const live = await readLive(editor);
  if (live.length === 0) throw noLease();
  const running = live.reduce((total, { view }) => total + view.inUse, 0);
  await confirm({
    question:
      live.length === 1 ? vscode.l10n.t("Revoke the one lease?") : vscode.l10n.t("Revoke all {0} leases?", live.length),
    detail: [
      ...live.map(({ view }) => vscode.l10n.t("{0}: {1}", plainText(view.node, 80), scopeText(view))),
      running === 0
        ? vscode.l10n.t("From then on you are asked about every send.")
        : vscode.l10n.t("{0} running attempts end. From then on you are asked about every send.", running),
    ].join("\n"),
    button: vscode.l10n.t("Revoke All"),
  });
  for (const { view } of live) await callRevoke(editor, view);
  await editor.mirror.refresh();
}

async function revokeOne(editor: Editor, view: LeaseView): Promise<void> {
  if (view.inUse > 0) {
    const revoke = vscode.l10n.t("Revoke");
    const answer = await sayWarning(
      vscode.l10n.t("Revoke the lease for {0}?", plainText(view.node, 80)),
      { modal: true, detail: vscode.l10n.t("{0} running attempts under it end at once.", view.inUse) },
      revoke,
    );
    if (answer !== revoke) return;
  }
  await callRevoke(editor, view);
  await editor.mirror.refresh();
}

async function callRevoke({ home }: Editor, { lease }: LeaseView): Promise<void> {
  await home.call(METHODS.revokeLease, { leaseId: lease.leaseId, reason: "revoked in the editor" });
}

/** Leases that still allow something: a further send, or the attempt that runs under it. */
async function readLive({ home }: Editor): Promise<readonly ReadLease[]> {
  const { leases } = await home.call(METHODS.listLeases, {});
  const readAtMs = performance.now();
  return leases
    .filter(({ inUse, state }) => state === "live" || (state === "spent" && inUse > 0))
    .map((view) => ({ view, readAtMs }));
}

function itemOf({ readAtMs, view }: ReadLease, nowMs: number): LeaseItem {
  const amounts = amountsIn(vscode.env.language);
  const { budget } = view.lease;
  const leftMs = durationMs(Math.max(0, Math.floor(view.remainingMs - (nowMs - readAtMs))));
  const running = view.inUse === 0 ? "" : vscode.l10n.t(" · {0} running", view.inUse);
  return {
    view,
    label: `$(shield) ${plainText(view.node, 80)}`,
    description:
      vscode.l10n.t(
        "{0} left · {1} of {2} jobs · {3} of {4}",
        amounts.duration(leftMs),
        amounts.count(view.usesLeft),
        amounts.count(budget.uses),
        amounts.bytes(view.bytesLeft),
        amounts.bytes(budget.bytes),
      ) +
      costLeftText(view) +
      running,
    detail: scopeText(view),
    buttons: [{ iconPath: new vscode.ThemeIcon("trash"), tooltip: vscode.l10n.t("Revoke This Lease") }],
  };
}

function costLeftText({ costMicrosLeft, lease: { budget } }: LeaseView): string {
  if (budget.cost === undefined || costMicrosLeft === undefined) return "";
  const { currency, micros } = budget.cost;
  const amounts = amountsIn(vscode.env.language);
  const [left, all] = [amounts.money(costMicrosLeft, currency), amounts.money(micros, currency)];
  return vscode.l10n.t(" · {0} of {1}", left, all);
}

function scopeText({ lease: { scope } }: LeaseView): string {
  if (scope.kind !== "scoped") return vscode.l10n.t("one preview, once");
  const paths = plainText(scope.paths.join(" "), 200);
  if (scope.job === "ask") return vscode.l10n.t("questions, up to class {0}", scope.ceiling);
  return vscode.l10n.t("commands, up to class {0}, files in {1}", scope.ceiling, paths);
}

function leaseIdOf(given: unknown): unknown {
  let value = given;
  for (const key of ["lease", "lease", "leaseId"]) {
    const next =
      typeof value === "object" && value !== null ? Object.getOwnPropertyDescriptor(value, key)?.value : undefined;
    if (next !== undefined) value = next;
  }
  return typeof value === "string" ? value : undefined;
}

function noLease(): ArwError {
  return new ArwError(
    "lease-unknown",
    vscode.l10n.t("There is no lease that could be revoked."),
    vscode.l10n.t("You are asked about every send."),
  );
}
