// The language server of policy documents, for one client: it keeps what the client has open and answers what an editor asks
// about it. It reads and explains; it adopts nothing, and what it says about a text it never does.
import { setTimeout as pause } from "node:timers/promises";
import type { Edit } from "jsonc-parser";
import { format, getLocation } from "jsonc-parser";
import type * as z from "zod";
import { decode } from "#protocol/decode.ts";
import { ArwError, type Refusal } from "#protocol/errors.ts";
import type { PolicyFinding, TextPosition, TextRange } from "#protocol/policyFinding.ts";
import type { CheckPolicyResult, RuleDecision } from "#protocol/wire/policyViews.ts";
import type { ClientSession, HomeApi } from "../clientServer/homeApi.ts";
import { WORKSPACE_POLICY } from "../policy/policyFiles.ts";
import { readPolicy } from "../policy/readPolicy.ts";
import { TextLines } from "../policy/textLines.ts";
import { atPositionSchema, changedSchema, inRangeSchema, ofDocumentSchema, openedSchema } from "./languageMessages.ts";
import { completionsAt, type KnownValues } from "./policyCompletions.ts";
import { knownValues } from "./knownValues.ts";
import { memberAt } from "./policyMembers.ts";
import { POLICY_FORMATTING, quickFixes } from "./policyQuickFixes.ts";
import { plain, ruleText } from "./ruleText.ts";

/** Policy documents that one client may have open. */
export const OPEN_POLICIES_MAX = 16;
/** A text is judged when nothing was typed for so long. */
export const JUDGE_PAUSE_MS = 200;

export interface PolicyLanguageTerms {
  readonly api: Pick<HomeApi, "checkPolicy" | "showPolicy" | "listNodes">;
  /** As whom the Home is asked: somebody who may only look. */
  readonly session: ClientSession;
  readonly notify: (method: string, params: unknown) => void;
  readonly onTrouble: (what: string, error: unknown) => void;
}

interface OpenPolicy {
  readonly text: string;
  readonly of: "home" | "workspace";
  /** Aborts when the text has changed or was closed: what was found of it is nobody's any more. */
  readonly stale: AbortController;
  /** Made once for each text, by whoever needs it first. */
  checked: Promise<CheckPolicyResult> | undefined;
}

type Answer = (params: unknown) => Promise<unknown>;

