// Keeps the core's policy in step with its files. What the owner adopts becomes a fact and then the file's text; what is edited
// beside that counts for nothing but this: a text that cannot be read denies. The workspace's document is read before every send.
import { unwatchFile, watchFile } from "node:fs";
import type { Command, Requester } from "#protocol/commands.ts";
import { digestOf } from "#protocol/digest.ts";
import { ArwError, type Refusal, refuse } from "#protocol/errors.ts";
import { POLICY_PROBLEM_CHARACTERS_MAX, type PolicyDocument, type WorkspacePolicy } from "#protocol/policy.ts";
import { placeText } from "#protocol/policyFinding.ts";
import type { AdoptPolicyResult } from "#protocol/wire/policyViews.ts";
import type { PolicyState } from "../../home/policy/state.ts";
import { noPolicy } from "../../home/policy/state.ts";
import { executeLooked, withdrawnBy } from "../api/collectedPaths.ts";
import type { HomeServices } from "../api/services.ts";
import { InTurn } from "../inTurn.ts";
import { HOME_POLICY, type PolicyFileText, type PolicyFiles, WORKSPACE_POLICY } from "./policyFiles.ts";
import { POSTURE_TEXTS } from "./postures.ts";
import { type PolicyReading, readPolicy } from "./readPolicy.ts";

/** Both files are looked at this often while nothing leaves; a send looks by itself. */
export const POLICY_LOOK_MS = 2_000;

/** A look that failed is repeated: first after this long, then after twice as long each time, at most the other. */
export const POLICY_RETRY_FIRST_MS = 250;
export const POLICY_RETRY_MS_MAX = 30_000;

const HOME: Requester = { client: "home", session: "home" };

export interface PolicyDeskTerms {
  readonly services: Pick<HomeServices, "home" | "blobs" | "crossings" | "now">;
  readonly files: PolicyFiles;
  readonly onTrouble: (what: string, error: unknown) => void;
}

export class PolicyDesk implements AsyncDisposable {
  readonly #terms: PolicyDeskTerms;
  readonly #turns = new InTurn();
  /** Of the files and the epoch that were looked at last. */
  #looked: string | undefined;
  /** Looks in a row that did not come to know both files. */
  #failures = 0;
  #retry: NodeJS.Timeout | undefined;
  #disposed = false;
  readonly #onChange = (): void => {
    this.look().catch((error: unknown) => this.#terms.onTrouble("reading the policy", error));
  };

  constructor(terms: PolicyDeskTerms) {
    this.#terms = terms;
  }

