// Sets an element's place through its style object: the content security policy forbids style attributes, which is what
// templates and lit's own styleMap write. It decides nothing about where things go.
import { nothing } from "lit";
import {
  directive,
  type DirectiveParameters,
  type DirectiveResult,
  Directive,
  type ElementPart,
  type PartInfo,
  PartType,
} from "lit/directive.js";

/** CSS properties by name (`--x` as well) and their values. The same names each time. */
export type Place = Readonly<Record<string, string>>;

class PlacedDirective extends Directive {
  #last: Place = {};

  constructor(part: PartInfo) {
    super(part);
    if (part.type !== PartType.ELEMENT) throw new Error("placed() belongs into a tag, not into an attribute");
  }

  override render(_place: Place): unknown {
    return nothing;
  }

  override update(part: ElementPart, [place]: DirectiveParameters<this>): unknown {
    const { element } = part;
    if (element instanceof HTMLElement || element instanceof SVGElement) {
      for (const [name, value] of Object.entries(place)) {
        if (this.#last[name] !== value) element.style.setProperty(name, value);
      }
    }
    this.#last = place;
    return nothing;
  }
}

/** `<div ${placed({ top: "20px" })}>` */
export const placed: (place: Place) => DirectiveResult = directive(PlacedDirective);
