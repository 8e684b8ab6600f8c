// How a list of globs is matched in collecting: one with a slash against the whole path, one without against the
// name of the file in any folder, as git does it. Files whose name starts with a dot are no exception.
import picomatch from "picomatch";

/** Whether any of the globs matches a path with forward slashes. */
export function globMatcher(globs: readonly string[]): (path: string) => boolean {
  const given = globs.map((glob) => glob.replace(/\/+$/u, "")).filter((glob) => glob !== "");
  const names = picomatch(
    given.filter((glob) => !glob.includes("/")),
    { dot: true },
  );
  const paths = picomatch(
    given.filter((glob) => glob.includes("/")),
    { dot: true },
  );
  return (path) => names(path.slice(path.lastIndexOf("/") + 1)) || paths(path);
}
