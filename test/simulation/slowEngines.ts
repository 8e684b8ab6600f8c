// Engines that answer at once, but whose look at the machine takes until the test says so.
// They hold their runs as the real engines do.
import type { Engine } from "../../worker-companion/src/core/engine.ts";
import { instantEngines } from "./instantEngine.ts";

export interface SlowEngines {
  readonly all: readonly Engine[];
  /** Ends the look, of every engine. */
  readonly found: () => void;
}

export function slowEngines(): SlowEngines {
  let found: () => void = () => undefined;
  const looked = new Promise<void>((resolve) => (found = resolve));
  const all = instantEngines().map((engine): Engine => {
    const probe: Engine["probe"] = async (signal) => looked.then(() => engine.probe(signal));
    return { ...engine, probe };
  });
  return { all, found };
}
