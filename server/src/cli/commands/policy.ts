// arw-home policy show, check, adopt, use, explain, history: what may leave and why, and changing it as the owner.
// It prints what the Home says; it judges nothing itself.
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import * as z from "zod";
import { ArwError } from "#protocol/errors.ts";
import {
  type PolicyAction,
  type PolicyEffect,
  type PolicySubjectKind,
  policyActionSchema,
  policySubjectKindSchema,
  postureNameSchema,
} from "#protocol/policy.ts";
import { type Classification, classificationSchema } from "#protocol/egress.ts";
import { byteCount, epochMs } from "#protocol/quantities.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { AdoptPolicyResult, CheckPolicyParams, ExplainPolicyParams } from "#protocol/wire/policyViews.ts";
import { type Bind, collect, readOptions, readWord, usage } from "../commandLine.ts";
import { exitCodeOf } from "../exitCodes.ts";
import { countText, timeText } from "../render/amounts.ts";
import { changedLines, decisionLines, findingLines, policyLines } from "../render/policyLines.ts";
import { tableLines } from "../render/table.ts";
import type { CliSession } from "../session.ts";

export function addPolicyCommands(program: Command, bind: Bind): void {
  const policy = program.command("policy").description("what may leave, what is asked about and what is forbidden");
  bind(policy.command("show").description("the document in force, and what is wrong with it"), async (session) => {
    const view = await (await session.home()).call(METHODS.showPolicy, {});
    await session.terminal.emit("policy", { policy: view });
    await session.terminal.print(policyLines(view, session.terminal.style));
  });
  const check = policy
    .command("check <file>")
    .description("what is wrong with a file, and which of the last offloads it would have decided otherwise")
    .option("--for-workspace", "as a workspace's own .arw/policy.jsonc, which can only make things stricter");
  bind(check, checkFile);
  const adopt = policy
    .command("adopt <file>")
    .description("make a file the policy; what waits is judged again at once");
  bind(adopt, async (session, [file = ""]) => {
    const text = await textOf(session, file);
    await sayAdopted(session, await (await session.home()).call(METHODS.adoptPolicy, { text }));
  });
  const use = policy.command("use <posture>").description("adopt local-only, ask-always or trusted-workers");
  bind(use, async (session, [word]) => {
    const posture = readWord(postureNameSchema, word, "posture");
    await sayAdopted(session, await (await session.home()).call(METHODS.usePosture, { posture }));
  });
  bind(explaining(policy), explain);
  bind(policy.command("history").description("what was adopted, by whom and when"), async (session) => {
    const { entries } = await (await session.home()).call(METHODS.policyHistory, {});
    for (const entry of entries) await session.terminal.emit("policy-change", { change: entry });
    if (entries.length === 0) return session.terminal.say("Nothing was ever adopted: the Home asks always.");
    const rows = entries.map(({ at, epoch, text }) => [timeText(at), String(epoch), plainText(text)]);
    return session.terminal.print(tableLines(["when", "epoch", "what"], rows, session.terminal.style));
  });
}

const checkSchema: z.ZodType<{ readonly forWorkspace?: boolean | undefined }> = z.looseObject({
  forWorkspace: z.boolean().optional(),
});

async function checkFile(session: CliSession, [file = ""]: readonly string[], raw: unknown): Promise<number> {
  const text = await textOf(session, file);
  const of: CheckPolicyParams["of"] = readOptions(checkSchema, raw).forWorkspace === true ? "workspace" : "home";
  const checked = await (await session.home()).call(METHODS.checkPolicy, { text, of });
  const { terminal } = session;
  await terminal.emit("policy-checked", { file, ...checked });
  await terminal.print(findingLines(file, checked.findings, terminal.style));
  if (checked.name === undefined) return exitCodeOf("policy-invalid");
  await terminal.print([`${plainText(checked.name)} is a policy.`, ...changedLines(checked)]);
  return 0;
}

async function textOf(session: CliSession, file: string): Promise<string> {
  try {
    return await readFile(session.path(file), "utf8");
  } catch (error) {
    throw new ArwError("file-unreadable", `${file} cannot be read.`, "Name a file that is there.", { cause: error });
  }
}

