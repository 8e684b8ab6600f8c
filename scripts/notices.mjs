// The licences of what our bundles carry of others, as one text: esbuild says which packages those are.
// The same input makes the same text. It must never pass over a package in silence: one without a licence, or under a licence
// that nobody allowed, fails the build.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Licences that allow a bundle like ours under MIT OR Apache-2.0, as long as their text goes along. */
const ALLOWED = [
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC-BY-4.0",
  "ISC",
  "MIT",
  "Unlicense",
];
const LICENCE_FILE = /^(licen[cs]e|copying)/i;
const NOTICE_FILE = /^(notice|copyrightnotice|third-?party-?notices?)/i;
const PACKAGE_FOLDER = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;
/** Written by hand where a package brings no text along, of itself or of the packages that lie within a file of its own. */
const WRITTEN = {
  "@microsoft/fast-element": "microsoft-mit.txt",
  "@microsoft/fast-foundation": "microsoft-mit.txt",
  "@microsoft/fast-web-utilities": "microsoft-mit.txt",
  "@secretlint/secretlint-rule-preset-recommend": "secretlint-preset.txt",
  "@vscode/l10n": "microsoft-mit.txt",
};
const LICENCES = join(dirname(fileURLToPath(import.meta.url)), "licences");
/** Made from another project's file, which is no package. */
const PUBLIC_RULES = {
  source: "platform/redaction/publicRules.ts",
  notice: () => ({
    title: "gitleaks (its rules)",
    texts: [readFileSync("platform/redaction/gitleaks/LICENSE", "utf8")],
  }),
};
const RULE = "-".repeat(80);

/** `metafiles` are esbuild's, of all bundles that are shipped together; `subject` says what they make. */
export function notices(subject, metafiles) {
  const inputs = metafiles.flatMap(bundledInputs);
  const folders = new Set(
    inputs.map((input) => PACKAGE_FOLDER.exec(input)?.[0]).filter((folder) => folder !== undefined),
  );
  const packages = [...folders].map((folder) => packageNotice(folder, inputs));
  if (inputs.some((input) => input.endsWith(PUBLIC_RULES.source))) packages.push(PUBLIC_RULES.notice());
  packages.sort((a, b) => (a.title < b.title ? -1 : 1));
  // Two bundles may carry the same package from two folders.
  const texts = new Set(packages.map(({ title, texts }) => [RULE, title, RULE, "", ...texts].join("\n")));
  return [`${subject} carries these packages, each under its own licence.\n`, ...texts].join("\n");
}

/** What left no byte in a bundle is not shipped. */
function bundledInputs({ outputs }) {
  return Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs)
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .map(([input]) => input),
  );
}

function packageNotice(folder, inputs) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const title = `${name} ${version}`;
  if (!ALLOWED.includes(license)) {
    throw new Error(`${title} is under ${license ?? "no licence"}, which scripts/notices.mjs does not allow`);
  }
  const brought = readdirSync(folder).sort();
  const written = WRITTEN[name] === undefined ? [] : [readFileSync(join(LICENCES, WRITTEN[name]), "utf8")];
  const texts = [
    ...brought
      .filter((file) => LICENCE_FILE.test(file) || NOTICE_FILE.test(file))
      .map((file) => readFileSync(join(folder, file), "utf8")),
    ...written,
  ];
  if (written.length === 0 && !brought.some((file) => LICENCE_FILE.test(file))) {
    throw new Error(`${title} brings no text of its licence along; add it to scripts/licences`);
  }
  const unnamed = carriedWithin(inputs.filter((input) => input.startsWith(`${folder}/`))).filter(
    (carried) => !written.some((text) => text.includes(`  ${carried}@`)),
  );
  if (unnamed.length > 0)
    throw new Error(`${title} carries ${unnamed.join(", ")}; add their licences to scripts/licences`);
  return { title: `${title}, ${license}`, texts: texts.map((text) => `${text.replaceAll("\r\n", "\n").trim()}\n`) };
}

/** Some packages are bundles themselves; their source maps say of what. */
function carriedWithin(inputs) {
  const names = inputs
    .map((input) => `${input}.map`)
    .filter((map) => existsSync(map))
    .flatMap((map) => JSON.parse(readFileSync(map, "utf8")).sources)
    .map((source) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1])
    .filter((name) => name !== undefined);
  return [...new Set(names)];
}
