// Facts of the class of paths: what a person said, and what files were written from.
import type { DerivedFrom } from "./classes.ts";
import type { Classification } from "./egress.ts";
import type { EpisodeId } from "./ids.ts";
import type { EpochMs } from "./quantities.ts";
import type { WorkspacePath } from "./workspacePath.ts";

interface ClassFact<Kind extends string> {
  readonly kind: Kind;
  readonly version: 1;
  readonly at: EpochMs;
}

/**
 * A person says of what class a path is, and all that lies in it. Who calls it public or internal has looked at it: what it was
 * written from until then counts no more.
 */
export interface ClassMarked extends ClassFact<"ClassMarked"> {
  readonly path: string;
  readonly classification: Classification;
  readonly by: string;
}
export interface ClassUnmarked extends ClassFact<"ClassUnmarked"> {
  readonly path: string;
  readonly by: string;
}
/** Files are about to be written from what an episode made: they have the highest class of what it was given. */
export interface FilesDerived extends ClassFact<"FilesDerived"> {
  readonly corrId: EpisodeId;
  readonly from: DerivedFrom;
  readonly classification: Classification;
  /** Where they come from, where that is not this machine. */
  readonly untrusted?: string;
  readonly paths: readonly WorkspacePath[];
}

export type ClassEvent = ClassMarked | ClassUnmarked | FilesDerived;
