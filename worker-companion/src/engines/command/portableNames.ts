// Which new names a proposal may bring into a workspace that may lie on another system: one where case does not count, where
// letters with accents have one spelling, and where a dot or a space at the end is dropped.

/** Files that are devices on Windows, whatever their extension. */
const DEVICE = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i;

/** Why no file of this name can be made everywhere; undefined where it can. */
export function nameProblem(path: string): string | undefined {
  for (const part of path.split("/")) {
    if (/[. ]$/.test(part)) return "a name that ends in a dot or a space is another one on Windows";
    if (DEVICE.test(part)) return "the name is a device's on Windows";
  }
  return undefined;
}

/** The same for all paths that are one file on some system. */
export function foldedPath(path: string): string {
  return path.normalize("NFC").toUpperCase().toLowerCase().normalize("NFC");
}
