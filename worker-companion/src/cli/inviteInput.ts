// Where an invite comes from: the command line, or standard input for `-`, so that the secret in it need not stand in the
// list of processes and the shell's history. It decides nothing about the invite itself.
import { ArwError } from "#protocol/errors.ts";
import { INVITE_CHARACTERS_MAX } from "#protocol/wire/inviteText.ts";

/** The invite's text. Throws ArwError `invite-malformed` for a standard input that holds none, or more than one. */
export async function inviteOf(word: string, input: AsyncIterable<unknown> = process.stdin): Promise<string> {
  if (word !== "-") return word;
  let text = "";
  for await (const part of input) {
    text += String(part);
    // White space may double what line wrapping left of an invite; anything longer is something else.
    if (text.length > 2 * INVITE_CHARACTERS_MAX) throw malformed("it holds far more than an invite");
  }
  if (text.trim() === "") throw malformed("it is empty");
  return text;
}

function malformed(problem: string): ArwError {
  return new ArwError(
    "invite-malformed",
    `Standard input does not hold an invite: ${problem}.`,
    "Paste the line that starts with arw1_, then end the input with Ctrl-D; or: arw-worker join - < file",
  );
}
