// The unified diff of a proposal against the workspace as it is now, made by git in a folder of its own.
// It must never touch the workspace, run a filter or an external differ that a repository chose, or leave its copies behind.
import { execFile } from "node:child_process";
import { lstat, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { byteCount } from "#protocol/quantities.ts";
import type { ProposedChange } from "#protocol/proposal.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { ProposalView } from "#protocol/wire/clientViews.ts";
import type { HomeClient } from "./homeClient.ts";
import { bytesText } from "./render/amounts.ts";

/** Larger files are named in the list, not shown. */
export const DIFF_FILE_BYTES_MAX = 1_000_000;
const DIFF_BYTES_MAX = 16_000_000;

type Content = Extract<ProposedChange, { kind: "create" | "edit" | "delete" }>;

/** The diff's text, or one line saying why there is none. */
export async function proposalDiff(
  home: HomeClient,
  view: ProposalView,
  workspaceFolder: string,
  reading: { readonly review?: true } = {},
): Promise<string> {
  const changes = view.proposal.changes.filter((change): change is Content =>
    ["create", "edit", "delete"].includes(change.kind),
  );
  const folder = await mkdtemp(join(tmpdir(), "arw-diff-"));
  try {
    const skipped: string[] = [];
    await Promise.all([mkdir(join(folder, "a")), mkdir(join(folder, "b"))]);
    for (const change of changes) {
      const before = await currentContent(join(workspaceFolder, change.path));
      if (before === "too-large" || (change.kind !== "delete" && change.bytes > DIFF_FILE_BYTES_MAX)) {
        skipped.push(`${change.path}: larger than ${bytesText(DIFF_FILE_BYTES_MAX)}, not shown`);
        continue;
      }
      if (before !== undefined) await put(join(folder, "a", change.path), before);
      if (change.kind !== "delete") {
        await put(join(folder, "b", change.path), await proposedContent(home, view, change, reading));
      }
    }
    return [await gitDiff(folder), ...skipped].join("\n");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function proposedContent(
  home: HomeClient,
  view: ProposalView,
  { bytes, digest }: Pick<Exclude<Content, { kind: "delete" }>, "bytes" | "digest">,
  reading: { readonly review?: true },
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let fromByte = 0;
  while (fromByte < bytes) {
    const request = { proposalId: view.proposalId, digest, fromByte: byteCount(fromByte), ...reading };
    const { base64 } = await home.call(METHODS.readProposedFile, request);
    const piece = Buffer.from(base64, "base64");
    if (piece.length === 0) break;
    pieces.push(piece);
    fromByte += piece.length;
  }
  return Buffer.concat(pieces);
}

async function currentContent(path: string): Promise<Buffer | "too-large" | undefined> {
  try {
    const found = await lstat(path);
    if (!found.isFile()) return undefined;
    return found.size > DIFF_FILE_BYTES_MAX ? "too-large" : await readFile(path);
  } catch {
    return undefined;
  }
}

async function put(path: string, content: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}

function gitDiff(folder: string): Promise<string> {
  const options = ["--no-index", "--no-color", "--no-ext-diff", "--no-textconv", "--no-prefix"];
  return new Promise((resolve) => {
    execFile(
      "git",
      ["diff", ...options, "--", "a", "b"],
      // Nobody's configuration: an alias or a differ of a user's must not run on foreign bytes.
      {
        cwd: folder,
        maxBuffer: DIFF_BYTES_MAX,
        env: { PATH: process.env["PATH"], GIT_CONFIG_NOSYSTEM: "1", HOME: folder },
      },
      (error, stdout) => {
        // git says with exit code 1 that there are differences.
        if (error === null || error.code === 1) resolve(stdout);
        else if (error.code === "ENOENT") resolve("(git is absent, so the changes are listed without a diff)");
        else resolve(`${stdout}\n(git could not make the whole diff: ${error.message.split("\n")[0]})`);
      },
    );
  });
}
