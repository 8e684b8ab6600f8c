// The program `arw-worker`: joins its parts together and ends with the exit code of its command line.
// It decides nothing; everything it starts is stopped by whoever started it.
import { resolve } from "node:path";
import { runCommandLine } from "./cli/program.ts";
import { createWorkerActions } from "./workerProgram.ts";

process.exitCode = await runCommandLine(process.argv.slice(2), createWorkerActions(), (folder) => {
  // Every part that keeps something asks stateFolders(), which reads this.
  process.env["ARW_STATE_HOME"] = resolve(folder);
});
