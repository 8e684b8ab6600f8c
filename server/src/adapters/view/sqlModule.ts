// SQLite, compiled to WebAssembly: loaded when the first question is asked, from beside the program or from its package.
// It decides where the one file lies. It must never fetch it from anywhere else.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import initSqlJs, { type SqlJsStatic } from "sql.js";

const BESIDE = "sql-wasm.wasm";
let loading: Promise<SqlJsStatic> | undefined;

export function loadSql(): Promise<SqlJsStatic> {
  loading ??= load();
  return loading;
}

async function load(): Promise<SqlJsStatic> {
  const beside = join(import.meta.dirname, BESIDE);
  const path = existsSync(beside) ? beside : fileURLToPath(import.meta.resolve("sql.js/dist/sql-wasm.wasm"));
  const wasm = await readFile(path);
  return initSqlJs({ wasmBinary: wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength) });
}
