// Holds the manifest to the code: commands, menus, keys, settings and walkthrough name only what is there, each text is in
// the file of texts, and nothing that a folder brings along can loosen what is allowed.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import * as z from "zod";

const OURS = /^arw\./;

interface Command {
  readonly command: string;
  readonly title: string;
  readonly category: string;
  readonly enablement?: string | undefined;
}
interface Entry {
  readonly command: string;
  readonly when?: string | undefined;
  readonly group?: string | undefined;
}
interface Setting {
  readonly scope: string;
  readonly markdownDescription: string;
  readonly enum?: readonly string[] | undefined;
  readonly enumDescriptions?: readonly string[] | undefined;
}
interface Step {
  readonly id: string;
  readonly media: { readonly svg: string; readonly altText: string };
  readonly completionEvents: readonly string[];
}
interface Manifest {
  readonly icon: string;
  readonly capabilities: { readonly untrustedWorkspaces: { readonly restrictedConfigurations: readonly string[] } };
  readonly contributes: {
    readonly viewsContainers: Readonly<Record<string, readonly { readonly icon: string }[]>>;
    readonly views: Readonly<Record<string, readonly { readonly id: string; readonly icon: string }[]>>;
    readonly viewsWelcome: readonly { readonly view: string; readonly contents: string; readonly when: string }[];
    readonly commands: readonly Command[];
    readonly menus: Readonly<Record<string, readonly Entry[]>>;
    readonly keybindings: readonly (Entry & { readonly key: string; readonly mac: string })[];
    readonly configuration: readonly { readonly properties: Readonly<Record<string, Setting>> }[];
    readonly walkthroughs: readonly { readonly id: string; readonly steps: readonly Step[] }[];
  };
}

const text = z.string().min(1);
const entry = z.looseObject({ command: text, when: text.optional(), group: text.optional() });
const schema: z.ZodType<Manifest> = z.looseObject({
  icon: text,
  capabilities: z.looseObject({ untrustedWorkspaces: z.looseObject({ restrictedConfigurations: z.array(text) }) }),
  contributes: z.looseObject({
    viewsContainers: z.record(text, z.array(z.looseObject({ icon: text }))),
    views: z.record(text, z.array(z.looseObject({ id: text, icon: text }))),
    viewsWelcome: z.array(z.looseObject({ view: text, contents: text, when: text })),
    commands: z.array(z.looseObject({ command: text, title: text, category: text, enablement: text.optional() })),
    menus: z.record(text, z.array(entry)),
    keybindings: z.array(z.looseObject({ command: text, when: text.optional(), key: text, mac: text })),
    configuration: z.array(
      z.looseObject({
        properties: z.record(
          text,
          z.looseObject({
            scope: text,
            markdownDescription: text,
            enum: z.array(text).optional(),
            enumDescriptions: z.array(text).optional(),
          }),
        ),
      }),
    ),
    walkthroughs: z.array(
      z.looseObject({
        id: text,
        steps: z.array(
          z.looseObject({
            id: text,
            media: z.looseObject({ svg: text, altText: text }),
            completionEvents: z.array(text),
          }),
        ),
      }),
    ),
  }),
});

const RAW: unknown = JSON.parse(readFileSync("package.json", "utf8"));
const MANIFEST: Manifest = schema.parse(RAW);
const { commands, menus, keybindings, views, viewsWelcome, configuration, walkthroughs, viewsContainers } =
  MANIFEST.contributes;
const TEXTS: Readonly<Record<string, string>> = z
  .record(text, text)
  .parse(JSON.parse(readFileSync("package.nls.json", "utf8")));
