// No path that another machine names leaves the workspace, on any system.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  isWorkspacePath,
  symlinkStaysInside,
  WORKSPACE_PATH_CHARACTERS_MAX,
  workspacePathSchema,
} from "./workspacePath.ts";

const HOSTILE = [
  "",
  ".",
  "..",
  "../a",
  "a/..",
  "a/../b",
  "a/../../b",
  ".git/../..",
  "./a",
  "a/.",
  "/",
  "/etc/passwd",
  "//server/share",
  "a//b",
  "a/",
  "\\",
  "..\\a",
  "a\\..\\b",
  "C:",
  "C:\\a",
  "C:/a",
  "c:a",
  "file:stream",
  "a\0b",
  "a\0/../b",
  "\ud800",
];

test("hostile paths are refused", () => {
  for (const path of HOSTILE) {
    assert.ok(!isWorkspacePath(path), JSON.stringify(path));
    assert.ok(!workspacePathSchema.safeParse(path).success);
  }
});

test("plain paths are let through, with odd names too", () => {
  for (const path of ["a", "src/a.ts", "...", "..a", "a..", ".env", ".git/config", "a b/ü", "~", "-rf", "a/...b/c"]) {
    assert.ok(isWorkspacePath(path), path);
  }
});

test("a path at the length limit is let through, one character more is refused", () => {
  assert.ok(isWorkspacePath("a".repeat(WORKSPACE_PATH_CHARACTERS_MAX)));
  assert.ok(!isWorkspacePath("a".repeat(WORKSPACE_PATH_CHARACTERS_MAX + 1)));
});

const name = fc.stringMatching(/^[a-c]{1,2}$/);
const part = fc.oneof(name, fc.constantFrom("..", ".", ""));

test("a symlink that is let through resolves inside the tree, step by step", () => {
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 5 }), fc.array(part, { maxLength: 8 }), (names, parts) => {
      const path = names.join("/");
      const target = parts.join("/");
      assert.ok(isWorkspacePath(path));
      if (!symlinkStaysInside(path, target)) return;
      assert.ok(!target.startsWith("/"));
      const place = names.slice(0, -1);
      for (const step of target.split("/")) {
        if (step === "..") assert.ok(place.pop() !== undefined, `${path} -> ${target}`);
        else if (step !== "." && step !== "") place.push(step);
      }
    }),
    { numRuns: 500 },
  );
});

test("a symlink to a neighbour, a parent inside or the root itself stays inside", () => {
  const path = "a/b/link";
  assert.ok(isWorkspacePath(path));
  for (const target of ["c", "./c", "../c", "../..", "../../c/d", "c/d/"])
    assert.ok(symlinkStaysInside(path, target), target);
});

test("a symlink that is absolute, climbs too far or climbs behind a name is refused", () => {
  const path = "a/b/link";
  assert.ok(isWorkspacePath(path));
  // `other/..` may be anywhere once `other` is a symlink itself.
  for (const target of ["", "/", "/etc/passwd", "../../..", "other/..", "../other/../..", "C:/a", "..\\..", "a\0"]) {
    assert.ok(!symlinkStaysInside(path, target), JSON.stringify(target));
  }
});
