// Names what this machine lacks before a command runs, and installs it with apt where it may (root on Debian or Ubuntu).
//   node scripts/preflight.mjs <test|demo|bench>
// It must never change the machine without saying so, and never let a lacking thing pass in silence: what then cannot
// run is named with its reason, and with CI=true it is a failure.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const NODE_MINIMUM = [20, 19];

/** One entry a requirement. `check` answers undefined when all is well, else the reason in words. */
const REQUIREMENTS = [
  {
    name: "Node 20.19 or newer",
    neededBy: ["test", "demo", "bench"],
    essential: true,
    check: nodeProblem,
    advice: "install Node 20",
  },
  {
    name: "git",
    neededBy: ["test", "demo"],
    essential: true,
    check: () => runs("git", "--version"),
    packages: ["git"],
  },
  {
    name: "redis-server",
    neededBy: ["test", "bench"],
    essential: false,
    check: () => runs("redis-server", "--version"),
    packages: ["redis-server"],
    cannotRun: { test: "the benchmark against BullMQ", bench: "the row against BullMQ" },
  },
  {
    name: "bubblewrap",
    neededBy: ["test", "demo"],
    essential: false,
    onlyOn: "linux",
    check: bubblewrapProblem,
    packages: ["bubblewrap"],
    cannotRun: {
      test: "the tests of the command sandbox",
      demo: "the offloaded test run in its sandbox (the question to the worker's model still runs)",
    },
  },
  {
    name: "Chromium",
    neededBy: ["test"],
    essential: true,
    onlyOn: "linux",
    check: chromiumProblem,
    packages: ["chromium"],
  },
];

const purpose = process.argv[2];
if (!["test", "demo", "bench"].includes(purpose)) {
  console.error("preflight: say what for: node scripts/preflight.mjs test, demo or bench");
  process.exit(2);
}
const required = REQUIREMENTS.filter(
  ({ neededBy, onlyOn }) => neededBy.includes(purpose) && (onlyOn === undefined || onlyOn === process.platform),
);
const lacking = required.filter((requirement) => problemAfterInstalling(requirement) !== undefined);
const strict = ["true", "1"].includes(process.env["CI"] ?? "");
if (lacking.some(({ essential }) => essential) || (strict && lacking.length > 0)) {
  if (strict) console.error("preflight: CI is set, so what is lacking is a failure");
  process.exit(1);
}

/** Checks, installs where possible and checks again; prints every step. Answers the problem that remains. */
function problemAfterInstalling({ name, check, packages, advice, essential, cannotRun }) {
  let problem = check();
  if (problem?.absent === true && packages !== undefined && mayInstall()) {
    install(name, packages);
    problem = check();
  }
  if (problem === undefined) return undefined;
  console.error(`preflight: ${name}: ${problem.reason}`);
  if (problem.absent === true && packages !== undefined) {
    console.error(
      `  type: sudo apt-get update && sudo apt-get install -y --no-install-recommends ${packages.join(" ")}`,
    );
  } else if (problem.advice !== undefined || advice !== undefined) {
    console.error(`  ${problem.advice ?? advice}`);
  }
  if (!essential) console.error(`  cannot run: ${cannotRun[purpose]}; reason: ${problem.reason}`);
  return problem;
}

function nodeProblem() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const [wantedMajor, wantedMinor] = NODE_MINIMUM;
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return undefined;
  return { absent: false, reason: `this is Node ${process.versions.node}` };
}

/** Installed is not enough: containers and hardened kernels refuse the user namespaces that it stands on. */
function bubblewrapProblem() {
  const absent = runs("bwrap", "--version");
  if (absent !== undefined) return absent;
  const trial = spawnSync("bwrap", ["--ro-bind", "/", "/", "--unshare-all", "true"], { encoding: "utf8" });
  if (trial.status === 0) return undefined;
  const said = trial.stderr.trim().split("\n").at(-1) ?? "it said nothing";
  return {
    absent: false,
    reason: `installed, but the kernel refuses it a namespace (${said})`,
    advice: "allow user namespaces: sudo sysctl kernel.unprivileged_userns_clone=1, or run outside this container",
  };
}

/** The tests in a real VS Code draw it in Debian's Chromium, or in the one that CHROMIUM names. */
function chromiumProblem() {
  const path = process.env.CHROMIUM ?? "/usr/bin/chromium";
  if (existsSync(path)) return undefined;
  return { absent: true, reason: `${path} is not there (another one's path can be set as CHROMIUM)` };
}

function runs(command, ...rest) {
  const { error, status } = spawnSync(command, rest, { stdio: "ignore" });
  if (error === undefined && status === 0) return undefined;
  return { absent: true, reason: error === undefined ? `${command} ends with ${status}` : "not installed" };
}

function mayInstall() {
  return process.platform === "linux" && process.getuid?.() === 0 && runs("apt-get", "--version") === undefined;
}

function install(name, packages) {
  console.log(`preflight: installing ${name} with apt-get`);
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const rest of [["update"], ["install", "-y", "--no-install-recommends", ...packages]]) {
    const { status, stdout, stderr } = spawnSync("apt-get", ["-q", ...rest], { env: environment, encoding: "utf8" });
    if (status === 0) continue;
    // A mirror that is down must not hide the reason; the second check then reports what is still lacking.
    console.error(
      `preflight: apt-get ${rest[0]} failed: ${`${stderr ?? ""}${stdout ?? ""}`.trim().split("\n").slice(-3).join(" ")}`,
    );
    if (rest[0] === "install") return;
  }
}
