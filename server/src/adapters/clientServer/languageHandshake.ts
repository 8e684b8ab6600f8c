// The two requests by which an editor's language client begins and ends a connection: the Home is its language server.
// They open nothing: what a client may do begins with `home/hello`, as for every other client.
import { PRODUCT_VERSION } from "#platform/productVersion.ts";
import { LANGUAGE_CAPABILITIES } from "../policyLanguage/languageMessages.ts";

/** The answer to `initialize` or `shutdown` of the Language Server Protocol; undefined for any other method. */
export function languageHandshake(method: string): { readonly result: unknown } | undefined {
  switch (method) {
    case "initialize":
      return {
        result: { capabilities: LANGUAGE_CAPABILITIES, serverInfo: { name: "arw-home", version: PRODUCT_VERSION } },
      };
    case "shutdown":
      return { result: null };
    default:
      return undefined;
  }
}