const IDS: ReadonlySet<string> = new Set(commands.map(({ command }) => command));
const SETTINGS: readonly (readonly [string, Setting])[] = configuration.flatMap(({ properties }) =>
  Object.entries(properties),
);
const CODE: string = readdirSync("extension/src", { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
  .map((file) => readFileSync(join("extension/src", file), "utf8"))
  .join("\n");

/** Keys that VS Code itself sets and we rely on. */
const KEYS_OF_THE_EDITOR = new Set([
  "editorIsOpen",
  "explorerResourceIsFolder",
  "false",
  "file",
  "isWorkspaceTrusted",
  "resourceScheme",
  "terminalFocus",
  "view",
  "viewItem",
  "workspaceFolderCount",
  "editorLangId",
  "resourceDirname",
]);

test("every command has a title in the file of texts and the category ARW, and none is there twice", () => {
  for (const { category, command, title } of commands) {
    assert.equal(title, `%command.${command.slice("arw.".length)}.title%`);
    assert.equal(category, "ARW");
  }
  assert.equal(IDS.size, commands.length);
});

test("every text of the manifest is in the file of texts, and that file holds nothing else", () => {
  const used = new Set([...JSON.stringify(RAW).matchAll(/"%([\w.]+)%"/g)].map(([, key]) => key));
  assert.deepEqual(used, new Set(Object.keys(TEXTS)));
});

test("the code handles every contributed command, and no other", () => {
  const handled = [...CODE.matchAll(/^\s*"(arw\.\w+)":/gm)].map(([, id = ""]) => id);
  assert.deepEqual(new Set(handled), IDS);
});

test("menus, keys and links of texts name contributed commands only", () => {
  const entries = [...Object.values(menus).flat(), ...keybindings];
  const linked = Object.values(TEXTS)
    .flatMap((value) => [...value.matchAll(/\(command:([\w.]+)\)/g)])
    .map(([, id = ""]) => id);
  const named = [...entries.map(({ command }) => command), ...linked.filter((id) => OURS.test(id))];
  assert.deepEqual(
    named.filter((id) => !IDS.has(id)),
    [],
  );
});

test("no view shows more than two icons at once in its title", () => {
  const titles = (menus["view/title"] ?? []).filter(({ group = "" }) => group.startsWith("navigation"));
  for (const { id } of Object.values(views).flat()) {
    const places = titles.filter(({ when = "" }) => when.split(" && ").includes(`view == ${id}`));
    // Two entries at one place exclude each other.
    assert.ok(new Set(places.map(({ group }) => group)).size <= 2, id);
  }
});

test("no key works without a condition, and every key is a chord", () => {
  for (const binding of keybindings) {
    assert.match(binding.when ?? "", /isWorkspaceTrusted/, binding.command);
    assert.match(binding.when ?? "", /!terminalFocus/, binding.command);
    assert.match(binding.key, /^ctrl\+k [a-z]$/);
    assert.match(binding.mac, /^cmd\+k [a-z]$/);
  }
});

test("no key approves, applies or grants", () => {
  const forbidden = keybindings.filter(({ command }) => /approve|apply|resume|turnOn|denyEgress/i.test(command));
  assert.deepEqual(forbidden, []);
});

test("every condition uses keys of the editor or keys that the code sets", () => {
  const conditions = [
    ...Object.values(menus).flat(),
    ...keybindings,
    ...viewsWelcome,
    ...commands.map(({ enablement }) => ({ when: enablement })),
  ].map(({ when = "" }) => when.replace(/=~ \/[^/]*\/|== [\w.-]+/g, ""));
  const keys = new Set(conditions.flatMap((when) => [...when.matchAll(/[A-Za-z][\w.]*/g)].map(([key]) => key)));
  for (const key of keys) {
    assert.ok(KEYS_OF_THE_EDITOR.has(key) || CODE.includes(`"${key}"`), `nothing sets ${key}`);
  }
});

test("every view has a text for when it is empty, and every such text belongs to a view", () => {
  const trees = Object.values(views)
    .flat()
    .map(({ id }) => id)
    .filter((id) => id !== "arw.tail");
  assert.deepEqual([...new Set(viewsWelcome.map(({ view }) => view))].sort(), [...trees].sort());
});

test("the code reads every setting, and every setting that the code reads is contributed", () => {
  const read = new Set(
    [...CODE.matchAll(/getConfiguration\("arw"\)\s*\.get(?:<[^(]*>)?\(\s*"([\w.]+)"/g)].map(
      ([, name]) => `arw.${name}`,
    ),
  );
  assert.deepEqual(
    [...read].filter((name) => !SETTINGS.some(([contributed]) => contributed === name)),
    [],
  );
  for (const [name] of SETTINGS) assert.ok(CODE.includes(`"${name.slice("arw.".length)}"`), `nothing reads ${name}`);
});

test("a folder can set nothing that decides what leaves or who gets in", () => {
  const restricted = MANIFEST.capabilities.untrustedWorkspaces.restrictedConfigurations;
  for (const [name, { scope }] of SETTINGS) {
    if (/^arw\.(egress|home\.listen)/.test(name)) {
      assert.ok(["application", "machine"].includes(scope), `${name} may be set by a folder: ${scope}`);
      assert.ok(restricted.includes(name), `${name} is not restricted`);
    }
  }
  for (const name of restricted)
    assert.ok(
      SETTINGS.some(([contributed]) => contributed === name),
      name,
    );
});

test("every choice of a setting has its explanation", () => {
  for (const [name, { enum: choices = [], enumDescriptions = [] }] of SETTINGS) {
    assert.equal(enumDescriptions.length, choices.length, name);
  }
});

test("the walkthrough has six steps, each with a picture without words and an event that ends it", () => {
  const [walkthrough, ...more] = walkthroughs;
  assert.ok(walkthrough !== undefined && more.length === 0);
  assert.ok(CODE.includes(`#${walkthrough.id}`), "the command opens another walkthrough");
  assert.equal(walkthrough.steps.length, 6);
  for (const { id, completionEvents, media } of walkthrough.steps) {
    assert.doesNotMatch(readFileSync(media.svg, "utf8"), /<text|<style|<script|style=|href|url\(/, id);
    assert.ok(completionEvents.length > 0, id);
    for (const event of completionEvents) {
      const [kind, what = ""] = event.split(":");
      if (kind === "onCommand") assert.ok(IDS.has(what), event);
      else assert.ok(kind === "onContext" && CODE.includes(`"${what}"`), event);
    }
  }
});

test("the picture of the extension is a square PNG without a comment, the other icons have one colour", () => {
  const png = readFileSync(MANIFEST.icon);
  assert.equal(png.readUInt32BE(16), png.readUInt32BE(20));
  assert.ok(png.readUInt32BE(16) >= 128);
  assert.equal(/tEXt|iTXt|zTXt|eXIf/.test(png.toString("latin1")), false);
  for (const { icon } of [...Object.values(viewsContainers).flat(), ...Object.values(views).flat()]) {
    if (icon.startsWith("$(")) continue;
    assert.ok(existsSync(icon));
    assert.deepEqual([...new Set(readFileSync(icon, "utf8").match(/#[0-9a-f]{3,6}|currentColor/gi))], ["currentColor"]);
  }
});
