// Tests of a request as text.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ArwError } from "#protocol/errors.ts";
import { REQUEST_CHARACTERS_MAX } from "#protocol/webview/timeline.ts";
import type { Method } from "#protocol/wire/client.ts";
import type { EpisodeRequest } from "#protocol/wire/clientViews.ts";
import { workspacePathSchema } from "#protocol/workspacePath.ts";
import { episodeNumber, nodeNumber } from "../../../test/editor/webviews/sampleEntries.ts";
import type { Home } from "../home/home.ts";
import { readRequest, requestText } from "./episodeRequest.ts";

const COMMAND: EpisodeRequest = {
  kind: "command",
  argv: ["npm", "test", "--", "it's all"],
  folder: ".",
  outputs: [],
  dependencies: { kind: "nothing" },
};

test("a command shows where each argument ends, and its folder", () => {
  assert.equal(requestText(COMMAND), String.raw`npm test -- 'it'\''s all'`);
  assert.equal(
    requestText({ ...COMMAND, argv: ["ls"], folder: workspacePathSchema.parse("packages/a b") }),
    "cd 'packages/a b'\nls",
  );
});

test("a prompt is shown whole, after what the system was told", () => {
  assert.equal(requestText({ kind: "ask", prompt: "Why?" }), "Why?");
  assert.equal(requestText({ kind: "ask", prompt: "Why?", system: "Be brief." }), "Be brief.\n\nWhy?");
});

test("a request past the limit is cut, and that is said; one that cannot be read says why", async () => {
  const home = (prompt: string): Pick<Home, "call"> => ({
    call: async <Params, Result>({ result }: Method<Params, Result>): Promise<Result> =>
      result.parse({
        request: { kind: "ask", prompt },
        title: "A question",
        target: { nodeId: nodeNumber(1), name: "local", local: true },
        limits: { wallMs: 1, memoryBytes: 1, outputBytes: 1 },
        truncated: false,
      }),
  });
  const long = await readRequest(home("x".repeat(REQUEST_CHARACTERS_MAX + 1)), episodeNumber(1));
  assert.equal(long.cut, true);
  assert.equal(long.text.length, REQUEST_CHARACTERS_MAX);
  assert.equal((await readRequest(home("Why?"), episodeNumber(1))).cut, false);
  const gone: Pick<Home, "call"> = {
    call: () => Promise.reject(new ArwError("home-gone", "It is gone.", "Start it.")),
  };
  assert.equal((await readRequest(gone, episodeNumber(1))).problem, "It is gone. Start it.");
});
