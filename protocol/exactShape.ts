// A second, silent look at a value by the very schema that decodes it: walks the schema once and makes checks of it that
// build nothing. Where it says yes, zod would have answered with an equal value; where it says no, only zod knows why.
// It decides nothing by itself. It must never say yes where zod would refuse, or would answer with anything else: what it
// does not know of zod, it says no to.
import * as z from "zod";

/** Whether the value is already exactly what the schema would decode it to. */
export function exactShape<T>(schema: z.ZodType<T>): (value: unknown) => value is T {
  const check = checkOf(schema) ?? never;
  return (value): value is T => check(value);
}

type Check = (value: unknown) => boolean;

const never: Check = () => false;

/** Undefined for what is not known here: then nothing around it is known either. */
function checkOf(schema: z.core.$ZodType): Check | undefined {
  if (schema instanceof z.ZodObject) return objectCheck(schema);
  if (schema instanceof z.ZodArray) return arrayCheck(schema);
  if (schema instanceof z.ZodDiscriminatedUnion) return unionByKindCheck(schema);
  if (schema instanceof z.ZodUnion) return unionCheck(schema);
  if (schema instanceof z.ZodPipe) return pipeCheck(schema);
  const type = leafCheck(schema);
  return type === undefined ? undefined : withChecks(type, schema);
}

function leafCheck(schema: z.core.$ZodType): Check | undefined {
  // A format in one word, such as an address: its check is in its definition and not among its checks.
  if ("check" in schema._zod.def && !(schema instanceof z.ZodCustom)) return undefined;
  if (schema instanceof z.ZodString) return (value) => typeof value === "string";
  if (schema instanceof z.ZodNumber) return (value) => typeof value === "number" && Number.isFinite(value);
  if (schema instanceof z.ZodBoolean) return (value) => typeof value === "boolean";
  if (schema instanceof z.ZodLiteral || schema instanceof z.ZodEnum) {
    const values = new Set<unknown>(schema instanceof z.ZodEnum ? schema.options : schema.values);
    return (value) => values.has(value);
  }
  if (schema instanceof z.ZodCustom) {
    const { fn } = schema._zod.def;
    return (value) => fn(value) === true;
  }
  return undefined;
}

/** Strict objects only. What is optional may be absent; there and undefined is zod's to judge. */
function objectCheck(schema: z.ZodObject): Check | undefined {
  const { catchall, checks = [] } = schema._zod.def;
  if (!(catchall instanceof z.ZodNever) || checks.length > 0) return undefined;
  const members: { readonly key: string; readonly isOptional: boolean; readonly check: Check }[] = [];
  for (const [key, member] of Object.entries(schema.shape)) {
    const isOptional = member instanceof z.ZodOptional || member instanceof z.ZodExactOptional;
    const check = checkOf(isOptional ? member.unwrap() : member);
    if (check === undefined || (isOptional && (member._zod.def.checks ?? []).length > 0)) return undefined;
    members.push({ key, isOptional, check });
  }
  return (value) => {
    if (!isPlain(value)) return false;
    let known = 0;
    for (const { key, isOptional, check } of members) {
      const member = value[key];
      if (member === undefined) {
        if (isOptional) continue;
        return false;
      }
      if (!check(member)) return false;
      known++;
    }
    return Object.keys(value).length === known;
  };
}

function arrayCheck(schema: z.ZodArray): Check | undefined {
  const element = checkOf(schema.element);
  if (element === undefined) return undefined;
  return withChecks((value) => isPlainList(value) && value.every(element), schema);
}

function unionByKindCheck(schema: z.ZodDiscriminatedUnion): Check | undefined {
  const { discriminator, options, checks = [] } = schema._zod.def;
  const byValue = new Map<unknown, Check>();
  for (const option of options) {
    const values = option._zod.propValues?.[discriminator];
    const check = checkOf(option);
    if (values === undefined || check === undefined) return undefined;
    for (const value of values) byValue.set(value, check);
  }
  if (checks.length > 0) return undefined;
  return (value) => isPlain(value) && byValue.get(value[discriminator])?.(value) === true;
}

/** Of leaves only: whichever of them zod takes, it answers with the value itself. */
function unionCheck(schema: z.ZodUnion): Check | undefined {
  const { options, checks = [] } = schema._zod.def;
  const leaves = options.flatMap((option) => {
    const leaf = leafCheck(option);
    return (leaf && withChecks(leaf, option)) ?? [];
  });
  if (leaves.length < options.length || checks.length > 0) return undefined;
  return (value) => leaves.some((leaf) => leaf(value));
}

/** A transform that changes nothing of the value: those that give a number its unit. */
function pipeCheck(schema: z.ZodPipe): Check | undefined {
  const { in: input, out, checks = [] } = schema._zod.def;
  const check = checkOf(input);
  if (check === undefined || !(out instanceof z.ZodTransform) || checks.length > 0) return undefined;
  const { transform } = out._zod.def;
  return (value) => check(value) && transform(value, { value, issues: [] }) === value;
}

function withChecks(type: Check, schema: z.core.$ZodType): Check | undefined {
  const checks = [type];
  for (const each of schema._zod.def.checks ?? []) {
    const check = checkOfCheck(each);
    if (check === undefined) return undefined;
    checks.push(check);
  }
  const [first = never, second, ...others] = checks;
  if (second === undefined) return first;
  if (others.length === 0) return (value) => first(value) && second(value);
  return (value) => checks.every((check) => check(value));
}

function checkOfCheck(check: z.core.$ZodCheck<never>): Check | undefined {
  if (check instanceof z.core.$ZodCheckNumberFormat) {
    return check._zod.def.format === "safeint" ? Number.isSafeInteger : undefined;
  }
  if (check instanceof z.core.$ZodCheckGreaterThan) {
    const { value: bound, inclusive } = check._zod.def;
    if (typeof bound !== "number") return undefined;
    return (value) => typeof value === "number" && (inclusive ? value >= bound : value > bound);
  }
  if (check instanceof z.core.$ZodCheckLessThan) {
    const { value: bound, inclusive } = check._zod.def;
    if (typeof bound !== "number") return undefined;
    return (value) => typeof value === "number" && (inclusive ? value <= bound : value < bound);
  }
  if (check instanceof z.core.$ZodCheckMinLength) {
    const { minimum } = check._zod.def;
    return (value) => lengthOf(value) >= minimum;
  }
  if (check instanceof z.core.$ZodCheckMaxLength) {
    const { maximum } = check._zod.def;
    return (value) => lengthOf(value) <= maximum;
  }
  if (check instanceof z.core.$ZodCheckRegex) {
    const { pattern } = check._zod.def;
    if (pattern.global || pattern.sticky) return undefined;
    return (value) => typeof value === "string" && pattern.test(value);
  }
  if (check instanceof z.core.$ZodCustom) {
    const { fn } = check._zod.def;
    return (value) => fn(value) === true;
  }
  return undefined;
}

/** NaN for what has no length, which is neither too long nor long enough. */
function lengthOf(value: unknown): number {
  return typeof value === "string" || Array.isArray(value) ? value.length : Number.NaN;
}

/** As JSON.parse makes it: no holes, and no members but its items. */
function isPlainList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && !value.includes(undefined) && Object.keys(value).length === value.length;
}

/** As JSON.parse makes it: nothing inherited, nothing computed. */
function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
