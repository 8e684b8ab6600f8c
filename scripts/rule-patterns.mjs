// Reads the patterns of public secret rules (Go's syntax, as far as they use it) and spells out their alternatives.
// It must never guess: syntax that it does not know throws, and the rule is dropped.

/** More alternatives than this are a language, not a list. */
const SEQUENCES_MAX = 64;
/** A larger class is no spelling of a keyword. */
const SPELLED_MAX = 4;
const WORD = "0-9A-Za-z_";
const CLASSES = { w: WORD, d: "0-9", s: " \t\n\r\f\v" };
const POSIX = { "[:alnum:]": "0-9A-Za-z" };

/** The tree of a pattern. Inline flags count from where they stand to the end of their group. */
export function parsePattern(source) {
  let at = 0;
  const rest = () => source.slice(at);
  const take = (text) => rest().startsWith(text) && ((at += text.length), true);

  function alternatives(folded) {
    const branches = [];
    let flags = folded;
    let items = [];
    while (at < source.length && source[at] !== ")") {
      if (take("|")) {
        branches.push(items);
        items = [];
      } else if (take("(?i)")) flags = true;
      else items.push(repeated(atom(flags)));
    }
    return { kind: "either", branches: [...branches, items] };
  }

  function atom(folded) {
    if (take("\\b")) return { kind: "boundary" };
    if (take("$") || take("\\z")) return { kind: "end" };
    if (take("(")) {
      let flags = folded;
      if (take("?i:")) flags = true;
      else if (take("?-i:")) flags = false;
      else if (take("?:")) flags = folded;
      else if (rest().startsWith("?")) throw new Error(`unknown group (${rest().slice(0, 4)}`);
      const inner = alternatives(flags);
      if (!take(")")) throw new Error("a group without an end");
      return inner;
    }
    if (take("[")) return { kind: "class", members: characterClass(folded) };
    const character = source[at];
    if (character === ".") throw new Error("any character may be in it");
    if (character === "^") throw new Error("it looks at the beginning of a line");
    at += 1;
    if (character !== "\\") return literal(character, folded);
    const escaped = source[at++];
    if (CLASSES[escaped] !== undefined) return { kind: "class", members: rangesOf(CLASSES[escaped]) };
    if (/[A-Za-z0-9]/.test(escaped)) throw new Error(`unknown escape \\${escaped}`);
    return literal(escaped, folded);
  }

  function literal(character, folded) {
    return { kind: "literal", character, folded: folded && /[a-z]/i.test(character) };
  }

  function characterClass(folded) {
    if (take("^")) throw new Error("it ends at what is not in a class");
    const members = new Set();
    const add = (text) => {
      for (const member of rangesOf(text)) members.add(member);
    };
    while (!take("]")) {
      const posix = Object.keys(POSIX).find((name) => take(name));
      if (posix !== undefined) {
        add(POSIX[posix]);
        continue;
      }
      let character = source[at++];
      if (character === undefined) throw new Error("a class without an end");
      if (character === "\\") {
        const escaped = source[at++];
        if (CLASSES[escaped] !== undefined) {
          add(CLASSES[escaped]);
          continue;
        }
        character = { n: "\n", r: "\r", t: "\t" }[escaped] ?? escaped;
        if (escaped === "x") character = String.fromCharCode(Number.parseInt(source.slice(at, (at += 2)), 16));
      }
      if (source[at] === "-" && source[at + 1] !== "]" && source[at + 1] !== "\\") {
        add(`${character}-${source[at + 1]}`);
        at += 2;
      } else members.add(character);
    }
    if (folded) {
      for (const member of Array.from(members)) {
        members.add(member.toLowerCase());
        members.add(member.toUpperCase());
      }
    }
    return members;
  }

  function repeated(inner) {
    const count = /^\{(\d+)(?:(,)(\d*))?\}\??/.exec(rest());
    if (count !== null) {
      at += count[0].length;
      const min = Number(count[1]);
      const max = count[2] === undefined ? min : count[3] === "" ? Number.POSITIVE_INFINITY : Number(count[3]);
      return { kind: "repeat", inner, min, max };
    }
    if (take("+")) return { kind: "repeat", inner, min: 1, max: Number.POSITIVE_INFINITY };
    if (take("*")) return { kind: "repeat", inner, min: 0, max: Number.POSITIVE_INFINITY };
    if (take("?")) return { kind: "repeat", inner, min: 0, max: 1 };
    return inner;
  }

  const tree = alternatives(false);
  if (at < source.length) throw new Error("a bracket too many");
  return tree;
}

/** Every alternative as a flat row of literals and classes with their counts. What ends a match is left away. */
export function sequencesOf(tree) {
  return limited(
    spell(tree).flatMap((spelled) => {
      const items = withoutTerminator(spelled.filter(({ kind }) => kind !== "end"));
      const atWordStart = items[0]?.kind === "boundary";
      const flattened = items.filter(({ kind }) => kind !== "boundary").map(flat);
      return spelledLead(flattened).map((lead) => ({ atWordStart, items: lead }));
    }),
  );
}

