// arw-home serve, stop, owner: the Home itself.
// What a Home is made of is main.ts's business; here it is announced, ended and explained.
import type { Command } from "commander";
import * as z from "zod";
import type { StartLine } from "#platform/home/startHome.ts";
import { openPrivateFolder } from "#platform/state/privateFolder.ts";
import { ArwError } from "#protocol/errors.ts";
import { plainText } from "#protocol/text/plainText.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { HomeReady } from "../cliHost.ts";
import { type Bind, readOptions } from "../commandLine.ts";
import { listenForInterrupts } from "../episodeFlow.ts";
import { exitCodeOf } from "../exitCodes.ts";
import type { HomeClient } from "../homeClient.ts";
import type { CliSession, Workspace } from "../session.ts";

const serveSchema: z.ZodType<{ readonly background?: boolean | undefined }> = z.looseObject({
  background: z.boolean().optional(),
});

export function addHomeCommands(program: Command, bind: Bind): void {
  const serve = program
    .command("serve")
    .description("run this workspace's Home here until Ctrl-C (other commands start one by themselves)")
    .option("--background", "print one line of JSON when ready, then nothing; ends when idle");
  bind(serve, async (session, _words, raw) => {
    const workspace = await session.workspace();
    if (readOptions(serveSchema, raw).background === true) return serveInBackground(session, workspace);
    return serveHere(session, workspace);
  });
  const stop = program.command("stop").description("end this workspace's Home; what is durable stays");
  bind(stop, async (session) => {
    const home = await session.runningHome();
    if (home === undefined) return session.terminal.say("No Home runs for this workspace.");
    await stopHome(home);
    await session.terminal.emit("home-stopped", { processId: home.hello.processId });
    return session.terminal.print(["The Home has stopped."]);
  });
  bind(program.command("owner").description("how the owner secret works"), async (session) => {
    await session.terminal.emit("owner", { environmentVariable: "ARW_OWNER_SECRET" });
    await session.terminal.print(OWNER_LINES);
  });
}

const OWNER_LINES: readonly string[] = [
  "The first start of a Home mints an owner secret and shows it once. The Home keeps only its hash.",
  "",
  "Approving what leaves, inviting, admitting and revoking nodes, applying proposals, turning clustering off",
  "and stopping the Home need it. Everything else needs only this user account.",
  "",
  "Give it at the prompt, or as the environment variable ARW_OWNER_SECRET. Another program of yours can read",
  "what the Home shows, but without the secret it cannot approve anything.",
  "",
  "Lost it? Stop the Home, remove owner-secret.sha256 from its state folder, and the next start mints another.",
];

async function stopHome(home: HomeClient): Promise<void> {
  try {
    await home.call(METHODS.stopHome, {});
  } catch (error) {
    // It may be gone before its answer is: that is what was asked for.
    if (!(error instanceof ArwError) || error.code !== "home-gone") throw error;
  }
  await home.closed;
}

async function serveHere(session: CliSession, workspace: Workspace): Promise<void> {
  const { terminal } = session;
  await serveUntilInterrupted(session, workspace, false, (ready) => {
    void (async () => {
      if (ready.ownerSecret !== undefined) await session.showMinted(ready.ownerSecret);
      await terminal.emit("home-ready", { socket: workspace.socketPath, workspaceFolder: workspace.folder });
      await terminal.say(
        `The Home of ${plainText(workspace.folder)} is ready. Ctrl-C ends it; arw-home help shows the commands.`,
      );
    })();
  });
  await terminal.say("The Home has stopped.");
}

/** Its starter reads one line and leaves: after it stdout is a pipe that nobody empties. */
async function serveInBackground(session: CliSession, workspace: Workspace): Promise<number> {
  const { stdout } = session.host;
  const printLine = (line: StartLine): void => void stdout.write(`${JSON.stringify(line)}\n`);
  let announced = false;
  try {
    await serveUntilInterrupted(session, workspace, true, ({ ownerSecret }) => {
      announced = true;
      printLine({ ready: true, socket: workspace.socketPath, ...(ownerSecret === undefined ? {} : { ownerSecret }) });
    });
    return 0;
  } catch (error) {
    if (announced || !(error instanceof ArwError)) throw error;
    printLine({ ready: false, code: error.code, message: error.message, advice: error.advice });
    return exitCodeOf(error.code);
  }
}

async function serveUntilInterrupted(
  session: CliSession,
  workspace: Workspace,
  background: boolean,
  announce: (ready: HomeReady) => void,
): Promise<void> {
  const stop = new AbortController();
  using _interrupts = listenForInterrupts(session, () => stop.abort());
  await openPrivateFolder(workspace.homeFolder);
  await session.host.serve({
    workspaceFolder: workspace.folder,
    workspaceId: workspace.id,
    homeFolder: workspace.homeFolder,
    socketPath: workspace.socketPath,
    background,
    announce,
    signal: stop.signal,
  });
}
