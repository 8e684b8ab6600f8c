// SQLite, compiled to WebAssembly: loaded when the first question is asked, from beside the program or from its package.
// It decides where the one file lies. It must never fetch it from anywhere else.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import initSqlJs, { type SqlJsStatic } from "sql.js";

const WASM_FILE = "sql-wasm.wasm";
let loading: Promise<SqlJsStatic> | undefined;

export function loadSql(): Promise<SqlJsStatic> {
  loading ??= load();
  return loading;
}

async function load(): Promise<SqlJsStatic> {
  const beside = join(import.meta.dirname, WASM_FILE);
  const path = existsSync(beside) ? beside : createRequire(import.meta.url).resolve(`sql.js/dist/${WASM_FILE}`);
  const wasm = await readFile(path);
  return initSqlJs({ wasmBinary: wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength) });
}
