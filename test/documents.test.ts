// Holds the documents to the code: tests that the threat model names, paths, names, commands, packages and links must be there.
// It reads text only. What a document claims beyond that is for its reviewers.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { test } from "node:test";
import * as z from "zod";

const SKIPPED_FOLDERS: ReadonlySet<string> = new Set(["node_modules", "dist", ".git"]);

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) return SKIPPED_FOLDERS.has(entry.name) ? [] : filesBelow(posix.join(folder, entry.name));
    return [posix.join(folder, entry.name)];
  });
}

const FILES: readonly string[] = filesBelow(".");
const FOLDERS: ReadonlySet<string> = new Set(FILES.flatMap(foldersAbove));
const SOURCES: readonly string[] = FILES.filter(
  (file) => /\.(ts|mjs)$/.test(file) && file !== "test/documents.test.ts",
);
const DOCUMENTS: readonly string[] = FILES.filter((file) => file.endsWith(".md"));
const THREATS = "docs/threat-model.md";
/** Folders that git ignores: they are there once a program has run. */
const MADE_BY_PROGRAMS = /^(dist|test\/editor\/screenshots)\//;

function foldersAbove(file: string): readonly string[] {
  const parts = file.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

function read(path: string): string {
  return readFileSync(path, "utf8");
}

/** The text outside fenced blocks, where code spans and links count. */
function prose(path: string): string {
  return read(path).replace(/^```[^]*?^```$/gm, "");
}

function codeSpans(path: string): readonly string[] {
  return [...prose(path).matchAll(/`([^`\n]+)`/g)].map(([, span = ""]) => span);
}

interface Link {
  readonly text: string;
  readonly file: string;
  readonly anchor: string | undefined;
}

/** Links into the repository, with their file relative to its root. */
function links(path: string): readonly Link[] {
  return [...prose(path).matchAll(/\[([^\]]+)\]\(([^)\s]+)\)/g)].flatMap(([, text = "", target = ""]) => {
    if (/^[a-z]+:/.test(target)) return [];
    const [relative = "", anchor] = target.split("#");
    const file = relative === "" ? path : posix.normalize(posix.join(dirname(path), relative)).replace(/\/$/, "");
    return [{ text, file, anchor }];
  });
}

function rows(path: string, heading: RegExp): readonly (readonly string[])[] {
  const tables = read(path).split(/\n\n+/);
  return tables
    .filter((table) => heading.test(table))
    .flatMap((table) =>
      table
        .split("\n")
        .filter((line) => line.startsWith("|"))
        .slice(2),
    )
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

test("every test that the threat model names is in the file it names, under exactly that title", () => {
  const named = links(THREATS).filter(({ text }) => text.startsWith("`"));
  assert.ok(named.length > 80, String(named.length));
  const astray = named
    .filter(({ text, file }) => !holdsTitle(file, text.slice(1, -1)))
    .map(({ text, file }) => {
      const elsewhere = SOURCES.filter((source) => holdsTitle(source, text.slice(1, -1)));
      return `${text} is not in ${file}, but in ${elsewhere.join(", ") || "no file"}`;
    });
  assert.deepEqual(astray, []);
});

/** A title that is made for several cases holds `${…}`: the threat model quotes what stands before or behind it. */
function holdsTitle(file: string, title: string): boolean {
  if (!existsSync(file)) return false;
  const escaped = title.replace(/[$()*+.?[\\\]^{|}]/g, "\\$&");
  return new RegExp(`(["'\`]|\\} )${escaped}(["'\`]| \\$\\{)`).test(read(file));
}

test("every attack of the threat model has a defence and a test, and what has none says why", () => {
  const attacks = rows(THREATS, /^\| attack /);
  assert.ok(attacks.length > 40, String(attacks.length));
  for (const [attack, defence = "", proof = ""] of attacks) {
    assert.ok(defence !== "" && proof.includes("](../"), `no test for: ${attack}`);
  }
  for (const [threat, why = ""] of rows(THREATS, /^\| threat /)) assert.ok(why.length > 20, `no reason for: ${threat}`);
});