export class PolicyLanguage implements Disposable {
  readonly #terms: PolicyLanguageTerms;
  readonly #open = new Map<string, OpenPolicy>();
  readonly #answers: Readonly<Record<string, Answer>> = {
    "textDocument/completion": (params) => this.#complete(params),
    "textDocument/hover": (params) => this.#hover(params),
    "textDocument/codeLens": (params) => this.#lenses(params),
    "textDocument/codeAction": (params) => this.#fixes(params),
    "textDocument/formatting": async (params) => this.#format(params),
  };

  constructor(terms: PolicyLanguageTerms) {
    this.#terms = terms;
  }

  /** Answers a request, or undefined where it is none of this server's. */
  request(method: string, params: unknown): Promise<unknown> | undefined {
    const answer = Object.hasOwn(this.#answers, method) ? this.#answers[method] : undefined;
    return answer?.(params);
  }

  /** Takes a notification. What cannot be read is no document of ours. */
  notified(method: string, params: unknown): void {
    switch (method) {
      case "textDocument/didOpen": {
        const opened = decode(openedSchema, params);
        if (opened.ok) this.#take(opened.value.textDocument.uri, opened.value.textDocument.text);
        break;
      }
      case "textDocument/didChange": {
        const changed = decode(changedSchema, params);
        const text = changed.ok ? changed.value.contentChanges.at(-1)?.text : undefined;
        if (changed.ok && text !== undefined && this.#open.has(changed.value.textDocument.uri)) {
          this.#take(changed.value.textDocument.uri, text);
        }
        break;
      }
      case "textDocument/didClose": {
        const closed = decode(ofDocumentSchema, params);
        if (closed.ok) this.#forget(closed.value.textDocument.uri);
        break;
      }
      default:
    }
  }

  [Symbol.dispose](): void {
    for (const uri of this.#open.keys()) this.#open.get(uri)?.stale.abort();
    this.#open.clear();
  }

  #take(uri: string, text: string): void {
    const before = this.#open.get(uri);
    if (before === undefined && this.#open.size >= OPEN_POLICIES_MAX) return;
    before?.stale.abort();
    const policy: OpenPolicy = { text, of: ownerOf(uri), stale: new AbortController(), checked: undefined };
    this.#open.set(uri, policy);
    this.#judge(uri, policy).catch((error: unknown) => {
      if (!policy.stale.signal.aborted) this.#terms.onTrouble("judging a policy", error);
    });
  }

  #forget(uri: string): void {
    if (this.#open.get(uri) === undefined) return;
    this.#open.get(uri)?.stale.abort();
    this.#open.delete(uri);
    this.#terms.notify("textDocument/publishDiagnostics", { uri, diagnostics: [] });
  }

  async #judge(uri: string, policy: OpenPolicy): Promise<void> {
    const { signal } = policy.stale;
    await pause(JUDGE_PAUSE_MS, undefined, { signal });
    const { findings } = await this.#checked(policy);
    if (signal.aborted) return;
    this.#terms.notify("textDocument/publishDiagnostics", { uri, diagnostics: findings.map(diagnosticOf) });
  }

  #checked(policy: OpenPolicy): Promise<CheckPolicyResult> {
    const { api, session } = this.#terms;
    policy.checked ??= api.checkPolicy({ text: policy.text, of: policy.of }, session).then(accepted);
    return policy.checked;
  }

  /** What a policy may name, as the Home knows it now. */
  async #known(): Promise<KnownValues> {
    const { api, session } = this.#terms;
    return knownValues(accepted(await api.listNodes({}, session)).nodes);
  }

  async #complete(params: unknown): Promise<unknown> {
    const { policy, value } = this.#asked(atPositionSchema, params);
    if (policy === undefined) return null;
    const lines = new TextLines(policy.text);
    const found = completionsAt(policy.text, lines.offset(value.position), await this.#known());
    return found.map(({ label, kind, about, insert, offset, length }) => ({
      label,
      kind: kind === "member" ? COMPLETION_KINDS.property : COMPLETION_KINDS.value,
      ...(about === "" ? {} : kind === "member" ? { documentation: about } : { detail: about }),
      insertTextFormat: SNIPPET,
      // What is typed so far has its quotes: the editor compares with the whole of it.
      filterText: policy.text.startsWith('"', offset) ? JSON.stringify(label) : label,
      textEdit: { range: lines.range(offset, length), newText: insert },
    }));
  }

  async #hover(params: unknown): Promise<unknown> {
    const { policy, value } = this.#asked(atPositionSchema, params);
    if (policy === undefined) return null;
    const offset = new TextLines(policy.text).offset(value.position);
    const { path, isAtPropertyKey } = getLocation(policy.text, offset);
    if (isAtPropertyKey) {
      const member = memberAt(path);
      return member === undefined ? null : markdown(member.about);
    }
    const { document } = readPolicy(policy.text);
    const rule = path[0] === "rules" && typeof path[1] === "number" ? document?.rules[path[1]] : undefined;
    if (document === undefined || rule === undefined) return null;
    const { decided } = await this.#checked(policy);
    const last = decided.find((decision) => decision.rule === rule.id);
    return markdown([ruleText(rule, policy.of), "", decisionText(last)].join("\n"));
  }

  async #lenses(params: unknown): Promise<unknown> {
    const { policy, value } = this.#asked(ofDocumentSchema, params);
    if (policy === undefined) return [];
    const { signal } = policy.stale;
    // A text that is being typed is not judged for each key.
    await pause(JUDGE_PAUSE_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return [];
    const { name, changed, looked } = await this.#checked(policy);
    const { uri } = value.textDocument;
    const lens = (title: string, command: string, ...given: readonly unknown[]): unknown => ({
      range: START,
      command: { title, command, arguments: given },
    });
    const { api, session } = this.#terms;
    const inForce = policy.of === "home" ? accepted(await api.showPolicy({}, session)).text : policy.text;
    const edited = name !== undefined && policy.text !== inForce;
    const counted = `Would have changed ${changed.length} of the last ${looked} ${looked === 1 ? "offload" : "offloads"}`;
    return [
      ...(edited ? [lens("Not in force yet: adopt this policy…", "arw.adoptPolicy", uri)] : []),
      ...(name === undefined || looked === 0 ? [] : [lens(counted, "arw.peekPolicyChanges", uri)]),
    ];
  }

  async #fixes(params: unknown): Promise<unknown> {
    const { policy, value } = this.#asked(inRangeSchema, params);
    if (policy === undefined) return [];
    const lines = new TextLines(policy.text);
    const { findings } = await this.#checked(policy);
    const { "node-names": nodes } = await this.#known();
    return findings
      .filter(({ range }) => touches(range, value.range))
      .flatMap((finding) =>
        quickFixes(policy.text, finding, lines.offset(finding.range.start), nodes).map(
          ({ title, edits, preferred }) => ({
            title,
            kind: "quickfix",
            diagnostics: [diagnosticOf(finding)],
            isPreferred: preferred,
            edit: { changes: { [value.textDocument.uri]: textEdits(lines, edits) } },
          }),
        ),
      );
  }

  #format(params: unknown): unknown {
    const { policy } = this.#asked(ofDocumentSchema, params);
    if (policy === undefined) return [];
    return textEdits(new TextLines(policy.text), format(policy.text, undefined, POLICY_FORMATTING));
  }

  #asked<Params extends { readonly textDocument: { readonly uri: string } }>(
    schema: z.ZodType<Params>,
    params: unknown,
  ): { readonly value: Params; readonly policy: OpenPolicy | undefined } {
    const decoded = decode(schema, params);
    if (decoded.ok) return { value: decoded.value, policy: this.#open.get(decoded.value.textDocument.uri) };
    throw new ArwError(
      "params-invalid",
      `The editor's question about a policy is not valid: ${decoded.path} ${decoded.problem}.`,
      "Speak the Language Server Protocol 3.18 with whole documents.",
    );
  }
}

