// Which node a command means: the one that a view handed over, else the one the person picks.
// What was handed over is decoded like anything else that comes from outside, and read again: it may have changed since.
import * as vscode from "vscode";
import * as z from "zod";
import { decode } from "#protocol/decode.ts";
import { ArwError } from "#protocol/errors.ts";
import { METHODS } from "#protocol/wire/client.ts";
import { type NodeView, nodeViewSchema } from "#protocol/wire/clientViews.ts";
import { Dismissed } from "../commandRunner.ts";
import type { Editor } from "../editor.ts";
import { nodeName, nodeStateText } from "../nodes/nodeWords.ts";

const elementSchema: z.ZodType<{ readonly node: NodeView }> = z.looseObject({ node: nodeViewSchema });
const waitingSchema: z.ZodType<{ readonly item: { readonly node: NodeView } }> = z.looseObject({
  item: z.looseObject({ node: nodeViewSchema }),
});

export interface NodeQuestion {
  readonly placeholder: string;
  readonly fits: (node: NodeView) => boolean;
  /** What to say where no node fits, and what to do about it. */
  readonly none: string;
  readonly advice: string;
}

/** Throws Dismissed where the person picks none, ArwError where there is none to pick. */
export async function chosenNode({ home }: Editor, given: unknown, question: NodeQuestion): Promise<NodeView> {
  const { nodes } = await home.call(METHODS.listNodes, {});
  const named = givenNode(given);
  const held = nodes.find(({ nodeId }) => nodeId === named?.nodeId);
  if (held !== undefined && question.fits(held)) return held;
  const items = nodes.filter(question.fits).map((node) => ({
    label: nodeName(node),
    description: nodeStateText(node),
    detail: node.keyWords.join(" "),
    node,
  }));
  if (items.length === 0) throw new ArwError("no-such-node", question.none, question.advice);
  const picked = await vscode.window.showQuickPick(items, { placeHolder: question.placeholder });
  if (picked === undefined) throw new Dismissed();
  return picked.node;
}

export function givenNode(given: unknown): NodeView | undefined {
  const element = decode(elementSchema, given);
  if (element.ok) return element.value.node;
  const waiting = decode(waitingSchema, given);
  return waiting.ok ? waiting.value.item.node : undefined;
}
