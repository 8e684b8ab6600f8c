// Opening and closing each page many times leaves nothing behind in a real extension host; the claims are in inHost/leaks.ts.
import { METHODS } from "#protocol/wire/client.ts";
import { Bench } from "../acceptance/bench.ts";
import { packagedExtension } from "./host/editor.ts";
import { inHostTest } from "./host/inHostRun.ts";

inHostTest("every page opened and closed fifty times", "leaks", async (context) => {
  const bench = await Bench.open(context);
  await bench.serve();
  const client = await bench.client();
  await bench.pair(client, "box");
  await client.call(METHODS.startEpisode, {
    request: { kind: "command", argv: ["true"], folder: ".", outputs: [], dependencies: { kind: "nothing" } },
    on: "box",
  });
  return {
    workspace: bench.workspace,
    extensions: [packagedExtension()],
    environment: { ARW_STATE_HOME: bench.homeState },
  };
});
