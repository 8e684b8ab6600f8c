// One schema out of one a kind: the kind picks the schema, so that an error names the member that is wrong and not
// a list of every other form the value might have had. It never tries a second schema.
import * as z from "zod";

/** A schema for every kind of a union; a kind without one does not compile. */
export type SchemaOfKind<Message extends { readonly kind: string }> = {
  readonly [Kind in Message["kind"]]: z.ZodType<Extract<Message, { readonly kind: Kind }>>;
};

/** Decodes by the schema that `kind` names. */
export function schemaByKind<Message extends { readonly kind: string }>(
  schemas: Readonly<Record<string, z.ZodType<Message>>>,
): z.ZodType<Message> {
  const byKind = new Map(Object.entries(schemas));
  return z.unknown().transform((value, context): Message => {
    const kind = kindOf(value);
    const schema = kind === undefined ? undefined : byKind.get(kind);
    if (schema === undefined) {
      const isObject = typeof value === "object" && value !== null;
      const message = kind === undefined ? "must be an object with a kind" : `is an unknown kind: ${kind.slice(0, 64)}`;
      context.issues.push({ code: "custom", path: isObject ? ["kind"] : [], message, input: value });
      return z.NEVER;
    }
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    for (const issue of result.error.issues) {
      context.issues.push({ code: "custom", path: [...issue.path], message: issue.message, input: value });
    }
    return z.NEVER;
  });
}

/** The `kind` of a value, if it is an object with a textual one of its own. */
export function kindOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, "kind") || !("kind" in value))
    return undefined;
  return typeof value.kind === "string" ? value.kind : undefined;
}
