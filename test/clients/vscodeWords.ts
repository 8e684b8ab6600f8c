// What stands in for `vscode` in tests outside the editor: its language and its texts, in English. Nothing else of the editor:
// code that needs more is tested inside a real one.

export const env: { readonly language: string } = { language: "en" };

export const l10n: { t(message: string, ...given: readonly (string | number | boolean)[]): string } = {
  t: (message, ...given) =>
    message.replaceAll(/\{(\d+)\}/g, (placeholder, index: string) => String(given[Number(index)] ?? placeholder)),
};
