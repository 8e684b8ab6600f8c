// The doctor's checks, as data: each has a name and judges the facts alone, so each can be tried alone.
// A finding says its cause, and every one that is not well says the fix. It must never look at the machine itself.
import type { EngineAdvert } from "#protocol/node.ts";
import type { DoctorFacts, Trouble } from "./doctorFacts.ts";

export interface Finding {
  readonly state: "ok" | "warn" | "fail";
  readonly cause: string;
  readonly fix?: string;
}

export interface DoctorCheck {
  readonly name: string;
  readonly judge: (facts: DoctorFacts) => Finding;
}

export interface CheckReport extends Finding {
  readonly check: string;
}

/** Below this a worker cannot even take a source tree. */
export const DISK_FAIL_BYTES: number = 1024 ** 3;
/** Below this the next model or dependency folder may not fit. */
export const DISK_WARN_BYTES: number = 10 * 1024 ** 3;
/** The Home's clock comes with a resolution of a second, so less than this says nothing. */
export const CLOCK_WARN_MS = 5_000;
/** Certificates bear more, but a timeline whose machines differ by this misleads whoever reads it. */
export const CLOCK_FAIL_MS = 120_000;

/** In the order in which a problem explains those after it. */
export const DOCTOR_CHECKS: readonly DoctorCheck[] = [
  { name: "state-folder", judge: judgeStateFolder },
  { name: "rules", judge: judgeRules },
  { name: "disk", judge: judgeDisk },
  { name: "sandbox", judge: judgeSandbox },
  { name: "engines", judge: judgeEngines },
  { name: "models", judge: judgeModels },
  { name: "gpu", judge: judgeGpu },
  { name: "membership", judge: judgeMembership },
  { name: "home", judge: judgeHome },
  { name: "ledger", judge: judgeLedger },
  { name: "clock", judge: judgeClock },
];

export function examine(facts: DoctorFacts): readonly CheckReport[] {
  return DOCTOR_CHECKS.map(({ name, judge }) => ({ check: name, ...judge(facts) }));
}

function judgeStateFolder({ stateFolder: { path, troubles } }: DoctorFacts): Finding {
  const [first, ...rest] = troubles;
  if (first === undefined) return ok(`${path} is yours alone`);
  return fail(`${first.problem}${rest.length === 0 ? "" : ` (and ${rest.length} more)`}`, first.fix);
}

function judgeRules({ rules }: DoctorFacts): Finding {
  switch (rules.kind) {
    case "absent":
      return ok("there is no rules file: this worker takes whatever its Home's owner sends");
    case "read":
      return ok(`${rules.path} has ${rules.rules === 1 ? "1 rule" : `${rules.rules} rules`}`);
    case "unreadable":
      return failBy({ ...rules.trouble, problem: `every job is refused: ${rules.trouble.problem}` });
  }
}

function judgeDisk({ disk: { folder, freeBytes } }: DoctorFacts): Finding {
  if (freeBytes === undefined) return warn(`the free space of ${folder} is unknown`, `look yourself: df '${folder}'`);
  const cause = `${gibibytes(freeBytes)} are free where ${folder} lies`;
  const fix = "free some space, or choose a folder on another disk with --state";
  if (freeBytes < DISK_FAIL_BYTES) return fail(cause, fix);
  return freeBytes < DISK_WARN_BYTES ? warn(cause, fix) : ok(cause);
}

/** Rules that a good sandbox holds and a usable one may lack. */
const LIMITS = ["memory-limit", "process-limit", "file-size-limit"] as const;

function judgeSandbox({ sandbox, platform, engines }: DoctorFacts): Finding {
  if (sandbox.kind === "none") {
    const absent = engines.find(isAbsent("command"));
    const fix = absent?.advice ?? "install bubblewrap, and allow user namespaces";
    // Elsewhere there is nothing to install: such a machine answers questions and runs no commands.
    return platform === "linux"
      ? fail(`no command can be locked up: ${sandbox.reason}`, fix)
      : warn(`no command runs here: ${sandbox.reason}`, "use this machine for questions, or join a Linux machine");
  }
  const lacking = LIMITS.filter((rule) => !sandbox.enforces.includes(rule));
  const cause = `bubblewrap ${sandbox.version} enforces ${sandbox.enforces.join(", ")}`;
  if (lacking.length === 0) return ok(cause);
  const fix = lacking.includes("memory-limit")
    ? "install prlimit: sudo apt-get install -y util-linux"
    : "run the worker as a user of its own: the kernel counts no processes of root";
  return warn(`${cause}, but not ${lacking.join(", ")}`, fix);
}

