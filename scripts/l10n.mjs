// Collects every text that the extension and its pages show into extension/l10n/bundle.l10n.json, for translators.
//   node scripts/l10n.mjs            writes it
//   node scripts/l10n.mjs --missing  also prints what each translation lacks or no longer needs
// It must never change a translation: a person writes those. extension/src/translations.test.ts compares them.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { getL10nJson } from "@vscode/l10n-dev";

const SOURCES = ["extension/src", "webviews/src"];
const FOLDER = "extension/l10n";
const BUNDLE = "bundle.l10n.json";

const files = SOURCES.filter((folder) => existsSync(folder))
  .flatMap((folder) => readdirSync(folder, { recursive: true }).map((file) => join(folder, file)))
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
  .sort((a, b) => (a < b ? -1 : 1));
const collected = await getL10nJson(
  files.map((file) => ({ extension: extname(file), contents: readFileSync(file, "utf8") })),
);
const sorted = Object.fromEntries(Object.entries(collected).sort(([a], [b]) => (a < b ? -1 : 1)));
mkdirSync(FOLDER, { recursive: true });
writeFileSync(join(FOLDER, BUNDLE), `${JSON.stringify(sorted, undefined, 2)}\n`);
console.log(`${join(FOLDER, BUNDLE)}: ${Object.keys(sorted).length} texts`);

if (process.argv.includes("--missing")) {
  report("package.nls", ".");
  report("bundle.l10n", FOLDER);
}

function report(name, folder) {
  const texts = Object.keys(JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")));
  for (const file of readdirSync(folder).filter((each) => each.startsWith(`${name}.`) && each !== `${name}.json`)) {
    const translated = Object.keys(JSON.parse(readFileSync(join(folder, file), "utf8")));
    for (const text of texts) if (!translated.includes(text)) console.log(`${file} lacks ${JSON.stringify(text)}`);
    for (const text of translated)
      if (!texts.includes(text)) console.log(`${file} has ${JSON.stringify(text)} in vain`);
  }
}
