// What is known of a workspace's practice worker: where its state lies, which process it is, and which node it became.
// It lies under the user's own state folder, so that it is found again after a reload, a crash or from another window.
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { openPrivateFolder } from "#platform/state/privateFolder.ts";
import { isRunning, type ProcessIdentity, processIdentitySchema } from "#platform/state/processIdentity.ts";
import { decodeJson } from "#protocol/decode.ts";
import { type NodeId, nodeId, type WorkspaceId } from "#protocol/ids.ts";

export interface PracticeRecord {
  /** The leader of the worker's process group. */
  readonly process: ProcessIdentity;
  /** Known once it has joined. */
  readonly nodeId?: NodeId;
}

export interface PracticeFolder {
  /** The worker's ARW_STATE_HOME. */
  readonly stateHome: string;
  readonly logPath: string;
  /** Undefined where there is no practice worker, or a file that is none of ours. */
  read(): Promise<PracticeRecord | undefined>;
  write(record: PracticeRecord): Promise<void>;
  /** Forgets the worker's identity and everything it was sent; the record stays. */
  removeState(): Promise<void>;
  removeRecord(): Promise<void>;
}

export type PracticeState = "none" | "running" | "stale";

const recordSchema: z.ZodType<PracticeRecord> = z.strictObject({
  process: processIdentitySchema,
  nodeId: nodeId.schema.exactOptional(),
});

/** Throws ArwError where the folder cannot be made private. */
export async function openPracticeFolder(stateRoot: string, workspace: WorkspaceId): Promise<PracticeFolder> {
  const folder = join(stateRoot, "practice", workspace);
  await openPrivateFolder(folder);
  const stateHome = join(folder, "state");
  const recordPath = join(folder, "practice.json");
  return {
    stateHome,
    logPath: join(folder, "practice.log"),
    read: () => readRecord(recordPath),
    write: async (record) => {
      const written = `${recordPath}.new`;
      await writeFile(written, JSON.stringify(record), { mode: 0o600 });
      await rename(written, recordPath);
    },
    removeState: () => rm(stateHome, { recursive: true, force: true, maxRetries: 5 }),
    removeRecord: () => rm(recordPath, { force: true }),
  };
}

/** Stale: a crash or a restart of the machine left a record behind, and perhaps a node at the Home. */
export async function stateOfPractice(folder: PracticeFolder): Promise<PracticeState> {
  const record = await folder.read();
  if (record === undefined) return "none";
  return (await isRunning(record.process)) ? "running" : "stale";
}

async function readRecord(path: string): Promise<PracticeRecord | undefined> {
  try {
    const decoded = decodeJson(recordSchema, await readFile(path, "utf8"));
    return decoded.ok ? decoded.value : undefined;
  } catch {
    return undefined;
  }
}
