// The systemd unit of a worker, as text: what starts it, what stops it, and which endings are not worth another start.
// Pure. Whatever a path holds, it stays one word of one line.
import { posix } from "node:path";

export interface UnitTerms {
  /** `system` starts with the machine and is root's; `user` starts with its user. */
  readonly scope: "system" | "user";
  readonly name: string;
  /** The runtime and the program. */
  readonly program: readonly [string, string];
  readonly stateRoot: string;
  readonly slots: number;
  readonly unsandboxed: boolean;
}

/** A stop lets jobs end; what has not ended after this long is ended. */
const STOP_MINUTES_MAX = 15;
const RESTART_SECONDS = 5;
/** What another start cannot mend: a wrong command line, a worker that runs, no Home, another version, revoked, replaced, copied. */
const FINAL_EXIT_CODES = [64, 70, 76, 85, 88, 89, 90, 93];

export function unitText({ scope, name, program, stateRoot, slots, unsandboxed }: UnitTerms): string {
  const command = [...program, "run", "--slots", String(slots), ...(unsandboxed ? ["--unsandboxed"] : [])];
  const network = scope === "system" ? ["Wants=network-online.target", "After=network-online.target"] : [];
  return [
    "# Made by `arw-worker service install`; `arw-worker service uninstall` removes it.",
    "[Unit]",
    `Description=ARW worker ${specifierFree(name.replaceAll(/\p{Cc}+/gu, " "))}`,
    ...network,
    "",
    "[Service]",
    "Type=exec",
    `ExecStart=${command.map(commandWord).join(" ")}`,
    `Environment=${quoted(specifierFree(`ARW_STATE_HOME=${stateRoot}`))}`,
    "UMask=0077",
    "# The first signal drains: jobs that run may end. Whatever is left after the time limit is ended with the worker.",
    "KillMode=mixed",
    `TimeoutStopSec=${STOP_MINUTES_MAX}min`,
    "Restart=on-failure",
    `RestartSec=${RESTART_SECONDS}`,
    `RestartPreventExitStatus=${FINAL_EXIT_CODES.join(" ")}`,
    "",
    "[Install]",
    `WantedBy=${scope === "system" ? "multi-user.target" : "default.target"}`,
    "",
  ].join("\n");
}

export interface UnitPlace {
  readonly scope: "system" | "user";
  readonly homeDirectory: string;
  readonly configHome: string | undefined;
}

export function unitFolder({ scope, homeDirectory, configHome }: UnitPlace): string {
  if (scope === "system") return "/etc/systemd/system";
  const config = configHome?.startsWith("/") === true ? configHome : posix.join(homeDirectory, ".config");
  return posix.join(config, "systemd/user");
}

/** In a command line a dollar names a variable, besides what is special everywhere. */
function commandWord(word: string): string {
  return quoted(specifierFree(word).replaceAll("$", "$$$$"));
}

function quoted(text: string): string {
  const escaped = text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n").replaceAll("\t", "\\t");
  return `"${escaped}"`;
}

/** `%` begins a specifier anywhere in a unit; no line may begin inside a value. */
function specifierFree(text: string): string {
  return text.replaceAll("%", "%%").replaceAll("\r", " ");
}
