// Policies in a real VS Code: the Home underlines, explains, mends and counts while a document is written; a policy is adopted
// from its own text after a native question, and what a workspace says can only make it stricter.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { editorTest, packagedExtension } from "./host/editor.ts";

const WORKSPACE_POLICY = `{
  "version": 1,
  "name": "this project",
  "rules": [
    { "id": "no-docs", "effect": "deny", "actions": ["offload"], "resource": { "paths": ["docs/**"] }, "reason": "Drafts stay." },
    { "id": "all-of-it", "effect": "allow", "actions": ["offload"], "reason": "It would loosen." }
  ]
}
`;

/** A project that brings a policy of its own, one rule of which would loosen. */
function project(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "arw-policy-")));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, ".arw"));
  writeFileSync(join(folder, ".arw", "policy.jsonc"), WORKSPACE_POLICY);
  return folder;
}

editorTest(
  "a policy is written with the Home beside it, and adopted from its own text",
  () => ({ workspace: project(), extensions: [packagedExtension()] }),
  async (editor, _context, step) => {
    const window = await editor.openWindow();
    const lens = (text: string) => window.page.locator(".codelens-decoration a", { hasText: text }).first();
    await step("a workspace's rule that would loosen is underlined, and one click takes it out", async () => {
      await window.openContainer("ARW");
      await window.statusItem("Local only");
      await window.openFile("policy.jsonc");
      await window.page.locator(".squiggly-warning").first().waitFor();
      await window.runCommand("Go to Next Problem in Files (Error, Warning, Info)");
      await window.page.locator(".marker-widget", { hasText: "can only make things stricter" }).waitFor();
      await window.screenshot("policy-finding");
      await window.page.keyboard.press("Escape");
      await window.page.keyboard.press("ControlOrMeta+.");
      const fix = window.page.locator(".action-widget", { hasText: "Take out this rule" });
      await fix.waitFor();
      await window.page.keyboard.press("Enter");
      await window.until(
        "the rule to go",
        () => window.editorText(),
        (text) => !text.includes("all-of-it") && text.includes("no-docs"),
      );
      await window.page.locator(".squiggly-warning").first().waitFor({ state: "detached" });
    });
    await step("a rule is explained in words", async () => {
      await window.page.locator(".view-line span", { hasText: "no-docs" }).last().hover();
      const hover = window.page.locator(".monaco-hover:not(.hidden)", { hasText: "Denies" });
      await hover.waitFor();
      assert.match(await hover.innerText(), /a path is within\s+docs\/\*\*/u);
      await window.screenshot("policy-hover");
    });
    await step("the Home's own policy opens as text, and says when its text is not in force", async () => {
      await window.runCommand("View: Revert and Close Editor");
      await window.runCommand("ARW: Open Policy");
      await window.until(
        "its text",
        () => window.editorText(),
        (text) => text.includes("ask-always"),
      );
      await window.typeInEditor("policy.jsonc", "// Read on Monday. ");
      await lens("Not in force yet: adopt this policy…").waitFor();
      await window.screenshot("policy-lens");
    });
    await step("adopting it asks with what it would change, and then it is in force", async () => {
      await lens("Not in force yet").click();
      assert.match(await window.dialogText(), /Adopt the policy ask-always\?[\s\S]*It counts at once/u);
      await window.clickDialog("Adopt");
      await window.toast("The policy ask-always is in force.");
      await lens("Not in force yet").waitFor({ state: "detached" });
    });
    await step("a posture takes its place after a question", async () => {
      await window.runCommandAndPick("ARW: Start From a Posture…", "local-only");
      assert.match(await window.dialogText(), /Use the posture local-only\?/u);
      await window.clickDialog("Use It");
      await window.toast("The policy local-only is in force.");
    });
    assert.deepEqual(window.watch.complaints, []);
  },
);
