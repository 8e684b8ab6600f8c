// The owner of this machine, as far as a file can speak for a person: judges offers by the rules, and counts what is used.
// It counts only where there is a budget to count for, and then durably before the Home hears a word.
import type { Refusal } from "#protocol/errors.ts";
import { refuse } from "#protocol/errors.ts";
import type { AttemptId, NodeId, WorkspaceId } from "#protocol/ids.ts";
import type { EngineAdvert } from "#protocol/node.ts";
import type { Owner } from "../core/owner.ts";
import { budgetLines } from "../core/rules/dailyUse.ts";
import { judgeJob, OWNER_RULES_CODE } from "../core/rules/judgeJob.ts";
import type { RulesStatus } from "../core/workerStatus.ts";
import type { DailyUseFile } from "./dailyUseFile.ts";
import { localTimeOf } from "./localTime.ts";
import type { RulesFile } from "./rulesFile.ts";
import type { Digest } from "#protocol/digest.ts";

export interface MachineOwnerTerms {
  readonly rules: RulesFile;
  readonly use: DailyUseFile;
  readonly home: NodeId;
  readonly workspace: WorkspaceId;
  /** What the engines offer now: a rule may call a model by its name. */
  readonly adverts: () => readonly EngineAdvert[];
  readonly now: () => Date;
  /** Keeps what an attempt needs. */
  readonly blobs: { hold(attemptId: AttemptId): void; release(attemptId: AttemptId): void };
  readonly log: (fact: string, detail: Readonly<Record<string, unknown>>) => void;
}

export function createMachineOwner(terms: MachineOwnerTerms): Owner {
  const { rules, use, log } = terms;
  const counted = (): boolean => {
    const current = rules.current();
    return current.kind === "read" && current.rules.daily !== undefined;
  };
  const today = (): string => localTimeOf(terms.now()).day;
  return {
    judge: (job) => {
      const current = rules.current();
      if (current.kind === "absent") return undefined;
      if (current.kind === "unreadable") return unreadable(current.problem);
      const time = localTimeOf(terms.now());
      const modelNames = job.kind === "ask" ? namesOf(terms.adverts(), job.model) : [];
      const { home, workspace } = terms;
      return judgeJob(current.rules, { job, home, workspace, modelNames, time, use: use.on(time.day) });
    },
    refused: (attemptId, { code }) => log("attempt refused", { attemptId, code }),
    async taken(attemptId, job) {
      // At once, before its inputs are looked for.
      terms.blobs.hold(attemptId);
      log("attempt taken", { attemptId, job: job.kind });
      if (counted()) await use.add(today(), { jobs: 1 });
    },
    async ended(attemptId, { outcome, busyMs, bytesIn, bytesOut }) {
      const code = outcome.kind === "failed" ? { code: outcome.code } : {};
      log("attempt ended", { attemptId, outcome: outcome.kind, ...code, busyMs, bytesIn, bytesOut });
      if (counted()) await use.add(today(), { busyMs, bytes: bytesIn + bytesOut });
    },
    released: (attemptId) => terms.blobs.release(attemptId),
  };
}

/** What `arw-worker status` says of the rules. */
export function rulesStatusOf(rules: RulesFile, use: DailyUseFile, now: Date): RulesStatus {
  const current = rules.current();
  switch (current.kind) {
    case "absent":
      return { state: "absent" };
    case "unreadable":
      return { state: "unreadable", path: current.path, problem: current.problem };
    case "read": {
      const { daily, rules: list } = current.rules;
      const left = budgetLines(daily, use.on(localTimeOf(now).day));
      return { state: "read", path: current.path, rules: list.length, budget: left };
    }
  }
}

/** The Home hears that the rules are broken, not where they lie. */
function unreadable(problem: string): Refusal {
  return refuse(
    OWNER_RULES_CODE,
    `The rules of this worker's owner cannot be read, so it takes no work: rule "rules file", ${problem}.`.slice(
      0,
      1_024,
    ),
    "Choose another node; its owner sees the place with: arw-worker doctor",
  );
}

function namesOf(adverts: readonly EngineAdvert[], model: Digest): readonly string[] {
  return adverts.flatMap((advert) =>
    advert.kind === "llama" && advert.state === "ready" && "models" in advert
      ? advert.models.flatMap(({ name, digest }) => (digest === model ? [name] : []))
      : [],
  );
}
