// The globs of an owner's rules: `*` is any run of characters, `?` is one, all others stand for themselves.
// Its time never grows past text times pattern: no rule, however written, makes a worker hang.

/** Whether the whole text fits the glob. Cases count. */
export function fitsGlob(glob: string, text: string): boolean {
  let at = 0;
  let globAt = 0;
  /** Where to go on when what follows the last star did not fit. */
  let star: { readonly globAt: number; at: number } | undefined;
  while (at < text.length) {
    const wanted = glob[globAt];
    if (wanted === "*") {
      globAt += 1;
      star = { globAt, at };
    } else if (wanted === "?" || wanted === text[at]) {
      globAt += 1;
      at += 1;
    } else if (star === undefined) {
      return false;
    } else {
      star.at += 1;
      at = star.at;
      globAt = star.globAt;
    }
  }
  return /^\**$/.test(glob.slice(globAt));
}