test("every path that a document names exists", () => {
  const top = new Set(FILES.filter((file) => file.includes("/")).map((file) => file.split("/")[0] ?? ""));
  for (const document of DOCUMENTS) {
    for (const span of codeSpans(document)) {
      if (!/^[\w./-]+$/.test(span)) continue;
      const isFile = /\.(ts|mjs|md)$/.test(span);
      const first = span.split("/")[0] ?? "";
      if (!isFile && !(span.includes("/") && top.has(first))) continue;
      const path = span.replace(/\/$/, "");
      const known =
        FILES.some((file) => file === path || file.endsWith(`/${path}`)) ||
        [...FOLDERS].some((folder) => folder === path || folder.endsWith(`/${path}`));
      assert.ok(known || MADE_BY_PROGRAMS.test(path), `${document} names ${span}`);
    }
  }
});

test("every name that ARCHITECTURE.md quotes is in the code", () => {
  const code = SOURCES.map(read).join("\n");
  const names = codeSpans("ARCHITECTURE.md").flatMap((span) => span.split(", "));
  for (const name of names.filter((candidate) => /^[A-Za-z][A-Za-z.-]*$/.test(candidate))) {
    if (/\.(ts|md|json)$/.test(name)) continue;
    const last = name.split(".").at(-1) ?? name;
    assert.match(code, new RegExp(`\\b${last}\\b`), `ARCHITECTURE.md quotes ${name}`);
  }
});

test("where ARCHITECTURE.md names a file and then a function, the function is in that file", () => {
  const pairs = [...prose("ARCHITECTURE.md").matchAll(/`([\w/.-]+\.ts)`\s`(\w+)`/g)];
  assert.ok(pairs.length > 8, String(pairs.length));
  for (const [, path = "", name = ""] of pairs) {
    const files = SOURCES.filter((file) => file === path || file.endsWith(`/${path}`));
    assert.ok(
      files.some((file) => new RegExp(`\\b${name}\\b`).test(read(file))),
      `${path} has no ${name}`,
    );
  }
});

