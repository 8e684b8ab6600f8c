// How many objects of some classes live in this process, by V8's own snapshot of the heap, which collects garbage first.
// It must never be part of the product: it stops the process for as long as the snapshot takes.
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeHeapSnapshot } from "node:v8";
import * as z from "zod";

const metaSchema = z.looseObject({
  snapshot: z.looseObject({
    meta: z.looseObject({ node_fields: z.array(z.string()), node_types: z.array(z.unknown()) }),
  }),
});
const DIGIT_0 = 48;
const DIGIT_9 = 57;

/** The number of living objects of each class, by the class's name. */
export function census(classes: readonly string[]): Readonly<Record<string, number>> {
  const file = join(tmpdir(), `census-${process.pid}.heapsnapshot`);
  writeHeapSnapshot(file);
  const bytes = readFileSync(file);
  rmSync(file);
  const nodes = bytes.indexOf('"nodes":[');
  const edges = bytes.indexOf('"edges":[', nodes);
  const strings = bytes.indexOf('"strings":[', edges);
  const head = bytes.subarray(0, nodes).toString("utf8").trimEnd().replace(/,$/u, "}");
  const { meta } = metaSchema.parse(JSON.parse(head)).snapshot;
  const types = z.array(z.string()).parse(meta.node_types[0]);
  const counts = namesOfType(bytes.subarray(nodes + '"nodes":['.length, edges), {
    width: meta.node_fields.length,
    typeAt: meta.node_fields.indexOf("type"),
    nameAt: meta.node_fields.indexOf("name"),
    type: types.indexOf("object"),
  });
  const words = z.array(z.string()).parse(
    JSON.parse(
      bytes
        .subarray(strings + '"strings":'.length)
        .toString("utf8")
        .replace(/\}\s*$/u, ""),
    ),
  );
  // A bundler writes `_Name` where a class names itself.
  const living = (name: string): number =>
    words.reduce(
      (total, word, index) => (word === name || word === `_${name}` ? total + (counts.get(index) ?? 0) : total),
      0,
    );
  return Object.fromEntries(classes.map((name) => [name, living(name)]));
}

interface NodeShape {
  readonly width: number;
  readonly typeAt: number;
  readonly nameAt: number;
  readonly type: number;
}

/** How often each name stands on a node of this type. The list is read by hand: as an array it would be gigabytes. */
function namesOfType(list: Buffer, { nameAt, type, typeAt, width }: NodeShape): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  let [value, field, isNumber] = [0, 0, false];
  let [ofType, name] = [-1, -1];
  const take = (): void => {
    if (!isNumber) return;
    if (field === typeAt) ofType = value;
    if (field === nameAt) name = value;
    field += 1;
    if (field === width) {
      if (ofType === type) counts.set(name, (counts.get(name) ?? 0) + 1);
      field = 0;
    }
    [value, isNumber] = [0, false];
  };
  for (const byte of list) {
    if (byte >= DIGIT_0 && byte <= DIGIT_9) {
      value = value * 10 + byte - DIGIT_0;
      isNumber = true;
    } else take();
  }
  take();
  return counts;
}
