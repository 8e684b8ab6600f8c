// The flows of the cluster: pairing and admission, the practice cluster, the switches, and reports on nodes and placements.
import * as vscode from "vscode";
import type { Editor, Feature } from "../editor.ts";
import { approveWorker, forgetWorker, refuseWorker } from "./admission.ts";
import { diagnose } from "./diagnose.ts";
import { explainPlacement } from "./explainPlacement.ts";
import { copyJoinCommand, pairWorker } from "./pairWorker.ts";
import { PracticeCluster } from "./practice/practiceCluster.ts";
import { Reports } from "./reports.ts";
import { pauseOffloads, resumeOffloads, turnOffClustering, turnOnClustering } from "./switches.ts";

/** A node may be lost a moment before its process has ended: after the last change it is looked for once more. */
const LOOK_AGAIN_MS = 2_000;

export function openClusterFeature(editor: Editor): Feature {
  const reports = new Reports();
  const practice = new PracticeCluster(editor);
  const find = (): void => {
    practice
      .find()
      .catch((error: unknown) => editor.log.warn(`The practice worker was not looked for: ${String(error)}`));
  };
  // Another window may start or stop it, and a crash shows as a node that is lost.
  let again: NodeJS.Timeout | undefined;
  const found = editor.mirror.onDidChange(() => {
    find();
    clearTimeout(again);
    again = setTimeout(find, LOOK_AGAIN_MS);
  });
  find();
  return {
    commands: {
      "arw.pairWorker": () => pairWorker(editor),
      "arw.copyJoinCommand": () => copyJoinCommand(editor),
      "arw.approveWorker": (given) => approveWorker(editor, given),
      "arw.refuseWorker": (given) => refuseWorker(editor, given),
      "arw.forgetWorker": (given) => forgetWorker(editor, given),
      "arw.startPracticeCluster": () => practice.start(),
      "arw.stopPracticeCluster": () => practice.stop(),
      "arw.turnOffClustering": () => turnOffClustering(editor),
      "arw.turnOnClustering": () => turnOnClustering(editor),
      "arw.pauseOffloads": () => pauseOffloads(editor),
      "arw.resumeOffloads": () => resumeOffloads(editor),
      "arw.explainPlacement": (given) => explainPlacement(editor, reports, given),
      "arw.diagnose": () => diagnose(editor, reports),
    },
    dispose: () => {
      clearTimeout(again);
      vscode.Disposable.from(found, reports).dispose();
    },
  };
}