/** A workspace's document has one place; every other one is read as the Home's. */
function ownerOf(uri: string): "home" | "workspace" {
  return uri.endsWith(`/${WORKSPACE_POLICY}`) ? "workspace" : "home";
}

/** Throws ArwError where the Home refuses. */
function accepted<Result extends object>(result: Result | Refusal): Result {
  if (!isRefusal(result)) return result;
  throw new ArwError(result.code, result.message, result.advice);
}

function isRefusal(result: object): result is Refusal {
  return "kind" in result && result.kind === "refusal";
}

// Numbers of the protocol.
const COMPLETION_KINDS = { property: 10, value: 12 } as const;
const SNIPPET = 2;
const SEVERITIES = { error: 1, warning: 2 } as const;

const START: TextRange = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };

function diagnosticOf({ range, severity, code, message, advice }: PolicyFinding): unknown {
  return { range, severity: SEVERITIES[severity], code, source: "ARW", message: `${message}. ${advice}` };
}

function markdown(value: string): unknown {
  return { contents: { kind: "markdown", value } };
}

/** The links open the episode, and its record in the ledger where it has one. */
function decisionText(last: RuleDecision | undefined): string {
  if (last === undefined) return "It decides none of the last offloads.";
  const { episodeId, title, destination, at, effect, recorded } = last;
  const when = `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  const timeline = commandLink("arw.openTimeline", { episode: { episodeId, title } });
  const ledger = recorded
    ? ` [Its record in the ledger](${commandLink("arw.openLedger", { episode: { episodeId } })})`
    : "";
  return `Last: **${effect}**, [${plain(title)}](${timeline}) to ${plain(destination)}, ${when}.${ledger}`;
}

function commandLink(command: string, given: object): string {
  return `command:${command}?${encodeURIComponent(JSON.stringify([given]))}`;
}

function textEdits(lines: TextLines, edits: readonly Edit[]): readonly unknown[] {
  return edits.map(({ offset, length, content }) => ({ range: lines.range(offset, length), newText: content }));
}

function touches(one: TextRange, other: TextRange): boolean {
  return !isBefore(one.end, other.start) && !isBefore(other.end, one.start);
}

function isBefore(one: TextPosition, other: TextPosition): boolean {
  return one.line < other.line || (one.line === other.line && one.character < other.character);
}
