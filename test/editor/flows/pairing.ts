// Pairs a real worker process with the window's Home as a person does: the command, the address, the line, the words.
// It must never approve by a way that a person does not have.
import assert from "node:assert/strict";
import { join } from "node:path";
import * as z from "zod";
import { type Program, PATIENCE_MS as PROCESS_PATIENCE_MS, until } from "../../acceptance/processes.ts";
import type { Editor } from "../host/editor.ts";
import type { VscodeWindow } from "../host/vscodeWindow.ts";
import type { OwnersTerminal } from "./ownersEditor.ts";

const wordsSchema = z.looseObject({ words: z.array(z.string()) });

export interface PairedWorker {
  readonly name: string;
  readonly program: Program;
  /** Where the Home waits for its workers. */
  readonly address: { readonly host: string; readonly port: number };
}

/** Resolves when the node shows as ready under Nodes. */
export async function pairWorker(
  window: VscodeWindow,
  editor: Editor,
  terminal: OwnersTerminal,
  name: string,
): Promise<PairedWorker> {
  await window.runCommand("ARW: Pair Worker…");
  await window.until(
    "the addresses",
    () => window.pickRows(),
    (rows) => rows.includes("127.0.0.1"),
  );
  await window.pick("127.0.0.1");
  await window.pick("2. Copy the Line to Run There");
  const invite = await until(
    "the line in the clipboard",
    async () => / join (arw1_\S+)$/u.exec(String(await window.page.evaluate("navigator.clipboard.readText()")))?.[1],
    PROCESS_PATIENCE_MS,
  );
  const program = terminal.worker(["--json", "join", invite, "--name", name], join(editor.profile.state, name));
  const { words } = await program.fact("words", wordsSchema);
  const shown = await window.until(
    "the compare words",
    () => window.dialogText(),
    (text) => words.every((word) => text.includes(word)),
  );
  assert.ok(shown.includes(name));
  await window.clickDialog("The Words Match: Admit");
  await window.toast(`Paired: ${name}`);
  await window.openContainer("ARW");
  await window.until(
    `${name} is ready`,
    () => window.treeRows("Nodes"),
    (rows) => rows.some((row) => row.includes(name) && row.includes("ready")),
  );
  return { name, program, address: addressIn(invite) };
}

/** The first address of an invite, which is base64url of JSON after its prefix. */
function addressIn(invite: string): PairedWorker["address"] {
  const text = Buffer.from(invite.slice("arw1_".length), "base64url").toString("utf8");
  const { addresses } = z.looseObject({ addresses: z.array(z.string()).min(1) }).parse(JSON.parse(text));
  const { hostname, port } = new URL(`wss://${addresses[0]?.replace(/^wss:\/\//u, "") ?? ""}`);
  return { host: hostname, port: Number(port) };
}
