// A page imports decoders of protocol/ whose neighbours digest with Node. The bundler drops what a page does not use, and
// refuses what it does; these are the names that the type checker needs to read those files. It holds types only.
declare module "node:crypto" {
  export function createHash(algorithm: "sha256"): {
    update(bytes: Uint8Array | string): { digest(encoding: "hex"): string };
  };
}
