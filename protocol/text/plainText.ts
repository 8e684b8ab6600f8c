// Text of other machines and of files, made fit to stand in a sentence of ours: one line, in reading order, of bounded length.
// What could fake a line of a confirmation or turn a name around is shown as its code, never dropped silently, where somebody decides.

/** Control characters, line ends among them, those that reverse the reading direction, and separators of lines. */
const UNSAFE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;
const UNSAFE_BUT_LINES = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** One line. Longer than `charactersMax`, its middle is left out and that is shown. */
export function plainText(text: string, charactersMax: number = Number.POSITIVE_INFINITY): string {
  const plain = text.replace(UNSAFE, codeOf);
  // No text has more characters than code units; a list asks for thousands of short ones.
  if (plain.length <= charactersMax) return plain;
  // By code points: half of a character would be no text.
  const signs = Array.from(plain);
  if (signs.length <= charactersMax) return plain;
  // Both ends say what a path or a command is: a name in the front, an ending behind.
  const end = Math.floor(charactersMax / 3);
  return `${signs.slice(0, charactersMax - end - 1).join("")}…${end === 0 ? "" : signs.slice(-end).join("")}`;
}

/** The same for a text of several lines; tabs and line ends stay. */
export function plainLines(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(UNSAFE_BUT_LINES, codeOf);
}

/** One line for a label or a sentence, where codes would be noise: white space becomes one space, and what is not seen goes. */
export function oneLine(text: string): string {
  return text
    .replace(/\s+/gu, " ")
    .replace(/[\p{Cc}\p{Cf}]/gu, "")
    .trim();
}

function codeOf(character: string): string {
  return `<${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}>`;
}
