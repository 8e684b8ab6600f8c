// Which ready-made builds of llama.cpp exist, for which machine, and what npm is told so that it fetches one and no other.
// Nothing is ever compiled: a machine without a build is refused with the reason.
import { ArwError } from "#protocol/errors.ts";
import type { EngineGpu } from "../../core/engine.ts";

export const LLAMA_VERSION = "3.21.1";

/** Every build that npm would take for a machine of two architectures or for any graphics card: 650 MB too much. */
const SURPLUS_BUILDS = [
  "linux-x64-cuda",
  "linux-x64-cuda-ext",
  "linux-x64-vulkan",
  "win-x64-cuda",
  "win-x64-cuda-ext",
  "win-x64-vulkan",
  "linux-arm64",
  "linux-armv7l",
];
/** A platform that nobody runs stands in for them: npm then skips them by itself. */
const NOBODY = `npm:@node-llama-cpp/linux-riscv64@${LLAMA_VERSION}`;

const PROCESSOR_BUILDS = [
  "linux-x64",
  "linux-arm64",
  "linux-armv7l",
  "linux-riscv64",
  "mac-arm64-metal",
  "mac-x64",
  "win-x64",
  "win-arm64",
];

/** The packages of a build for this machine. Throws ArwError `engine-unavailable` where there is none. */
export function buildsFor(gpu: EngineGpu, platform: string, architecture: string): readonly string[] {
  const machine = machineOf(platform, architecture);
  const processor = PROCESSOR_BUILDS.find((build) => build === machine || build.startsWith(`${machine}-`));
  if (processor === undefined) {
    throw new ArwError(
      "engine-unavailable",
      `There is no ready-made build of the llama engine for ${machine}.`,
      "Use this machine for commands, and another one for questions.",
    );
  }
  if (gpu === "cpu") return [processor];
  const builds = SURPLUS_BUILDS.filter((build) => build.startsWith(`${machine}-${gpu}`));
  if (builds.length > 0) return [processor, ...builds];
  throw new ArwError(
    "engine-unavailable",
    `There is no ${gpu} build of the llama engine for ${machine}; it exists for Linux and Windows on x64.`,
    "Install the build for the processor: arw-worker engines add llama",
  );
}

/** The manifest of an installation: every build that is not asked for is replaced by nobody's. */
export function llamaPackageJson(gpu: EngineGpu, platform: string, architecture: string): string {
  const wanted = buildsFor(gpu, platform, architecture);
  const unwanted = SURPLUS_BUILDS.filter((build) => !wanted.includes(build));
  const manifest = {
    private: true,
    description: "The llama engine of arw-worker. Made by `arw-worker engines add llama`.",
    dependencies: { "node-llama-cpp": LLAMA_VERSION },
    overrides: {
      "node-llama-cpp": Object.fromEntries(unwanted.map((build) => [`@node-llama-cpp/${build}`, NOBODY])),
    },
  };
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

function machineOf(platform: string, architecture: string): string {
  const system = platform === "win32" ? "win" : platform === "darwin" ? "mac" : platform;
  return `${system}-${architecture === "arm" ? "armv7l" : architecture}`;
}
