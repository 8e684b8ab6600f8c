// The program `arw-home`: wires the commands to this process and to the Home they may have to become.
import { join } from "node:path";
import { openNodeFileSystem } from "#platform/files/nodeFileSystem.ts";
import { verifyJournal } from "./adapters/journal/verifyJournal.ts";
import { runCli } from "./cli/program.ts";
import { serve } from "./serve.ts";

process.exitCode = await runCli(process.argv.slice(2), {
  serve,
  verifyJournal: async (homeFolder) => {
    const fileSystem = await openNodeFileSystem(join(homeFolder, "journal"));
    try {
      return await verifyJournal(fileSystem);
    } finally {
      await fileSystem.close();
    }
  },
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  env: process.env,
});