/** What stands behind the secret in gitleaks' rules, spelled out: a quote, a space, a semicolon or an escaped line end. */
function withoutTerminator(items) {
  const last = items.at(-1);
  if (last?.kind !== "class") return items;
  if (last.members.has("'") && last.members.has(";")) return items.slice(0, -1);
  const isEscape = items.at(-2)?.character === "\\" && [...last.members].every((member) => /[nr]/i.test(member));
  return isEscape ? items.slice(0, -2) : items;
}

/** Small classes at the beginning become letters: `xox[ar]-` is two keywords, and `[Mm]eraki` is one. */
function spelledLead(items) {
  const at = items.findIndex(({ literal }) => literal === undefined);
  const item = items[at];
  if (item === undefined || item.members.size > SPELLED_MAX || item.max !== 1) return [items];
  const members = [...item.members];
  const isEitherCase = members.length === 2 && members[0].toLowerCase() === members[1].toLowerCase();
  const letters = isEitherCase
    ? [{ character: members[0], folded: true }]
    : members.map((character) => ({ character, folded: false }));
  const choices = letters.map((literal) => [{ literal }]);
  if (item.min === 0) choices.push([]);
  return choices.flatMap((choice) => spelledLead([...items.slice(0, at), ...choice, ...items.slice(at + 1)]));
}

function spell(node) {
  if (node.kind === "either") {
    const all = node.branches.flatMap((branch) => branch.reduce((rows, item) => product(rows, spell(item)), [[]]));
    return limited(distinct(all));
  }
  if (node.kind !== "repeat") return [[node]];
  const inner = spell(node.inner);
  const [only] = inner;
  if (inner.length === 1 && only.length === 1 && (only[0].kind === "class" || only[0].kind === "literal")) {
    return [[{ kind: "counted", inner: only[0], min: node.min, max: node.max }]];
  }
  if (node.max === 1) return limited([[], ...inner]);
  if (node.min !== node.max || node.max > 8) throw new Error("a group that is repeated without a limit");
  return Array.from({ length: node.max }).reduce((rows) => product(rows, inner), [[]]);
}

function product(rows, tails) {
  return limited(rows.flatMap((row) => tails.map((tail) => [...row, ...tail])));
}

/** The alternatives of a terminator are no alternatives of the secret. */
function distinct(rows) {
  const seen = new Map(
    rows.map((row) => [JSON.stringify(row, (_, value) => (value instanceof Set ? [...value] : value)), row]),
  );
  return [...seen.values()];
}

function limited(rows) {
  if (rows.length > SEQUENCES_MAX) throw new Error("too many alternatives");
  return rows;
}

function flat(item) {
  if (item.kind === "literal") return { literal: item };
  if (item.kind === "class") return { members: item.members, min: 1, max: 1 };
  const members = item.inner.kind === "class" ? item.inner.members : lettersOf(item.inner);
  return { members, min: item.min, max: item.max };
}

function lettersOf({ character, folded }) {
  return new Set(folded ? [character.toLowerCase(), character.toUpperCase()] : [character]);
}

/** All characters of the items together. */
export function membersOf(items) {
  return new Set(items.flatMap((item) => [...(item.literal === undefined ? item.members : lettersOf(item.literal))]));
}

function rangesOf(text) {
  const members = new Set();
  for (const [, first, last, single] of text.matchAll(/(.)-(.)|([^])/gu)) {
    if (single !== undefined) members.add(single);
    else
      for (let code = first.charCodeAt(0); code <= last.charCodeAt(0); code++) members.add(String.fromCharCode(code));
  }
  return members;
}

/** A class as the inside of a bracket: sorted, ranges of three and more closed up. */
export function groupOf(members) {
  const codes = [...members].map((member) => member.charCodeAt(0)).sort((left, right) => left - right);
  let text = "";
  for (let from = 0; from < codes.length; ) {
    let to = from;
    while (codes[to + 1] === codes[to] + 1) to += 1;
    text +=
      to - from >= 2
        ? `${escaped(codes[from])}-${escaped(codes[to])}`
        : codes
            .slice(from, to + 1)
            .map(escaped)
            .join("");
    from = to + 1;
  }
  return text;
}

function escaped(code) {
  const character = String.fromCharCode(code);
  return /[\\\]^-]/.test(character) ? `\\${character}` : character;
}

/** Whether the literal beginning is what gitleaks itself looks for first. */
export function hasKeyword(literal, keywords) {
  const folded = literal.toLowerCase();
  return keywords.some((word) => folded.includes(word.toLowerCase()) || word.toLowerCase().startsWith(folded));
}
