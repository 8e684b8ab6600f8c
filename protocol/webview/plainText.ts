// Text of other machines and of files, made fit to stand in a sentence of ours: one line, in reading order, of bounded length.
// What could fake a line of a confirmation or turn a name around is shown as its code, never dropped silently.

/** Control characters, line ends among them, those that reverse the reading direction, and separators of lines. */
const UNSAFE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** One line. Longer than `charactersMax`, its middle is left out and that is shown. */
export function plainText(text: string, charactersMax: number = Number.POSITIVE_INFINITY): string {
  const plain = text.replace(
    UNSAFE,
    (character) => `<${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}>`,
  );
  // By code points: half of a character would be no text.
  const signs = Array.from(plain);
  if (signs.length <= charactersMax) return plain;
  // Both ends say what a path or a command is: a name in the front, an ending behind.
  const end = Math.floor(charactersMax / 3);
  return `${signs.slice(0, charactersMax - end - 1).join("")}…${end === 0 ? "" : signs.slice(-end).join("")}`;
}
