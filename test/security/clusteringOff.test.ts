// Clustering off means that this process has no port at all: not a closed door, no door.
// It runs a whole Home in this process and looks at what the process really has open.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { METHODS } from "#protocol/wire/client.ts";
import { servedHome } from "../simulation/servedHome.ts";

/** TCP servers of this process; the Home's own socket is a pipe, not one of them. */
function ports(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === "TCPServerWrap").length;
}

test("a Home that nobody invited to opens no port, and clustering off closes the one it had", async (context) => {
  const { client, stop } = await servedHome(context);
  try {
    assert.equal(ports(), 0);
    assert.deepEqual(
      (await client.call(METHODS.listNodes, {})).nodes.map(({ name }) => name),
      ["local"],
    );
    assert.equal(ports(), 0);

    const invite = await client.call(METHODS.createInvite, { listenHost: "127.0.0.1", listenPort: 0 });
    assert.equal(ports(), 1);
    const port = Number(invite.addresses[0]?.split(":").at(-1));

    await client.call(METHODS.turnClusteringOff, {});
    const dialled = connect(port, "127.0.0.1");
    const [error] = await once(dialled, "error");
    assert.equal(error.code, "ECONNREFUSED");
    assert.equal(ports(), 0);
    assert.deepEqual((await client.call(METHODS.listEpisodes, {})).episodes, [], "the same API keeps working");
  } finally {
    await stop();
  }
  assert.equal(ports(), 0);
});
