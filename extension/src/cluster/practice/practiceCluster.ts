// Start and stop of the practice cluster: a second worker process on this machine, so that everything can be tried before
// there is a second machine. The program compares the words of both sides; the person's click on Start is the approval.
import { join } from "node:path";
import * as vscode from "vscode";
import { stateFolders } from "#platform/state/stateFolders.ts";
import { ArwError } from "#protocol/errors.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { NodeView } from "#protocol/wire/clientViews.ts";
import { Dismissed } from "../../commandRunner.ts";
import { confirm } from "../../confirm.ts";
import type { Editor } from "../../editor.ts";
import { environmentOfPrograms, homePlaceOf } from "../../home/homePlace.ts";
import { localPlan } from "../addresses.ts";
import { connected, sayReady } from "../admission.ts";
import { createInvite, listening } from "../invite.ts";
import { nodeWhen } from "../nodeWhen.ts";
import { endPractice, startPractice, type WorkerProgram } from "./practiceProcess.ts";
import { openPracticeFolder, type PracticeFolder, type PracticeState, stateOfPractice } from "./practiceRecord.ts";
import { sayInformation, sayProgress } from "../../notice.ts";

/** Its name on every surface. */
const PRACTICE_NAME = "practice";
/** Two processes of one machine find each other within moments. */
const JOIN_MS_MAX = 60_000;

export class PracticeCluster {
  readonly #editor: Editor;
  #saidStale = false;
  #isChanging = false;

  constructor(editor: Editor) {
    this.#editor = editor;
  }

