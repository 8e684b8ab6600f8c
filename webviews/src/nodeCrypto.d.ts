// A page imports decoders of protocol/ whose neighbours digest with Node. The bundler drops what a page does not use, and
// refuses what it does; these are the names that the type checker needs to read those files. It holds types only.
declare module "node:crypto" {
  export function hash(algorithm: "sha256", bytes: Uint8Array | string, encoding: "hex"): string;
}
