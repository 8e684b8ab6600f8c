// How long the tests in a real VS Code wait. Nothing sleeps for these: they end a wait that would be in vain.

/** Every wait of a test in VS Code: two busy cores make a webview wait 20 s. */
export const PATIENCE_MS = 60_000;
/** After this a list that is still without the wanted row is asked for anew: its owner may have come up meanwhile. */
export const ASK_AGAIN_MS = 4_000;