test("the Home's core is synchronous outside home.ts, as ARCHITECTURE.md says", () => {
  const core = SOURCES.filter((file) => file.startsWith("server/src/home/") && !file.endsWith(".test.ts"));
  const waiting = core.filter((file) => /\basync\b|\bawait\s/.test(read(file).replace(/\/\/.*|\/\*[^]*?\*\//g, "")));
  assert.deepEqual(waiting, ["server/src/home/home.ts"]);
});

test("every folder of the import table has its invariant in ARCHITECTURE.md", () => {
  const page = read("ARCHITECTURE.md");
  for (const section of page.split(/^### /m).slice(1)) {
    const title = section.split("\n")[0] ?? "";
    assert.match(section, /\*\*Invariant:\*\*|\| invariant \|/, `no invariant for ${title}`);
  }
  for (const folder of ["protocol", "platform", "server/src/home", "server/src/adapters", "server/src/cli"]) {
    assert.ok(page.includes(`### \`${folder}/\``), folder);
  }
});

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}
const text: z.ZodType<Readonly<Record<string, string>>> = z.record(z.string(), z.string());
const manifestSchema: z.ZodType<Manifest> = z.looseObject({ scripts: text, dependencies: text, devDependencies: text });
const licenceSchema: z.ZodType<{ readonly license: string }> = z.looseObject({ license: z.string() });

function manifest(): Manifest {
  return manifestSchema.parse(JSON.parse(read("package.json")));
}

test("README's tables list exactly the dependencies of package.json, with their versions and licences", () => {
  const { dependencies, devDependencies } = manifest();
  for (const [heading, declared] of [
    [/^\| package \|/, dependencies],
    [/^\| package for development \|/, devDependencies],
  ] as const) {
    const listed = rows("README.md", heading).map((cells) => cells.slice(0, 3).join(" "));
    const expected = Object.entries(declared).map(([name, version]) => {
      const { license } = licenceSchema.parse(JSON.parse(read(join("node_modules", name, "package.json"))));
      return `\`${name}\` ${version} ${license}`;
    });
    assert.deepEqual([...listed].sort(), expected.sort());
    for (const cells of rows("README.md", heading)) assert.ok((cells[3] ?? "") !== "", `no reason for ${cells[0]}`);
  }
});

test("every npm script that a document names exists", () => {
  const { scripts } = manifest();
  for (const document of DOCUMENTS.filter((path) => !path.startsWith("examples/"))) {
    for (const [, name = ""] of read(document).matchAll(/npm run ([\w:]+)/g)) {
      // The example project has scripts of its own.
      assert.ok(name in scripts || name === "report", `${document} names npm run ${name}`);
    }
  }
});

test("every command and option of arw-home and arw-worker that a document names exists", () => {
  const of = (folder: string): string =>
    SOURCES.filter((file) => file.startsWith(folder))
      .map(read)
      .join("\n");
  const programs = { "arw-home": of("server/src/cli/"), "arw-worker": of("worker-companion/src/cli/") };
  for (const document of DOCUMENTS) {
    for (const [, program = "", words = ""] of read(document).matchAll(/\b(arw-home|arw-worker) ([a-z-][^`\n]*)/g)) {
      const code = program === "arw-home" ? programs["arw-home"] : programs["arw-worker"];
      const [command = ""] = words.split(/[^a-z]/);
      // "arw-home is …" in a sentence is no command line.
      const isCommandLine =
        read(document).includes(`\`${program} ${words}`) || read(document).includes(`$ ${program} ${words}`);
      if (!isCommandLine) continue;
      assert.match(code, new RegExp(`command\\(\\s*"${command}\\b`), `${document}: ${program} ${command}`);
      const ours = words.split(" -- ")[0] ?? "";
      for (const [flag] of ours.matchAll(/--[a-z][a-z-]*/g)) {
        assert.ok(code.includes(flag) || flag === "--help", `${document}: ${program} ${command} ${flag}`);
      }
    }
  }
});

test("every link into the repository leads to a file, and to a heading where it names one", () => {
  for (const document of DOCUMENTS) {
    for (const { file, anchor } of links(document)) {
      assert.ok(existsSync(file), `${document} links to ${file}`);
      if (anchor === undefined) continue;
      const headings = [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => slug(heading));
      assert.ok(headings.includes(anchor), `${document} links to ${file}#${anchor}`);
    }
  }
});

function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, "")
    .trim()
    .replaceAll(" ", "-");
}

test("decisions are numbered without a gap, and each has context, options, decision and consequences", () => {
  const pages = FILES.filter((file) => file.startsWith("docs/adr/")).sort();
  for (const [index, page] of pages.entries()) {
    const number = String(index + 1).padStart(4, "0");
    assert.ok(page.startsWith(`docs/adr/${number}-`), `${page} should be ${number}`);
    assert.ok(read(page).startsWith(`# ${number} · `), `${page} begins with its number`);
    const headings = [...read(page).matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    assert.deepEqual(headings, ["Context", "Options", "Decision", "Consequences"], page);
  }
});

test("the changelog keeps its form: unreleased changes on top, under the known headings", () => {
  const changelog = read("CHANGELOG.md");
  const releases = [...changelog.matchAll(/^## (.+)$/gm)].map(([, release]) => release);
  assert.equal(releases[0], "[Unreleased]");
  for (const [, kind = ""] of changelog.matchAll(/^### (.+)$/gm)) {
    assert.ok(["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"].includes(kind), kind);
  }
});

test("no document names a folder of somebody's machine", () => {
  for (const document of DOCUMENTS) {
    const found = /(?<![\w.~/>])\/(work|root|home|Users|mnt|opt)\/\S*/.exec(read(document));
    assert.equal(found?.[0], undefined, document);
  }
});

test("the README shows no picture that a marketplace would refuse: PNG files of the repository with words for them only", () => {
  const readme = read("README.md");
  assert.doesNotMatch(readme, /\.svg|<img/);
  for (const [picture] of readme.matchAll(/!\[[^\]]*\]\([^)]*\)/g)) {
    const path = /^!\[[^\]]{20,}\]\((docs\/images\/[a-z]+\.png)\)$/.exec(picture)?.[1];
    assert.ok(path !== undefined && existsSync(path), picture);
  }
  // Images are shipped to nobody: the page that the extension brings along has none.
  assert.doesNotMatch(read("extension/README.md"), /\.svg|<img|!\[/);
});
