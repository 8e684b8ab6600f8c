// Holds every translation to the texts: none is missing, none is left over, and each keeps the placeholders and the links of
// its text. What a translation says is for people to judge.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import * as z from "zod";

type Texts = Readonly<Record<string, string>>;

/** A text with a comment for translators is an object; here only its words count. */
const textsSchema: z.ZodType<Texts> = z.record(
  z.string(),
  z.union([z.string().min(1), z.looseObject({ message: z.string().min(1) }).transform(({ message }) => message)]),
);

function textsOf(path: string): Texts {
  return textsSchema.parse(JSON.parse(readFileSync(path, "utf8")));
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .map((file) => join(folder, file));
}

const KINDS = [
  { folder: ".", name: "package.nls" },
  { folder: "extension/l10n", name: "bundle.l10n" },
] as const;
const TRANSLATIONS = KINDS.flatMap(({ folder, name }) =>
  readdirSync(folder)
    .filter((file) => file.startsWith(`${name}.`) && file.endsWith(".json") && file !== `${name}.json`)
    .map((file) => ({ original: join(folder, `${name}.json`), translation: join(folder, file) })),
);

/** What must survive a translation: placeholders, command links, code and keys of a page. */
function fixedParts(text: string): readonly string[] {
  return [...text.matchAll(/\{\w+\}|\(command:[\w.]+\)|`[^`]+`|\.vsix|127\.0\.0\.1/g)]
    .map(([part]) => part)
    .toSorted((left, right) => (left < right ? -1 : 1));
}

test("there is a full German translation of both kinds of texts", () => {
  const files = TRANSLATIONS.map(({ translation }) => translation);
  assert.ok(files.includes("package.nls.de.json"));
  assert.ok(files.includes(join("extension/l10n", "bundle.l10n.de.json")));
});

for (const { original, translation } of TRANSLATIONS) {
  test(`${translation} has every text of ${original}, and no other`, () => {
    assert.deepEqual(
      new Set(Object.keys(textsOf(translation))),
      new Set(Object.keys(textsOf(original))),
      "npm run l10n -- --missing lists them",
    );
  });

  test(`${translation} keeps every placeholder, link and piece of code`, () => {
    const texts = textsOf(original);
    for (const [key, translated] of Object.entries(textsOf(translation))) {
      assert.deepEqual(fixedParts(translated), fixedParts(texts[key] ?? ""), key);
    }
  });
}

test("the collected texts are those of the code", () => {
  const collected = new Set(Object.values(textsOf("extension/l10n/bundle.l10n.json")));
  const literal = /l10n\.t\(\s*"((?:[^"\\]|\\.)*)"/g;
  const shown = ["extension/src", "webviews/src"]
    .flatMap(filesBelow)
    .flatMap((file) => [...readFileSync(file, "utf8").matchAll(literal)])
    .map(([, text = ""]) => z.string().parse(JSON.parse(`"${text}"`)));
  assert.ok(shown.length > 100, String(shown.length));
  assert.deepEqual(
    shown.filter((text) => !collected.has(text)),
    [],
    "run npm run l10n",
  );
});