  /** Looks at both files once, and from then on whenever they change. */
  begin(): void {
    const { homeFile, workspaceFile } = this.#terms.files;
    for (const file of [homeFile, workspaceFile]) {
      watchFile(file, { interval: POLICY_LOOK_MS, persistent: false }, this.#onChange);
    }
    this.#onChange();
  }

  /** Resolves when no look is under way any more: none may outlive the journal. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { homeFile, workspaceFile } = this.#terms.files;
    for (const file of [homeFile, workspaceFile]) unwatchFile(file, this.#onChange);
    this.#disposed = true;
    clearTimeout(this.#retry);
    await this.#turns.settled();
  }

  /** Tells the core what the files say now. Throws where that cannot be made a fact: then nothing may be judged either. */
  look(): Promise<void> {
    return this.#turns.run(async () => {
      let isRead = false;
      try {
        isRead = await this.#look();
      } finally {
        this.#lookAgain(isRead);
      }
    });
  }

  /** Whether both files are known now; one that could not be read this time denies until it can be. */
  async #look(): Promise<boolean> {
    const filesStamp = await this.#terms.files.stamp();
    if (`${filesStamp} ${this.#policy.epoch}` === this.#looked) return true;
    const found = [await this.#lookAtHome(), await this.#lookAtWorkspace()];
    if (found.some((one) => one.kind === "unreadable" && one.passing === true)) return false;
    // What changes from here on is another stamp than this one.
    this.#looked = `${filesStamp} ${this.#policy.epoch}`;
    return true;
  }

  /** A file that could not be read does not change when it can be: nobody would say so. */
  #lookAgain(isRead: boolean): void {
    clearTimeout(this.#retry);
    if (isRead) {
      this.#failures = 0;
      return;
    }
    this.#looked = undefined;
    const delayMs = Math.min(POLICY_RETRY_MS_MAX, POLICY_RETRY_FIRST_MS * 2 ** this.#failures);
    this.#failures += 1;
    if (!this.#disposed) this.#retry = setTimeout(this.#onChange, delayMs).unref();
  }

  /** With `basedOn` only while that is the epoch in force. */
  adopt(text: string, by: Requester, basedOn?: number): Promise<AdoptPolicyResult | Refusal> {
    return this.#turns.run(async () => {
      const read = policyOf(text);
      if (read.kind === "refusal") return read;
      const { document } = read;
      const upon = basedOn === undefined ? {} : { basedOn };
      const executed = await this.#execute((judged) => ({
        ...judged,
        kind: "adopt-policy",
        by,
        document,
        text,
        ...upon,
      }));
      if (executed.kind === "refusal") return executed;
      await this.#terms.files.writeHome(text);
      const withdrawn = withdrawnBy(this.#terms.services, executed);
      return { epoch: this.#policy.epoch, name: document.name, withdrawn };
    });
  }

  get #policy(): PolicyState {
    return this.#terms.services.home.state.policy ?? noPolicy;
  }

  async #lookAtHome(): Promise<PolicyFileText> {
    const { files } = this.#terms;
    const found = await files.read(files.homeFile);
    const { adopted } = this.#policy;
    const inForce = adopted?.text ?? POSTURE_TEXTS["ask-always"];
    // A file that still holds the text before was not edited: a crash came between the fact and the file.
    const isBehind = found.kind === "text" && adopted?.replaced === digestOf(found.text);
    if (found.kind === "absent" || isBehind) await files.writeHome(inForce);
    const reading = found.kind === "text" && !isBehind && found.text !== inForce ? readPolicy(found.text) : undefined;
    const problem = problemIn(HOME_POLICY, found, reading);
    if (this.#policy.fileProblem === problem) return found;
    await this.#mustExecute((judged) => {
      const told = problem === undefined ? {} : { problem };
      return { ...judged, kind: "judge-policy-file", by: HOME, ...told };
    });
    return found;
  }

  async #lookAtWorkspace(): Promise<PolicyFileText> {
    const { files } = this.#terms;
    const text = await files.read(files.workspaceFile);
    const found = workspacePolicy(text);
    const known: WorkspacePolicy = this.#policy.workspace ?? { kind: "absent" };
    if (found.kind === "absent" && known.kind === "absent") return text;
    await this.#mustExecute((judged) => ({ ...judged, kind: "read-workspace-policy", by: HOME, found }));
    return text;
  }

  async #mustExecute(commandOf: (judged: Judged) => Command): Promise<void> {
    const executed = await this.#execute(commandOf);
    if (executed.kind === "refusal") throw new ArwError(executed.code, executed.message, executed.advice);
  }

  #execute(commandOf: (judged: Judged) => Command): ReturnType<typeof executeLooked> {
    const { services } = this.#terms;
    return executeLooked(services, (collected, transfers) => commandOf({ at: services.now(), collected, transfers }));
  }
}

/** The document that a text is, or why it is none. */
export function policyOf(text: string): { readonly kind: "policy"; readonly document: PolicyDocument } | Refusal {
  const { document, findings } = readPolicy(text);
  return document === undefined ? invalid(problemText("the text", findings)) : { kind: "policy", document };
}

type Judged = Pick<Extract<Command, { kind: "adopt-policy" }>, "at" | "collected" | "transfers">;

function workspacePolicy(found: PolicyFileText): WorkspacePolicy {
  if (found.kind === "absent") return found;
  const reading = found.kind === "text" ? readPolicy(found.text) : undefined;
  const problem = problemIn(WORKSPACE_POLICY, found, reading);
  if (found.kind === "text" && reading?.document !== undefined) {
    return { kind: "document", digest: digestOf(found.text), document: reading.document };
  }
  return { kind: "unreadable", problem: problem ?? `${WORKSPACE_POLICY} cannot be read.` };
}

/** Why a file cannot be read, with its line and column; undefined where it can. */
function problemIn(file: string, found: PolicyFileText, reading: PolicyReading | undefined): string | undefined {
  if (found.kind === "unreadable") return `${file} cannot be read: ${found.reason}.`;
  return reading === undefined || reading.document !== undefined ? undefined : problemText(file, reading.findings);
}

function problemText(file: string, findings: PolicyReading["findings"]): string {
  const first = findings.find(({ severity }) => severity === "error");
  const text = first === undefined ? `${file} is no policy.` : `${placeText(file, first.range)} ${first.message}.`;
  return text.slice(0, POLICY_PROBLEM_CHARACTERS_MAX).toWellFormed();
}

function invalid(problem: string): Refusal {
  return refuse(
    "policy-invalid",
    problem,
    "Mend it there: arw-home policy check <file> shows everything that is wrong.",
  );
}
