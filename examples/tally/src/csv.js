// Reads comma-separated values as RFC 4180 has them: quotes around a field, doubled quotes inside.

/** Rows of fields; empty lines are skipped. Throws SyntaxError where a quote never closes. */
export function parseCsv(text) {
  const rows = [];
  let row = [];
  let field = "";
  let quoted = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (quoted) {
      if (character !== '"') field += character;
      else if (text[index + 1] === '"') {
        field += '"';
        index++;
      } else quoted = false;
    } else if (character === '"' && field === "") quoted = true;
    else if (character === ",") {
      row.push(field);
      field = "";
    } else if (character === "\n") {
      endRow();
    } else if (character !== "\r") field += character;
  }
  if (quoted) throw new SyntaxError("a quoted field never ends");
  endRow();
  return rows;

  function endRow() {
    if (row.length > 0 || field !== "") rows.push([...row, field]);
    row = [];
    field = "";
  }
}