function judgeEngines({ engines }: DoctorFacts): Finding {
  const absent = engines.flatMap((engine) => (engine.state === "absent" ? [engine] : []));
  const ready = engines.flatMap((engine) => (engine.state === "ready" ? [engine.kind] : []));
  const [first] = absent;
  if (first === undefined) return ok(`ready: ${ready.join(", ")}`);
  const causes = absent.map(({ kind, reason }) => `${kind}: ${reason}`).join("; ");
  return ready.length === 0
    ? fail(`no engine is ready, so no job can run: ${causes}`, first.advice)
    : warn(`ready: ${ready.join(", ")}; ${causes}`, first.advice);
}

function judgeModels({ engines, models: { folder, unreadable } }: DoctorFacts): Finding {
  const [broken] = unreadable;
  if (broken !== undefined) {
    return warn(`${broken} in ${folder} is no model that can be read`, `fetch it again, or remove it from ${folder}`);
  }
  const llama = engines.find((engine) => engine.kind === "llama");
  if (llama?.state !== "ready" || !("models" in llama)) return ok("not looked at: the llama engine is absent");
  const own = llama.models.filter(({ demo }) => !demo).map(({ name }) => name);
  if (own.length > 0) return ok(own.join(", "));
  const fix = `put GGUF files into ${folder}`;
  return llama.models.length > 0 ? warn("only the demo model is here", fix) : warn("there is no model", fix);
}

function judgeGpu({ gpus, llamaBuild, engines }: DoctorFacts): Finding {
  const [first] = gpus;
  const names = first === undefined ? "no GPU was found" : gpus.map(({ name }) => name).join(", ");
  if (llamaBuild === "cuda" || llamaBuild === "vulkan") {
    const llama = engines.find((engine) => engine.kind === "llama");
    if (llama?.state === "absent") return warn(`${names}, and the ${llamaBuild} build is of no use here`, llama.advice);
    return ok(
      `${names}${first === undefined ? " by its maker's tool, but it is" : ","} used by the ${llamaBuild} build`,
    );
  }
  if (first === undefined) return ok("no GPU was found: questions are answered on the processor");
  const variant = /nvidia|geforce|tesla|quadro|rtx|gtx|[ahbl]\d{2,3}\b/iu.test(names) ? "cuda" : "vulkan";
  return warn(
    `${names}: found but not used, the llama engine computes on the processor`,
    `arw-worker engines add llama --gpu ${variant}`,
  );
}

function judgeMembership({ membership }: DoctorFacts): Finding {
  switch (membership.kind) {
    case "joined":
      return ok(`this machine is ${membership.name} in the Home ${membership.homeId}`);
    case "none":
      return warn(
        "this machine belongs to no Home yet",
        "ask a Home's owner for an invite, then: arw-worker join <invite>",
      );
    case "unusable":
      return failBy(membership.trouble);
  }
}

function judgeHome({ home }: DoctorFacts): Finding {
  switch (home.kind) {
    case "not-asked":
      return ok("not looked for: this machine belongs to no Home");
    case "reached":
      return ok(
        home.by === "doctor"
          ? "the Home answers, and lets this worker in"
          : "the running worker is connected to the Home",
      );
    case "unreached":
      return failBy(home.trouble);
  }
}

function judgeLedger({ ledger }: DoctorFacts): Finding {
  switch (ledger.kind) {
    case "unseen":
      return ok("no egress ledger of a Home was seen yet");
    case "seen":
      return ok(`the Home's egress ledger was last proven with ${ledger.size} entries`);
    case "alarm":
      return failBy(ledger.trouble);
  }
}

function judgeClock({ home }: DoctorFacts): Finding {
  if (home.kind === "unreached" && home.code === "clock-skew") return failBy(home.trouble);
  if (home.kind !== "reached" || home.clockAheadMs === undefined)
    return ok("not compared: the Home's clock is not known");
  const offMs = Math.abs(home.clockAheadMs);
  if (offMs < CLOCK_WARN_MS) return ok("this machine's clock and the Home's agree");
  const cause = `this machine's clock is ${Math.round(offMs / 1_000)} s ${home.clockAheadMs > 0 ? "ahead of" : "behind"} the Home's`;
  const fix = "set the clocks of both machines, for example: timedatectl set-ntp true";
  return offMs < CLOCK_FAIL_MS ? warn(cause, fix) : fail(cause, fix);
}

function isAbsent(kind: EngineAdvert["kind"]) {
  return (engine: EngineAdvert): engine is Extract<EngineAdvert, { state: "absent" }> =>
    engine.kind === kind && engine.state === "absent";
}

function gibibytes(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}

function ok(cause: string): Finding {
  return { state: "ok", cause };
}

function warn(cause: string, fix: string): Finding {
  return { state: "warn", cause, fix };
}

function fail(cause: string, fix: string): Finding {
  return { state: "fail", cause, fix };
}

function failBy({ problem, fix }: Trouble): Finding {
  return fail(problem, fix);
}
