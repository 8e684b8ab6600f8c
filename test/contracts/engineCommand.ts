// Jobs and trees for the tests of the command engine, and the gate of the tests that need a sandbox.
// A machine without one is told by name; in CI it fails.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { BlobStore } from "#platform/blobs/blobStore.ts";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import { decodeJson } from "#protocol/decode.ts";
import type { Digest } from "#protocol/digest.ts";
import type { CommandJob, TreeEntry } from "#protocol/job.ts";
import { type Proposal, proposalSchema } from "#protocol/proposal.ts";
import { byteCount } from "#protocol/quantities.ts";
import { isWorkspacePath, type WorkspacePath } from "#protocol/workspacePath.ts";
import type { Engine } from "../../worker-companion/src/core/engine.ts";
import { type CommandEngine, createCommandEngine } from "../../worker-companion/src/engines/command/commandEngine.ts";
import { systemEngineClock } from "../../worker-companion/src/engines/engineClock.ts";
import { probeSandbox } from "../../worker-companion/src/engines/command/sandboxProbe.ts";
import { collect, generousLimits, inPlace, never, outcomeOf, type Place, textOf, workOf } from "./engineContract.ts";

export type SandboxClaim = (text: string, check: (engine: CommandEngine, place: Place) => Promise<void>) => void;

/** Runs the claims where the sandbox works; where it does not, says so by name, and in CI fails. */
export async function describeInSandbox(describe: (claim: SandboxClaim) => void): Promise<void> {
  let missing = "";
  await inPlace(async ({ folder }) => {
    const probe = await probeSandbox(folder, systemEngineClock, never);
    if (probe.kind === "unusable") missing = probe.sandbox.reason;
  });
  if (missing === "") {
    describe((text, check) => {
      test(`sandbox: ${text}`, () =>
        inPlace(async (place) => {
          const engine = createCommandEngine({ ...place, sandbox: "bubblewrap" });
          try {
            await check(engine, place);
          } finally {
            await engine.dispose();
          }
        }));
    });
  } else if (["true", "1"].includes(process.env["CI"] ?? "")) {
    test("the sandbox works on this machine", () => assert.fail(`${missing}: apt-get install bubblewrap`));
  } else test("the tests of the command sandbox", { skip: missing }, () => {});
}

/** A file's text, or what else stands at a path. */
export type TreeText = Readonly<Record<string, string | { readonly link: string } | { readonly script: string }>>;

export async function storeTree(blobs: BlobStore, files: TreeText): Promise<Digest> {
  const entries: TreeEntry[] = [];
  for (const [name, content] of Object.entries(files).sort(([left], [right]) => (left < right ? -1 : 1))) {
    const path = pathOf(name);
    if (typeof content !== "string" && "link" in content) {
      entries.push({ kind: "symlink", path, target: content.link });
      continue;
    }
    const executable = typeof content !== "string";
    const stored = await blobs.put(encode(typeof content === "string" ? content : content.script));
    entries.push({ kind: "file", path, ...stored, executable });
  }
  return storeManifest(blobs, { kind: "tree", entries });
}

export async function storeManifest(blobs: BlobStore, manifest: unknown): Promise<Digest> {
  return (await blobs.put(encode(canonicalJson(manifest)))).digest;
}

export async function shellJob(
  blobs: BlobStore,
  script: string,
  files: TreeText = {},
  changes: Partial<CommandJob> = {},
): Promise<CommandJob> {
  return {
    kind: "command",
    argv: ["sh", "-c", script],
    folder: ".",
    tree: await storeTree(blobs, files),
    dependencies: { kind: "nothing" },
    outputs: [],
    limits: generousLimits,
    ...changes,
  };
}

export interface Finished {
  readonly stdout: string;
  readonly stderr: string;
  /** An exit code, a failure's code, or another ending's kind. */
  readonly ended: number | string;
  readonly message: string;
  readonly proposal?: Proposal;
}

/** Runs the job to its end and releases it. */
export async function finish(engine: Engine, blobs: BlobStore, job: CommandJob): Promise<Finished> {
  const work = workOf(job);
  await engine.submit(work);
  const items = await collect(engine, work.attemptId);
  await engine.release(work.attemptId);
  const outcome = outcomeOf(items);
  const last = items.at(-1);
  const digest = last?.kind === "ended" ? last.ending.proposal?.digest : undefined;
  return {
    stdout: textOf(items, "stdout"),
    stderr: textOf(items, "stderr"),
    ended: outcome.kind === "exited" ? outcome.exitCode : outcome.kind === "failed" ? outcome.code : outcome.kind,
    message: outcome.kind === "failed" ? `${outcome.message}; ${outcome.advice}` : "",
    ...(digest === undefined ? {} : { proposal: await readProposal(blobs, digest) }),
  };
}

export async function readText(blobs: BlobStore, digest: Digest): Promise<string> {
  return new TextDecoder().decode(await blobs.read(digest, byteCount(0), 1_000_000));
}

async function readProposal(blobs: BlobStore, digest: Digest): Promise<Proposal> {
  const decoded = decodeJson(proposalSchema, await readText(blobs, digest));
  if (!decoded.ok) throw new Error(`the proposal is not valid at ${decoded.path}: ${decoded.problem}`);
  return decoded.value;
}

export function pathOf(text: string): WorkspacePath {
  if (!isWorkspacePath(text)) throw new RangeError(`not a path of a workspace: ${text}`);
  return text;
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