async function sayAdopted(session: CliSession, adopted: AdoptPolicyResult): Promise<void> {
  await session.terminal.emit("policy-adopted", adopted);
  const { epoch, name, withdrawn } = adopted;
  const gone =
    withdrawn.length === 0 ? "" : ` It forbids ${countText(withdrawn.length, "waiting preview")}: withdrawn.`;
  await session.terminal.print([`Adopted ${plainText(name)} (epoch ${epoch}).${gone}`]);
}

interface ExplainOptions {
  readonly action?: PolicyAction | undefined;
  readonly to?: string | undefined;
  readonly path: readonly string[];
  readonly class?: Classification | undefined;
  readonly bytes?: number | undefined;
  readonly model?: string | undefined;
  readonly purpose?: string | undefined;
  readonly subject?: { readonly kind: PolicySubjectKind; readonly id: string } | undefined;
  readonly at?: number | undefined;
}

function explaining(policy: Command): Command {
  return policy
    .command("explain")
    .description("what would be decided of a request that nobody makes, by which rules and why")
    .option(
      "--action <action>",
      "offload (the default), blob-fetch, tool, belief-export, feature-export, guest-view or run-here",
    )
    .option("--to <node>", "the worker that would receive")
    .option("--path <path>", "a path that would be sent; repeat it for more", collect, [])
    .option("--class <class>", "the highest class of the data: public, internal, secret or regulated")
    .option("--bytes <count>", "how many bytes")
    .option("--model <model>", "the model that would be asked, by name or digest")
    .option("--purpose <word>", "what for: command or ask")
    .option("--subject <kind:id>", "who asks, e.g. client:vscode or agent:reviewer")
    .option("--at <moment>", "when, e.g. 2027-01-31T18:00:00Z");
}

const explainSchema: z.ZodType<ExplainOptions> = z.looseObject({
  action: policyActionSchema.optional(),
  to: z.string().optional(),
  path: z.array(z.string()),
  class: classificationSchema.optional(),
  bytes: z.coerce.number().int().min(0).optional(),
  model: z.string().optional(),
  purpose: z.string().optional(),
  subject: z
    .string()
    .regex(/^(client|node|guest|agent|tool):./, "is kind:id, e.g. client:vscode")
    .transform((text) => {
      const kind = policySubjectKindSchema.parse(text.slice(0, text.indexOf(":")));
      return { kind, id: text.slice(text.indexOf(":") + 1) };
    })
    .optional(),
  at: z.iso
    .datetime({ offset: true })
    .transform((text) => Date.parse(text))
    .optional(),
});

async function explain(session: CliSession, _words: readonly string[], raw: unknown): Promise<number> {
  const options = readOptions(explainSchema, raw);
  const params = paramsOf(options);
  if (params.action === "offload" && params.node === undefined) {
    throw usage("an offload goes to a worker", "Name it: --to <node>. See arw-home nodes.");
  }
  if (params.node !== undefined) await session.node(params.node);
  const decision = await (await session.home()).call(METHODS.explainPolicy, params);
  await session.terminal.emit("policy-decision", { request: params, decision });
  await session.terminal.print(decisionLines(decision, session.terminal.style));
  return EXIT_CODES[decision.effect];
}

const EXIT_CODES: Readonly<Record<PolicyEffect, number>> = {
  allow: 0,
  ask: exitCodeOf("approval-needed"),
  deny: exitCodeOf("policy-denied"),
};

function paramsOf(options: ExplainOptions): ExplainPolicyParams {
  const { action = "offload", to: node, path: paths, class: classification, bytes, at, ...others } = options;
  const { model, purpose, subject } = others;
  return {
    action,
    paths,
    ...(node === undefined ? {} : { node }),
    ...(classification === undefined ? {} : { classification }),
    ...(bytes === undefined ? {} : { bytes: byteCount(bytes) }),
    ...(model === undefined ? {} : { model }),
    ...(purpose === undefined ? {} : { purpose }),
    ...(subject === undefined ? {} : { subject }),
    ...(at === undefined ? {} : { at: epochMs(at) }),
  };
}
