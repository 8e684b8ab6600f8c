// Reads a fact of the journal back: its kind picks one schema, an older version is first raised to today's meaning.
// What a newer program wrote is refused, never guessed at and never skipped.
import * as z from "zod";
import { type Decoded, decode } from "./decode.ts";
import type { EventKind, JournalEvent } from "./events.ts";
import { egressEventSchemas } from "./eventSchemas/egress.ts";
import { episodeEventSchemas } from "./eventSchemas/episode.ts";
import { jobEventSchemas } from "./eventSchemas/job.ts";
import { leaseEventSchemas } from "./eventSchemas/lease.ts";
import { nodeEventSchemas } from "./eventSchemas/node.ts";
import { stagingEventSchemas } from "./eventSchemas/staging.ts";
import { policyEventSchemas } from "./eventSchemas/policy.ts";
import { exactShape } from "./exactShape.ts";
import { kindOf, type SchemaOfKind } from "./schemaByKind.ts";

/** Decodes an already parsed event of any version up to today's. */
export function decodeEvent(value: unknown): Decoded<JournalEvent> {
  const kind = kindOf(value);
  if (kind === undefined) return { ok: false, path: "$.kind", problem: "is missing, or is no text" };
  const known = schemaOfKind.get(kind);
  if (known === undefined) {
    return {
      ok: false,
      path: "$.kind",
      problem: `is unknown here: ${kind.slice(0, 64)} was written by a newer version`,
    };
  }
  // What a journal holds is nearly always exactly this: a start reads a hundred thousand of them.
  if (known.isExact(value)) return { ok: true, value };
  return decodeVersion(value, known.schema, upcastersOfKind.get(kind) ?? []);
}

/** `decodeEvent` where a schema is wanted, e.g. inside a frame's schema. */
export const journalEventSchema: z.ZodType<JournalEvent> = z.unknown().transform((value, context): JournalEvent => {
  const decoded = decodeEvent(value);
  if (decoded.ok) return decoded.value;
  const path = decoded.path.split(/[.[\]]+/).filter((part) => part !== "$" && part !== "");
  context.issues.push({
    code: "custom",
    path: path.map((part) => (/^\d+$/.test(part) ? Number(part) : part)),
    message: decoded.problem,
    input: value,
  });
  return z.NEVER;
});

/** A schema for every event; a kind that is missing here does not compile. */
export const eventSchemas: SchemaOfKind<JournalEvent> = {
  ...episodeEventSchemas,
  ...jobEventSchemas,
  ...egressEventSchemas,
  ...policyEventSchemas,
  ...leaseEventSchemas,
  ...stagingEventSchemas,
  ...nodeEventSchemas,
};

/** Raises an event from one version to the next. It gets what was decoded from JSON and must return a new value. */
type Upcaster = (event: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;

/**
 * The steps of each kind from version 1 on: the first raises 1 to 2, the second 2 to 3. Today's version is one more than
 * there are steps. No event has had a second version yet.
 */
const UPCASTERS: { readonly [Kind in EventKind]?: readonly Upcaster[] } = {};

interface KnownKind {
  readonly schema: z.ZodType<JournalEvent>;
  readonly isExact: (value: unknown) => value is JournalEvent;
}

const schemaOfKind: ReadonlyMap<string, KnownKind> = new Map(
  Object.entries<z.ZodType<JournalEvent>>(eventSchemas).map(([kind, schema]) => [
    kind,
    { schema, isExact: exactShape(schema) },
  ]),
);
const upcastersOfKind: ReadonlyMap<string, readonly Upcaster[]> = new Map(Object.entries(UPCASTERS));

const versioned = z.looseObject({ version: z.number().int().min(1) });

/** Decodes a value of any version that the steps lead up from. Exported for its test: no event has steps yet. */
export function decodeVersion<Event>(
  value: unknown,
  schema: z.ZodType<Event>,
  upcasters: readonly Upcaster[],
): Decoded<Event> {
  // The common case is today's version: it costs one pass.
  const current = schema.safeParse(value);
  if (current.success) return { ok: true, value: current.data };
  const header = decode(versioned, value);
  if (!header.ok) return header;
  const today = upcasters.length + 1;
  const { version } = header.value;
  if (version > today) {
    const problem = `is ${version}, but this program knows up to ${today}: it was written by a newer version`;
    return { ok: false, path: "$.version", problem };
  }
  let event: Readonly<Record<string, unknown>> = header.value;
  for (const upcast of upcasters.slice(version - 1)) event = upcast(event);
  return decode(schema, event);
}
