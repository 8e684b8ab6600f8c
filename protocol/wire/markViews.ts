// What clients ask and are told about marks, on what never leaves and of what class paths are, and why a path is of its class.
// Nothing here permits anything; a client that is told a class derives nothing from it.
import * as z from "zod";
import {
  type ClassMark,
  classMarkSchema,
  classPathSchema,
  CLASS_MARKS_MAX,
  type DerivedPath,
  derivedPathSchema,
} from "../classes.ts";
import { type Classification, classificationSchema } from "../egress.ts";
import { type PreviewId, previewId } from "../ids.ts";
import type { Method } from "./client.ts";
import { type NeverLeavesMark, neverLeavesMarkSchema } from "../neverLeaves.ts";
import { type GlobsParams, globsParamsSchema, INSPECTED_PATHS_MAX } from "./egressViews.ts";

/** What says of what class a path is. `unknown`: nothing does, and it is internal. */
export interface ClassReason {
  readonly source: "name" | "content" | "mark" | "derivation" | "unknown";
  readonly classification: Classification;
  readonly text: string;
}

export interface ExplainedClass {
  readonly path: string;
  /** The highest that anything says; a mark counts for what nothing else says anything of. */
  readonly classification: Classification;
  readonly reasons: readonly ClassReason[];
}

export interface ClassPathsParams {
  readonly paths: readonly string[];
}
interface Withdrawn {
  /** The previews that waited with such a path, and are withdrawn. */
  readonly withdrawn: readonly PreviewId[];
}
export interface ClassesResult {
  readonly marks: readonly ClassMark[];
  readonly derived: readonly DerivedPath[];
}

export interface MarkMethods {
  readonly listNeverLeaves: Method<Record<string, never>, { readonly marks: readonly NeverLeavesMark[] }>;
  /** Answers with the previews that were withdrawn because of it. */
  readonly markNeverLeaves: Method<GlobsParams, Withdrawn>;
  readonly unmarkNeverLeaves: Method<GlobsParams, Record<string, never>>;
  readonly listClasses: Method<Record<string, never>, ClassesResult>;
  /** In the order of the paths. Of a folder it says what marks and derivation say. */
  readonly explainClasses: Method<ClassPathsParams, { readonly files: readonly ExplainedClass[] }>;
  /** Says that paths stay on this machine as secret or regulated. */
  readonly restrictClass: Method<ClassPathsParams & { readonly classification: "secret" | "regulated" }, Withdrawn>;
  /** Says that paths are public or internal, and answers for what they were written from. */
  readonly declareClass: Method<ClassPathsParams & { readonly classification: "public" | "internal" }, Withdrawn>;
  readonly clearClass: Method<ClassPathsParams, Record<string, never>>;
}

const marked = z.array(classPathSchema).min(1).max(CLASS_MARKS_MAX);
const withdrawn: z.ZodType<Withdrawn> = z.strictObject({ withdrawn: z.array(previewId.schema) });
const nothing = z.strictObject({});

export const markMethods: MarkMethods = {
  listNeverLeaves: {
    name: "neverLeaves/list",
    owner: false,
    stages: false,
    params: nothing,
    result: z.strictObject({ marks: z.array(neverLeavesMarkSchema) }),
  },
  markNeverLeaves: {
    name: "neverLeaves/mark",
    owner: false,
    stages: false,
    params: globsParamsSchema,
    result: withdrawn,
  },
  unmarkNeverLeaves: {
    name: "neverLeaves/unmark",
    owner: true,
    stages: true,
    params: globsParamsSchema,
    result: nothing,
  },
  listClasses: {
    name: "classes/list",
    owner: false,
    stages: false,
    params: nothing,
    result: z.strictObject({ marks: z.array(classMarkSchema), derived: z.array(derivedPathSchema) }),
  },
  explainClasses: {
    name: "classes/explain",
    owner: false,
    stages: false,
    params: z.strictObject({ paths: z.array(classPathSchema).min(1).max(INSPECTED_PATHS_MAX) }),
    result: z.strictObject({
      files: z.array(
        z.strictObject({
          path: classPathSchema,
          classification: classificationSchema,
          reasons: z
            .array(
              z.strictObject({
                source: z.enum(["name", "content", "mark", "derivation", "unknown"]),
                classification: classificationSchema,
                text: z.string(),
              }),
            )
            .min(1),
        }),
      ),
    }),
  },
  restrictClass: {
    name: "classes/restrict",
    owner: false,
    stages: false,
    params: z.strictObject({ paths: marked, classification: z.enum(["secret", "regulated"]) }),
    result: withdrawn,
  },
  declareClass: {
    name: "classes/declare",
    owner: true,
    stages: false,
    params: z.strictObject({ paths: marked, classification: z.enum(["public", "internal"]) }),
    result: withdrawn,
  },
  clearClass: {
    name: "classes/clear",
    owner: true,
    stages: false,
    params: z.strictObject({ paths: marked }),
    result: nothing,
  },
};
