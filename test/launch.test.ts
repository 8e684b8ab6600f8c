// F5 and the tasks of this repository name files, scripts and tasks that exist: .vscode/ is read by people before anything else.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import * as z from "zod";

const launchSchema = z.looseObject({
  configurations: z.array(
    z.looseObject({
      name: z.string(),
      type: z.string(),
      program: z.string().exactOptional(),
      args: z.array(z.string()),
      preLaunchTask: z.string().exactOptional(),
    }),
  ),
});
const tasksSchema = z.looseObject({
  tasks: z.array(
    z.looseObject({
      label: z.string(),
      type: z.string(),
      script: z.string().exactOptional(),
      args: z.array(z.string()).exactOptional(),
    }),
  ),
});
const manifestSchema = z.looseObject({ main: z.string(), scripts: z.record(z.string(), z.string()) });

const read = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"));
const { configurations } = launchSchema.parse(read(".vscode/launch.json"));
const { tasks } = tasksSchema.parse(read(".vscode/tasks.json"));
const { main, scripts } = manifestSchema.parse(read("package.json"));

/** What `npm run build` makes: it is not there in a fresh clone, and the task before the launch makes it. */
const BUILT = [main.replace(/^\.\//u, ""), "dist/arw-home.js", "dist/worker-companion/arw-worker.js"];

test("every configuration starts a file that is there or that its task builds", () => {
  assert.ok(configurations.some(({ type }) => type === "extensionHost"));
  for (const { args, name, preLaunchTask, program } of configurations) {
    const paths = [program, ...args.filter((arg) => arg.includes("${workspaceFolder}/"))].filter(
      (path) => path !== undefined,
    );
    for (const path of paths) {
      const file = path.replace(/^.*\$\{workspaceFolder\}\//u, "");
      assert.ok(existsSync(file) || (BUILT.includes(file) && preLaunchTask !== undefined), `${name}: ${file}`);
    }
    if (preLaunchTask !== undefined)
      assert.ok(
        tasks.some(({ label }) => label === preLaunchTask),
        `${name}: ${preLaunchTask}`,
      );
  }
});

test("every task runs a script of package.json or a file that is there", () => {
  for (const { args = [], label, script, type } of tasks) {
    if (type === "npm") assert.ok(script !== undefined && script in scripts, label);
    else assert.ok(existsSync(args[0] ?? ""), label);
  }
});
