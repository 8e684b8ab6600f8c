// The review of staged actions: joins the page, the desk behind it, and the native dialogs in which a person decides.
// It opens only where a person's own command leads there; what is approved is what the desk showed.
import * as vscode from "vscode";
import { ArwError } from "#protocol/errors.ts";
import { stagedId, type StagedId } from "#protocol/ids.ts";
import type { StagedView } from "#protocol/wire/stagingViews.ts";
import { showFailure } from "../commandRunner.ts";
import type { Editor, Feature } from "../editor.ts";
import { askChange, askReason, confirmApprove } from "./stagedDialogs.ts";
import { StagedDesk } from "./stagedDesk.ts";
import { sameKind, stagedOf } from "./stagedFacts.ts";
import { StagedPanel } from "./stagedPanel.ts";

export function openStagedFeature(editor: Editor): Feature {
  const { home, log, mirror, sight } = editor;
  const show = (error: unknown): void => void showFailure("the review of a staged action", error, log);
  const desk: StagedDesk = new StagedDesk(
    {
      call: (method, params) => home.call(method, params),
      confirmApprove,
      askReason,
      askChange,
      changed: () => {
        sight.read("staged", panel.isVisible ? desk.stagedIds : []);
        panel.draw();
      },
      showDiff: (view, path) => showDiff(panel, view, path),
      showOutput: async (episodeId) => void (await vscode.commands.executeCommand("arw.showOutput", { episodeId })),
      reviewNext: async () => void (await vscode.commands.executeCommand("arw.reviewNext")),
    },
    mirror.facts,
  );
  const panel = new StagedPanel(editor, {
    shown: () => desk.shown,
    ask: (ask) => void desk.ask(ask).catch(show),
    seen: (visible) => sight.read("staged", visible ? desk.stagedIds : []),
  });
  const read = async (id: StagedId): Promise<void> => {
    // Before anything is read: nobody is told of what their own command is about to show.
    sight.read("staged", [id]);
    await desk.show(id);
    panel.reveal();
    panel.draw();
  };
  const subscriptions = [
    mirror.onDidChange((facts) => {
      if (panel.isOpen) void desk.follow(facts).catch(show);
    }),
    panel,
  ];
  return {
    commands: {
      "arw.reviewStaged": async (given) => {
        const pointer = pointerOf(given);
        if (pointer !== undefined) sight.read("staged", [pointer]);
        const waiting = stagedOf(await mirror.refresh());
        const meant = pointer === undefined ? waiting[0] : waiting.find((view) => view.stagedId === pointer);
        if (meant === undefined) throw nothingStaged();
        await read(meant.stagedId);
      },
      "arw.reviewStagedTogether": async (given) => {
        const facts = await mirror.refresh();
        const waiting = stagedOf(facts);
        const pointer = pointerOf(given);
        const meant = waiting.find((view) => view.stagedId === pointer) ?? largestKind(waiting);
        if (meant === undefined) throw nothingStaged();
        await desk.showTable(sameKind(facts, meant));
        panel.reveal();
        panel.draw();
      },
    },
    dispose: () => vscode.Disposable.from(...subscriptions).dispose(),
  };
}

/** One of the kind of which most wait: that is where a table helps. */
function largestKind(waiting: readonly StagedView[]): StagedView | undefined {
  const count = (view: StagedView): number => waiting.filter((each) => each.action.kind === view.action.kind).length;
  return waiting.toSorted((left, right) => count(right) - count(left))[0];
}

/** Files are seen in the diff of their proposal, beside the page. */
async function showDiff(
  panel: StagedPanel,
  { action, episodeId }: StagedView,
  path: string | undefined,
): Promise<void> {
  if (action.kind !== "apply-proposal" || episodeId === undefined) return;
  const paths = path === undefined ? action.paths : [path];
  const { edited } = action;
  await panel.leave();
  await vscode.commands.executeCommand("arw.openProposal", {
    episodeId,
    inReview: true,
    ...(paths === undefined ? {} : { paths }),
    ...(edited === undefined ? {} : { edited }),
  });
}

function pointerOf(given: unknown): StagedId | undefined {
  let value = given;
  for (const key of ["item", "staged", "stagedId"]) {
    value =
      typeof value === "object" && value !== null ? Object.getOwnPropertyDescriptor(value, key)?.value : undefined;
  }
  const id = stagedId.schema.safeParse(value);
  return id.success ? id.data : undefined;
}

function nothingStaged(): ArwError {
  return new ArwError(
    "nothing-waits",
    vscode.l10n.t("No action waits for your approval."),
    vscode.l10n.t("Risky actions stop here before they run."),
  );
}
