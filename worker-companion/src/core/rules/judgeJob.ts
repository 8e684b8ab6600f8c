// Decides whether the owner's rules let a job run here and now. Pure: rules, job, time and use come in, a refusal or nothing goes out.
// A deny beats every allow. A refusal names the rule, so that both owners know what to talk about.
import { type Refusal, refuse } from "#protocol/errors.ts";
import type { JobSpec } from "#protocol/job.ts";
import { budgetLines, type DailyUse } from "./dailyUse.ts";
import { fitsGlob } from "./glob.ts";
import type { Hours, OwnerRule, OwnerRules, Weekday } from "./ownerRules.ts";

export const OWNER_RULES_CODE = "owner-rules";

/** A moment by the machine's own clock. */
export interface LocalTime {
  /** Like 2026-11-23. */
  readonly day: string;
  readonly weekday: Weekday;
  /** Since midnight. */
  readonly minute: number;
}

export interface RuleQuestion {
  readonly job: JobSpec;
  readonly home: string;
  readonly workspace: string;
  /** What this machine calls the model of an `ask` job. */
  readonly modelNames: readonly string[];
  readonly time: LocalTime;
  readonly use: DailyUse;
}

/** So many rules are named when none of them fits. */
const NAMED_MAX = 5;

export function judgeJob(owner: OwnerRules, question: RuleQuestion): Refusal | undefined {
  const denying = owner.rules.find(
    (rule) => rule.effect === "deny" && speaksOf(rule, question) && isHour(rule, question.time),
  );
  if (denying !== undefined) return refused(`The worker's owner does not allow this job: rule "${denying.name}".`);
  const allowing = owner.rules.filter(({ effect }) => effect === "allow");
  const fitting = allowing.filter((rule) => speaksOf(rule, question));
  if (allowing.length > 0 && !fitting.some((rule) => isHour(rule, question.time))) return notAllowed(allowing, fitting);
  const spent = budgetLines(owner.daily, question.use).find(({ left }) => left === 0);
  if (spent === undefined) return undefined;
  return refuse(
    OWNER_RULES_CODE,
    `The worker's owner lends no more today: rule "${spent.name}" allows ${spent.limit}.`,
    "Try again after the worker's midnight, or choose another node.",
  );
}

function notAllowed(allowing: readonly OwnerRule[], fitting: readonly OwnerRule[]): Refusal {
  const [later] = fitting;
  if (later !== undefined) {
    const when = (later.hours ?? []).map(hoursText).join(", ");
    return refuse(
      OWNER_RULES_CODE,
      `The worker's owner allows this only at other hours: rule "${later.name}", ${when} by its clock.`,
      "Try again then, or choose another node.",
    );
  }
  const names = allowing.slice(0, NAMED_MAX).map(({ name }) => `"${name}"`);
  const more = allowing.length > NAMED_MAX ? ` and ${allowing.length - NAMED_MAX} more` : "";
  return refused(`The worker's owner allows other jobs only: no fit with rule ${names.join(", ")}${more}.`);
}

/** Whether the rule is about this job, whatever the hour. */
function speaksOf(rule: OwnerRule, { job, home, workspace, modelNames }: RuleQuestion): boolean {
  if (rule.homes !== undefined && !anyFits(rule.homes, [home])) return false;
  if (rule.workspaces !== undefined && !anyFits(rule.workspaces, [workspace])) return false;
  if (rule.kinds !== undefined && !rule.kinds.includes(job.kind)) return false;
  const { commands, models } = rule;
  if (job.kind === "ask") {
    if (models !== undefined) return anyFits(models, [job.model, ...modelNames]);
    return commands === undefined;
  }
  if (commands === undefined) return models === undefined;
  const steps = job.dependencies.kind === "install-step" ? [job.dependencies.argv, job.argv] : [job.argv];
  const lines = steps.map((argv) => argv.join(" "));
  // Every step must be allowed; one step is enough to be denied.
  return rule.effect === "allow" ? lines.every((line) => anyFits(commands, [line])) : anyFits(commands, lines);
}

function isHour({ hours }: OwnerRule, time: LocalTime): boolean {
  return hours === undefined || hours.some((each) => within(each, time));
}

function within({ days, from, to }: Hours, { weekday, minute }: LocalTime): boolean {
  const begin = minuteOf(from);
  const end = minuteOf(to);
  const on = (day: Weekday): boolean => days === undefined || days.includes(day);
  if (begin < end) return on(weekday) && minute >= begin && minute < end;
  return (on(weekday) && minute >= begin) || (on(dayBefore(weekday)) && minute < end);
}

const WEEK: readonly Weekday[] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

function dayBefore(day: Weekday): Weekday {
  return WEEK[(WEEK.indexOf(day) + 6) % 7] ?? day;
}

function minuteOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}

function hoursText({ days, from, to }: Hours): string {
  return `${from} to ${to}${days === undefined ? "" : ` on ${days.join(" ")}`}`;
}

function anyFits(globs: readonly string[], texts: readonly string[]): boolean {
  return globs.some((glob) => texts.some((text) => fitsGlob(glob, text)));
}

function refused(message: string): Refusal {
  return refuse(OWNER_RULES_CODE, message, "Choose another node, or ask the worker's owner.");
}
