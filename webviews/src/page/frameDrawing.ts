// Draws at most once a frame, however much has changed since the last one.

export class FrameDrawing {
  readonly #draw: () => void;
  #isAsked = false;

  constructor(draw: () => void) {
    this.#draw = draw;
  }

  soon(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    requestAnimationFrame(() => this.now());
  }

  now(): void {
    this.#isAsked = false;
    this.#draw();
  }
}