  /** Tells the menus whether a practice worker runs, and offers once to clean up after one that crashed. */
  async find(): Promise<void> {
    if (this.#editor.folder?.uri.scheme !== "file" || !vscode.workspace.isTrusted) return;
    const state = await this.#tellState();
    // Between the end of a process and that of its record it only looks stale.
    if (this.#isChanging) return;
    const saidBefore = this.#saidStale;
    this.#saidStale = state === "stale";
    if (!this.#saidStale || saidBefore) return;
    const again = vscode.l10n.t("Start It Again");
    const clean = vscode.l10n.t("Clean Up");
    const text = vscode.l10n.t("The practice worker of this folder ended without being stopped.");
    const answer = await sayInformation(text, again, clean);
    if (answer === again) await vscode.commands.executeCommand("arw.startPracticeCluster");
    if (answer === clean) await vscode.commands.executeCommand("arw.stopPracticeCluster");
  }

  async start(): Promise<void> {
    const folder = await this.#folder();
    if ((await stateOfPractice(folder)) === "running") {
      void sayInformation(vscode.l10n.t("The practice worker runs already."));
      return;
    }
    await confirmStart();
    const progress = {
      location: vscode.ProgressLocation.Notification,
      title: vscode.l10n.t("Starting the practice worker…"),
      cancellable: true,
    };
    const node = await sayProgress(progress, async (_, cancel) => {
      const cancelled = new AbortController();
      cancel.onCancellationRequested(() => cancelled.abort(new Dismissed()));
      try {
        await this.#clean(folder);
        return await this.#join(folder, AbortSignal.any([cancelled.signal, AbortSignal.timeout(JOIN_MS_MAX)]));
      } catch (error) {
        await this.#clean(folder);
        throw error instanceof DOMException ? tooSlow(folder) : error;
      } finally {
        await this.#tellState();
      }
    });
    sayReady(node);
  }

  async stop(): Promise<void> {
    const folder = await this.#folder();
    const state = await stateOfPractice(folder);
    if (state === "none") {
      void sayInformation(vscode.l10n.t("No practice worker runs."));
      return;
    }
    if (state === "running") await confirmStop();
    const progress = {
      location: vscode.ProgressLocation.Notification,
      title: vscode.l10n.t("Stopping the practice worker…"),
    };
    await sayProgress(progress, () => this.#clean(folder));
    await this.#tellState();
    await this.#offerToTurnOff();
  }

  async #join(folder: PracticeFolder, signal: AbortSignal): Promise<NodeView> {
    const { home } = this.#editor;
    const invite = await createInvite(home, localPlan(await listening(home)));
    const worker = await startPractice(this.#program(), folder, { invite: invite.text, name: PRACTICE_NAME });
    try {
      const words = (await orAborted(worker.words(), signal)).join(" ");
      const isIt = ({ compareWords, state }: NodeView): boolean =>
        state === "pending" && compareWords?.join(" ") === words;
      const waiting = await nodeWhen(home, isIt, signal);
      await folder.write({ process: worker.process, nodeId: waiting.nodeId });
      await home.call(METHODS.approveNode, { nodeId: waiting.nodeId });
      await orAborted(worker.joined(), signal);
      await orAborted(worker.connected(), signal);
      return await connected(this.#editor, waiting);
    } finally {
      worker.release();
    }
  }

  /** Ends the worker, forgets what it was sent, and ends its membership; a record stays until the last of it is done. */
  async #clean(folder: PracticeFolder): Promise<void> {
    if ((await folder.read()) === undefined) return;
    this.#isChanging = true;
    try {
      await this.#end(folder);
    } finally {
      this.#isChanging = false;
    }
  }

  async #end(folder: PracticeFolder): Promise<void> {
    const { home } = this.#editor;
    const node = await endPractice(this.#program(), folder);
    const { nodes } = await home.call(METHODS.listNodes, {});
    const held = nodes.find(({ nodeId }) => nodeId === node);
    const reason = "the practice cluster was stopped";
    if (held?.state === "pending") await home.call(METHODS.refuseNode, { nodeId: held.nodeId, reason });
    else if (held !== undefined && held.state !== "revoked") {
      await home.call(METHODS.revokeNode, { nodeId: held.nodeId, reason });
    }
    await folder.removeRecord();
  }

  async #offerToTurnOff(): Promise<void> {
    const { nodes } = await this.#editor.home.call(METHODS.listNodes, {});
    const others = nodes.some(({ local, state }) => !local && state !== "revoked");
    const off = vscode.l10n.t("Turn Off Clustering");
    const text = vscode.l10n.t("The practice worker is gone, with everything it was sent.");
    void sayInformation(text, ...(others ? [] : [off])).then(async (answer) => {
      if (answer === off) await vscode.commands.executeCommand("arw.turnOffClustering");
    });
  }

  async #tellState(): Promise<PracticeState> {
    const state = await stateOfPractice(await this.#folder());
    await vscode.commands.executeCommand("setContext", "arw.practiceRunning", state === "running");
    return state;
  }

  /** Found without asking the Home: looking for a practice worker must not start one. */
  async #folder(): Promise<PracticeFolder> {
    const { context, folder } = this.#editor;
    if (folder === undefined) throw noFolder();
    const { workspaceId } = await homePlaceOf(folder.uri.fsPath, context.extensionPath);
    return openPracticeFolder(stateFolders().root, workspaceId);
  }

  #program(): WorkerProgram {
    const program = join(this.#editor.context.extensionPath, "dist", "worker-companion", "arw-worker.js");
    return { command: process.execPath, words: [program], env: environmentOfPrograms(process.env) };
  }
}

async function confirmStart(): Promise<void> {
  await confirm({
    question: vscode.l10n.t("Start a practice cluster?"),
    detail: vscode.l10n.t(
      "A second worker process starts on this machine, pairs itself with this Home over 127.0.0.1 (the two compare their words) and is called “practice” everywhere. Clustering is turned on; where it was off, no other machine can reach it. What you send there is previewed, leased and recorded like any other send, but stays on this machine. It goes on until you stop it, also when VS Code closes.",
    ),
    button: vscode.l10n.t("Start"),
  });
}

async function confirmStop(): Promise<void> {
  await confirm({
    question: vscode.l10n.t("Stop the practice worker?"),
    detail: vscode.l10n.t("What runs there ends. It leaves this Home and forgets everything it was sent."),
    button: vscode.l10n.t("Stop"),
  });
}

/** What the worker says, unless the signal comes first. */
async function orAborted<Said>(said: Promise<Said>, signal: AbortSignal): Promise<Said> {
  signal.throwIfAborted();
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason instanceof Error ? signal.reason : new Dismissed());
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([said, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
    said.catch(() => undefined);
  }
}

function noFolder(): ArwError {
  return new ArwError(
    "no-folder",
    vscode.l10n.t("No folder is open, and a Home belongs to a folder."),
    vscode.l10n.t("Open a folder first."),
  );
}

function tooSlow(folder: PracticeFolder): ArwError {
  return new ArwError(
    "practice-not-started",
    vscode.l10n.t("The practice worker did not join within {0} s.", JOIN_MS_MAX / 1_000),
    vscode.l10n.t("Look into {0}, then try again.", folder.logPath),
  );
}
