// Keeps a worker running by systemd: writes its unit, starts it, says how it is, and takes it away again.
// It tells every step it took as the command that does it, and leaves nothing half done when a step fails.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errnoOf } from "#platform/files/fileSystem.ts";
import { ArwError } from "#protocol/errors.ts";

export interface ServicePlan {
  readonly scope: "system" | "user";
  /** With `.service`. */
  readonly unitName: string;
  readonly unitFolder: string;
  readonly text: string;
}

export interface ServiceStatus {
  readonly installed: boolean;
  readonly path: string;
  /** As systemctl says, such as `active` or `failed`. */
  readonly active: string;
  readonly enabled: string;
}

/** systemctl waits for a stop, and a stop lets jobs end. */
const SYSTEMCTL_MS_MAX = 20 * 60_000;

/** Tells each step as it is taken. Throws ArwError `service-unsupported` or `service-failed`. */
export async function installService(plan: ServicePlan, onStep: (step: string) => void): Promise<void> {
  await requireSystemd();
  const path = join(plan.unitFolder, plan.unitName);
  const before = existsSync(path) ? await readFile(path, "utf8") : undefined;
  await writeUnit(path, plan.text);
  onStep(`wrote ${path}`);
  try {
    await step(plan, ["daemon-reload"], onStep);
    await step(plan, ["enable", plan.unitName], onStep);
    // A worker that runs with another unit text is told to drain and begins again.
    await step(plan, ["restart", plan.unitName], onStep);
  } catch (error) {
    if (before === undefined) {
      await systemctl(plan, ["disable", plan.unitName]);
      await rm(path, { force: true });
    } else await writeUnit(path, before);
    await systemctl(plan, ["daemon-reload"]);
    throw error;
  }
}

/** False where there was nothing to take away. */
export async function uninstallService(plan: ServicePlan, onStep: (step: string) => void): Promise<boolean> {
  await requireSystemd();
  const path = join(plan.unitFolder, plan.unitName);
  if (!existsSync(path)) return false;
  await step(plan, ["disable", "--now", plan.unitName], onStep);
  await rm(path, { force: true });
  onStep(`removed ${path}`);
  await step(plan, ["daemon-reload"], onStep);
  return true;
}

export async function serviceStatus(plan: ServicePlan): Promise<ServiceStatus> {
  await requireSystemd();
  const path = join(plan.unitFolder, plan.unitName);
  const [active, enabled] = await Promise.all([
    systemctl(plan, ["is-active", plan.unitName]),
    systemctl(plan, ["is-enabled", plan.unitName]),
  ]);
  const word = ({ output }: Answer): string => output.split("\n")[0]?.trim() || "unknown";
  return { installed: existsSync(path), path, active: word(active), enabled: word(enabled) };
}

async function step(plan: ServicePlan, words: readonly string[], onStep: (step: string) => void): Promise<void> {
  const line = ["systemctl", ...scopeWords(plan), ...words].join(" ");
  const { exitCode, output } = await systemctl(plan, words);
  if (exitCode !== 0) {
    throw new ArwError(
      "service-failed",
      `"${line}" ended with ${exitCode}: ${output.trim().slice(-1_024) || "it said nothing"}.`,
      plan.scope === "user"
        ? "A user's services need a login session: log in on the machine itself, or run as root for a system service."
        : "Look at it with: journalctl -u arw-worker",
    );
  }
  onStep(line);
}

async function requireSystemd(): Promise<void> {
  const fix = "Start the worker with what this system has for it, as: arw-worker run";
  if (process.platform !== "linux") {
    throw new ArwError("service-unsupported", "Services are installed with systemd, and only Linux has it.", fix);
  }
  const { exitCode } = await run(["--version"]);
  if (exitCode !== 0) throw new ArwError("service-unsupported", "There is no systemctl on this machine.", fix);
}

function scopeWords({ scope }: ServicePlan): readonly string[] {
  return scope === "user" ? ["--user"] : [];
}

interface Answer {
  readonly exitCode: number;
  readonly output: string;
}

function systemctl(plan: ServicePlan, words: readonly string[]): Promise<Answer> {
  return run([...scopeWords(plan), ...words]);
}

function run(words: readonly string[]): Promise<Answer> {
  return new Promise((resolve) => {
    const child = spawn("systemctl", [...words], {
      stdio: ["ignore", "pipe", "pipe"],
      timeout: SYSTEMCTL_MS_MAX,
      env: { ...process.env, SYSTEMD_PAGER: "", LC_ALL: "C.UTF-8" },
    });
    let output = "";
    const collect = (bytes: Buffer): void => {
      output = (output + bytes.toString()).slice(-16_384);
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.on("error", (error) => resolve({ exitCode: 127, output: error.message }));
    child.on("close", (code) => resolve({ exitCode: code ?? 1, output }));
  });
}

async function writeUnit(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(`${path}.new`, text, { mode: 0o644 });
    await rename(`${path}.new`, path);
  } catch (error) {
    throw new ArwError(
      "service-failed",
      `The unit ${path} cannot be written (${errnoOf(error) ?? String(error)}).`,
      "Run this as a user who may write there, or look at the unit with: arw-worker service install --dry-run",
      { cause: error },
    );
  }
}
