// The contract with a real disk: a journal on ext4 over a loop device, its writer frozen at any moment, and the image as
// the block layer has it copied, which is what a power cut leaves. Where loop mounts are not allowed it says why.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { openNodeFileSystem } from "#platform/files/nodeFileSystem.ts";
import { openJournal } from "../../server/src/adapters/journal/journalFile.ts";
import { pause, until } from "../acceptance/processes.ts";
import { chanceOf, seedsOf } from "../simulation/chance.ts";
import { soaked } from "../simulation/soak.ts";

const CUTS: number = soaked(25);
/** A journal that never syncs must lose something in so many cuts, or the cuts prove nothing. */
const CARELESS_CUTS = 4;
const LIFE_MS_MAX = 200;
const PROGRAM = join(import.meta.dirname, "journalWriterProgram.mjs");

let cuts = 0;

interface Cut {
  readonly acknowledged: number;
  readonly recovered: number;
}

class LoopDisk {
  readonly #folder: string;
  readonly #mounted = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  mount(image: string, name: string): string {
    const at = join(this.#folder, name);
    mkdirSync(at, { recursive: true });
    quietly("mount", ["-o", "loop", join(this.#folder, image), at]);
    this.#mounted.add(at);
    return at;
  }

  unmount(at: string): void {
    quietly("umount", [at]);
    this.#mounted.delete(at);
  }

  make(image: string): void {
    quietly("truncate", ["-s", "24m", join(this.#folder, image)]);
    quietly("mkfs.ext4", ["-q", "-F", "-O", "^resize_inode", join(this.#folder, image)]);
  }

  drop(image: string): void {
    rmSync(join(this.#folder, image), { force: true });
  }

  copy(image: string, to: string): void {
    copyFileSync(join(this.#folder, image), join(this.#folder, to));
  }

  close(): void {
    for (const at of this.#mounted) {
      try {
        quietly("umount", ["-l", at]);
      } catch {
        // Nothing more can be done; the folder is removed all the same.
      }
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function quietly(command: string, words: readonly string[]): void {
  execFileSync(command, words, { stdio: ["ignore", "ignore", "pipe"], encoding: "utf8" });
}

/** Why this machine allows no loop mounts; undefined where it does. */
function problemOf(disk: LoopDisk): string | undefined {
  if (process.platform !== "linux") return `no loop mounts on ${process.platform}`;
  try {
    disk.make("probe");
    disk.unmount(disk.mount("probe", "probed"));
    return undefined;
  } catch (error) {
    const said = error instanceof Error ? error.message.trim().split("\n").at(-1) : String(error);
    return `loop mounts are not allowed here: ${said}`;
  }
}

async function cut(disk: LoopDisk, lifeMs: number, how: "careful" | "careless"): Promise<Cut> {
  // A name of its own for each: the kernel may hold an image for a moment after it was unmounted.
  const image = `image-${cuts++}`;
  const left = `${image}-left`;
  disk.make(image);
  const writing = disk.mount(image, "writing");
  const writer = spawn(process.execPath, [PROGRAM, join(writing, "journal"), how], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  writer.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const ended = new Promise((resolve) => writer.on("close", resolve));
  try {
    await until("the first frame", () => (said.includes("\n") ? true : undefined));
    await pause(lifeMs);
    writer.kill("SIGSTOP");
    const lines = said.slice(0, said.lastIndexOf("\n")).split("\n").map(Number);
    disk.copy(image, left);
    const acknowledged = Math.max(...lines);
    const cutOff = disk.mount(left, "found");
    const recovered = await recover(join(cutOff, "journal"));
    disk.unmount(cutOff);
    return { acknowledged, recovered };
  } finally {
    writer.kill("SIGKILL");
    await ended;
    disk.unmount(writing);
    disk.drop(image);
    disk.drop(left);
  }
}

/** How many frames are there, each of them the one that was written. */
async function recover(folder: string): Promise<number> {
  const fileSystem = await openNodeFileSystem(folder);
  let frames = 0;
  const { journal } = await openJournal<string>({
    fileSystem,
    header: { workspaceId: "ws_cut", homeId: "node_cut" },
    decodeEvent: String,
    onFrame: ({ sequence, events }) => {
      frames++;
      assert.deepEqual(events, [`event ${sequence} ${"x".repeat(sequence % 700)}`]);
    },
  });
  await journal.close();
  await fileSystem.close();
  return frames;
}

function loopDisk(t: TestContext): LoopDisk | undefined {
  const disk = new LoopDisk(mkdtempSync(join(tmpdir(), "arw-powercut-")));
  t.after(() => disk.close());
  const problem = problemOf(disk);
  if (problem === undefined) return disk;
  t.skip(problem);
  return undefined;
}

test(`${CUTS} power cuts below the file system lose no acknowledged frame`, { timeout: CUTS * 10_000 }, async (t) => {
  const disk = loopDisk(t);
  if (disk === undefined) return;
  const [seed = 1] = seedsOf(0);
  t.diagnostic(`seed ${seed}`);
  const chance = chanceOf(seed);
  let acknowledged = 0;
  for (let number = 0; number < CUTS; number++) {
    const found = await cut(disk, chance.below(LIFE_MS_MAX), "careful");
    assert.ok(
      found.recovered >= found.acknowledged,
      `lost ${found.acknowledged - found.recovered} acknowledged frames`,
    );
    acknowledged += found.acknowledged;
  }
  t.diagnostic(`${acknowledged} acknowledged frames`);
});

test("a journal that does not sync loses frames in a power cut, and the cuts notice", {
  timeout: 60_000,
}, async (t) => {
  const disk = loopDisk(t);
  if (disk === undefined) return;
  let lost = 0;
  for (let number = 0; number < CARELESS_CUTS; number++) {
    const found = await cut(disk, LIFE_MS_MAX, "careless").catch(() => undefined);
    // A journal that cannot even be opened has lost what it acknowledged.
    if (found === undefined || found.recovered < found.acknowledged) lost++;
  }
  assert.ok(lost > 0, "nothing was lost: the copied image is kinder than a power cut");
});
