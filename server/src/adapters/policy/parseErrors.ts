// The parser's error codes in words.
import { type ParseErrorCode, printParseErrorCode } from "jsonc-parser";

const TEXTS: Readonly<Record<string, string>> = {
  InvalidSymbol: "expects a value: text in quotes, a number, true, false, a list or an object",
  InvalidNumberFormat: "is no number",
  PropertyNameExpected: "expects the name of a member in quotes",
  ValueExpected: "expects a value",
  ColonExpected: "expects a colon",
  CommaExpected: "expects a comma",
  CloseBraceExpected: "expects a closing brace",
  CloseBracketExpected: "expects a closing bracket",
  EndOfFileExpected: "has something after its end",
  UnexpectedEndOfComment: "ends inside a comment",
  UnexpectedEndOfString: "ends inside quotes",
  UnexpectedEndOfNumber: "ends inside a number",
  InvalidUnicode: "has an escape that is no character",
  InvalidEscapeCharacter: "has an escape that means nothing",
  InvalidCharacter: "has a character that may not stand in quotes",
};

export function parseErrorText(code: ParseErrorCode): string {
  const name = printParseErrorCode(code);
  return TEXTS[name] ?? `is not JSON with comments (${name})`;
}
