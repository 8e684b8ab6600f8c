// A checkpoint on the disk: the state after a frame, its hash, the record that it follows, and the Home's signature.
// It decides whether a checkpoint counts. One that does not verify is ignored with its reason, never half believed:
// the journal is the truth and can always be added up from its start.
import type { KeyObject } from "node:crypto";
import * as z from "zod";
import { canonicalJson } from "#protocol/canonicalJson.ts";
import { decodeJson } from "#protocol/decode.ts";
import { type Digest, digestOf, digestSchema } from "#protocol/digest.ts";
import type { NodeId, WorkspaceId } from "#protocol/ids.ts";
import { type Frontier, frontierSchema } from "#protocol/ledger/merkleTree.ts";
import { type PublicKey, type Signature, sign, signatureSchema, verify } from "#protocol/signature.ts";
import { errnoOf, type FileSystem } from "#platform/files/fileSystem.ts";
import type { HomeIdentity } from "../../home/identity.ts";
import type { HomeState } from "../../home/state.ts";
import type { RecordPlace } from "../journal/scanJournal.ts";
import { decodeState, encodeState } from "./stateCodec.ts";

export const CHECKPOINT_FILE = "checkpoint.json";
const UNFINISHED_FILE = "checkpoint.unfinished";

/** What is signed. */
interface CheckpointHeader {
  readonly v: 1;
  /** The version of the program whose `evolve` made the state: another one adds up for itself. */
  readonly program: string;
  readonly workspaceId: WorkspaceId;
  readonly homeId: NodeId;
  readonly record: RecordPlace;
  readonly stateHash: Digest;
  /** The tree of the egress ledger after that record. */
  readonly ledger: Frontier;
}

export interface Checkpoint {
  readonly record: RecordPlace;
  readonly stateHash: Digest;
  readonly state: HomeState;
  readonly ledger: Frontier;
}

export type FoundCheckpoint =
  | { readonly kind: "none" }
  | { readonly kind: "ignored"; readonly reason: string }
  /** Of another version of the program: its state is not used, but the record it names was durable. */
  | { readonly kind: "witness"; readonly record: RecordPlace; readonly reason: string }
  | { readonly kind: "found"; readonly checkpoint: Checkpoint };

const headerSchema = z.strictObject({
  v: z.literal(1),
  program: z.string(),
  workspaceId: z.string(),
  homeId: z.string(),
  record: z.strictObject({
    segment: z.string(),
    atByte: z.number().int().min(0),
    sequence: z.number().int().min(0),
    digest: z.string(),
  }),
  stateHash: digestSchema,
  /** Absent in those of a program that kept no tree. */
  ledger: frontierSchema.exactOptional(),
});
const fileSchema: z.ZodType<{
  readonly header: z.infer<typeof headerSchema>;
  readonly signature: Signature;
  readonly state: string;
}> = z.strictObject({ header: headerSchema, signature: signatureSchema, state: z.string() });

/** Durable when it resolves; the checkpoint before stays whole until then. */
export async function writeCheckpoint(
  fileSystem: FileSystem,
  of: { readonly record: RecordPlace; readonly state: HomeState; readonly ledger: Frontier; readonly program: string },
  privateKey: KeyObject,
): Promise<Digest> {
  const { record, ledger, program } = of;
  const state = encodeState(of.state);
  const { workspaceId, nodeId } = of.state.identity;
  const stateHash = digestOf(state);
  const header: CheckpointHeader = { v: 1, program, workspaceId, homeId: nodeId, record, stateHash, ledger };
  const signature = sign("arw-checkpoint-v1", signedText(header), privateKey);
  const bytes = Buffer.from(`${JSON.stringify({ header, signature, state })}\n`);
  await fileSystem.remove(UNFINISHED_FILE).catch((error: unknown) => {
    if (errnoOf(error) !== "ENOENT") throw error;
  });
  await fileSystem.create(UNFINISHED_FILE);
  await fileSystem.write(UNFINISHED_FILE, bytes, 0);
  await fileSystem.sync(UNFINISHED_FILE);
  await fileSystem.rename(UNFINISHED_FILE, CHECKPOINT_FILE);
  await fileSystem.syncDirectory();
  return stateHash;
}

export async function readCheckpoint(
  fileSystem: FileSystem,
  identity: HomeIdentity,
  program: string,
): Promise<FoundCheckpoint> {
  let text: string;
  try {
    text = Buffer.from(await fileSystem.read(CHECKPOINT_FILE)).toString("utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return { kind: "none" };
    return ignored(`it cannot be read (${errnoOf(error) ?? String(error)})`);
  }
  const decoded = decodeJson(fileSchema, text);
  if (!decoded.ok) return ignored(`its ${decoded.path} ${decoded.problem}`);
  const { header, signature, state: stateText } = decoded.value;
  if (header.workspaceId !== identity.workspaceId || header.homeId !== identity.nodeId) {
    return ignored(`it is of Home ${header.homeId} of ${header.workspaceId}`);
  }
  if (!isSigned(header, signature, identity.publicKey)) return ignored("its signature is not this Home's");
  const { record } = header;
  const witness = (reason: string): FoundCheckpoint => ({ kind: "witness", record, reason });
  if (header.program !== program) return witness(`version ${header.program} of the program made it`);
  const { ledger } = header;
  if (ledger === undefined) return witness("it was made before the ledger had a tree");
  if (digestOf(stateText) !== header.stateHash) return witness("its state does not have the hash that was signed");
  const state = decodeState(stateText);
  if (!state.ok) return witness(`its state's ${state.path} ${state.problem}`);
  // A decoder that lost or changed anything would show here.
  if (encodeState(state.value) !== stateText) return witness("its state does not read back as it was written");
  return { kind: "found", checkpoint: { record, stateHash: header.stateHash, state: state.value, ledger } };
}

function isSigned(header: object, signature: Signature, publicKey: PublicKey): boolean {
  return verify("arw-checkpoint-v1", signedText(header), signature, publicKey);
}

function signedText(header: object): Uint8Array {
  return new TextEncoder().encode(canonicalJson(header));
}

function ignored(reason: string): FoundCheckpoint {
  return { kind: "ignored", reason };
}
