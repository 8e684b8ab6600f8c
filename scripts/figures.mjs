// A reporter of node:test that yields nothing but the sums of a run, as JSON: verify.mjs adds those of several runs up.
// It must never count by itself: the sums are the runner's own.

const SUM = /^(tests|suites|pass|fail|cancelled|skipped|todo) (\d+)$/;

/** What the last lines of a run are, in their order. */
export const FIGURES = ["tests", "suites", "pass", "fail", "cancelled", "skipped", "todo"];

// oxlint-disable-next-line import/no-default-export -- node:test takes a reporter's default export.
export default async function* sums(events) {
  const counted = {};
  for await (const { type, data } of events) {
    const [, name, count] = (type === "test:diagnostic" && data.nesting === 0 && SUM.exec(data.message)) || [];
    if (name !== undefined) counted[name] = Number(count);
  }
  yield JSON.stringify(counted);
}
