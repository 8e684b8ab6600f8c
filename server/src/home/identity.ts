// Who a Home is. It never changes for the life of a journal, and is no fact of the journal.
import type { NodeId, WorkspaceId } from "#protocol/ids.ts";
import type { PublicKey } from "#protocol/signature.ts";

/** Who this Home is; fixed for the life of its journal. */
export interface HomeIdentity {
  readonly workspaceId: WorkspaceId;
  /** The Home's own node, `local`. */
  readonly nodeId: NodeId;
  readonly publicKey: PublicKey;
}
