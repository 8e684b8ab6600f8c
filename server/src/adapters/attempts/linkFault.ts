// Why the link to a node must be closed, where one of its messages says so. Undefined where it may go on.
import type { CloseCode } from "#protocol/wire/version.ts";

export type LinkFault = { readonly code: CloseCode; readonly detail: string } | undefined;
