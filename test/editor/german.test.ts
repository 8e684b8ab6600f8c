// The extension in German, in a real VS Code whose display language is German: titles, empty states and settings come from the
// manifest's translation, what the code says from the bundle.
import assert from "node:assert/strict";
import { editorTest, packagedExtension } from "./host/editor.ts";

editorTest(
  "with a German display language the extension speaks German",
  () => ({ extensions: [packagedExtension()], language: "de" }),
  async (editor, _context, step) => {
    const window = await editor.openWindow();
    await step("views and their empty states", async () => {
      await window.openContainer("ARW");
      await (await window.view("Wartet auf Sie")).getByText("Nichts wartet auf Sie.").first().waitFor();
      await (await window.view("Knoten")).getByText("Nur dieser Rechner.").first().waitFor();
    });
    await step("commands of the palette", async () => {
      assert.ok((await window.commandsFor("ARW: Episode starten")).includes("ARW: Episode starten…"));
    });
    await step("what the code says", async () => {
      await window.statusItem("Nur lokal");
      await window.screenshot("german");
    });
  },
);
