// The import table of ARCHITECTURE.md as data: which folder may import what, and which folders must stay pure.
// It decides nothing itself (check.ts does). A folder that is missing here may not hold a TypeScript file at all.

/** What the files of one folder may load. The longest matching folder counts. */
export interface FolderRule {
  /** A folder, or a file without its ending. */
  readonly folder: string;
  /** Our own folders it may import, besides itself. */
  readonly imports: readonly string[];
  /** Packages of package.json it may import. */
  readonly packages: readonly string[];
  /** Modules of Node it may import. */
  readonly builtins: "any" | readonly string[];
  /** Pure: no clock, chance, timer, process, console or network, under any name. */
  readonly pure: boolean;
  /** True where a module may be chosen at run time, such as an engine of the machine. */
  readonly computedImports: boolean;
}

/** The top folders that hold TypeScript. */
export const SOURCE_FOLDERS: readonly string[] = [
  "protocol",
  "platform",
  "server",
  "worker-companion",
  "extension",
  "webviews",
  "test",
];

/** What a test beside its subject may import on top of its folder's rule. */
export const TEST_PACKAGES: readonly string[] = ["node:test", "node:assert", "node:assert/strict", "fast-check"];

const LINK_PACKAGES = ["@peculiar/x509", "reflect-metadata", "tweetnacl", "ws", "zod"];

const PURE = { packages: [], builtins: [], pure: true, computedImports: false } as const;
const SHELL = { packages: ["zod"], builtins: "any", pure: false, computedImports: false } as const;

const WORKER_SHELL_IMPORTS = ["worker-companion/src/core", "worker-companion/src/engines", "protocol", "platform"];

/** The table. `docs/adr/` explains `platform`, the one folder that the design did not have. */
export const IMPORT_TABLE: readonly FolderRule[] = [
  { ...PURE, folder: "protocol", imports: [], packages: ["zod"] },
  { ...PURE, folder: "protocol/digest", imports: [], packages: ["zod"], builtins: ["node:crypto"] },
  { ...PURE, folder: "protocol/signature", imports: [], packages: ["zod"], builtins: ["node:crypto"] },
  // The same signatures where node:crypto is absent: webviews and the browser guest.
  { ...PURE, folder: "protocol/signatureBrowser", imports: [], packages: ["tweetnacl", "zod"] },

  {
    ...SHELL,
    folder: "platform",
    imports: ["protocol", "platform/state"],
    packages: [...LINK_PACKAGES, "vscode-jsonrpc"],
  },

  // What the editor shares: where a user's state lives, and how a workspace's Home is reached or started.
  { ...SHELL, folder: "platform/state", imports: ["protocol", "platform"] },
  { ...SHELL, folder: "platform/home", imports: ["protocol", "platform"] },
  // Pure but for hashes and identities; the editor shares it as well.
  { ...SHELL, folder: "platform/redaction", imports: ["protocol", "platform"], packages: [] },

  { ...PURE, folder: "server/src/home", imports: ["protocol"] },
  {
    ...SHELL,
    folder: "server/src/adapters",
    imports: ["server/src/home", "protocol", "platform"],
    packages: [
      ...LINK_PACKAGES,
      "@secretlint/core",
      "@secretlint/profiler",
      "@secretlint/secretlint-rule-preset-recommend",
      "jsonc-parser",
      "picomatch",
      "sql.js",
      "vscode-jsonrpc",
    ],
  },
  {
    // The node `local` is the worker's own core and engines, mounted in the Home.
    ...SHELL,
    folder: "server/src/adapters/localNode",
    imports: [
      "server/src/adapters",
      "server/src/home",
      "worker-companion/src/core",
      "worker-companion/src/engines",
      "protocol",
      "platform",
    ],
  },
  {
    ...SHELL,
    folder: "server/src/language",
    imports: ["server/src/home", "protocol"],
    packages: ["vscode-languageserver-protocol", "zod"],
  },
  {
    // A client of the Home like any other: it reaches the Home through its socket only.
    ...SHELL,
    folder: "server/src/cli",
    imports: ["protocol", "platform"],
    packages: ["commander", "vscode-jsonrpc", "zod"],
  },
  // The files directly beside main.ts are the composition root: the only ones that know the whole program.
  {
    ...SHELL,
    folder: "server/src",
    imports: ["server/src", "protocol", "platform"],
    packages: ["commander", "vscode-jsonrpc", "zod"],
  },

  { ...PURE, folder: "worker-companion/src/core", imports: ["protocol"], packages: ["zod"] },
  {
    ...SHELL,
    folder: "worker-companion/src/engines",
    imports: WORKER_SHELL_IMPORTS,
    packages: ["node-llama-cpp", "picomatch", "zod"],
    // node-llama-cpp is resolved from the folder that `arw-worker engines add` fills.
    computedImports: true,
  },
  {
    ...SHELL,
    folder: "worker-companion/src/adapters",
    imports: WORKER_SHELL_IMPORTS,
    packages: [...LINK_PACKAGES, "picomatch"],
  },
  {
    ...SHELL,
    folder: "worker-companion/src/cli",
    imports: WORKER_SHELL_IMPORTS,
    packages: ["commander", "zod"],
  },
  {
    ...SHELL,
    folder: "worker-companion/src",
    imports: ["worker-companion/src", "protocol", "platform"],
    packages: ["commander", "zod"],
  },

  {
    ...SHELL,
    // A client of the Home like the terminal. It shares with it where the Home lives and how one is started.
    folder: "extension/src",
    imports: ["protocol", "platform/state", "platform/home", "platform/redaction"],
    packages: ["vscode", "vscode-languageclient", "zod"],
  },
  {
    folder: "webviews/src",
    imports: ["protocol"],
    packages: ["lit", "@tanstack/virtual-core", "@vscode/codicons", "@vscode/l10n", "zod"],
    builtins: [],
    pure: false,
    computedImports: false,
  },
  {
    folder: "webviews/src/controls",
    imports: ["protocol"],
    packages: ["lit", "@vscode/webview-ui-toolkit"],
    builtins: [],
    pure: false,
    computedImports: false,
  },

  {
    ...SHELL,
    folder: "test",
    // The editor's tests measure rows of the benchmarks.
    imports: [
      "protocol",
      "platform",
      "server/src",
      "worker-companion/src",
      "extension/src",
      "webviews/src",
      "test/benchmarks",
    ],
    packages: [
      ...LINK_PACKAGES,
      "@cedar-policy/cedar-wasm",
      "@vscode/proxy-agent",
      "axe-core",
      "fast-check",
      "playwright-core",
      "vscode",
      "vscode-jsonrpc",
      "zod",
    ],
    computedImports: true,
  },
  {
    // Measured beside peers.
    ...SHELL,
    folder: "test/benchmarks",
    imports: ["test", "protocol", "platform", "server/src", "worker-companion/src"],
    packages: [
      ...LINK_PACKAGES,
      "@secretlint/core",
      "@secretlint/profiler",
      "@secretlint/secretlint-rule-preset-recommend",
      "@cedar-policy/cedar-wasm",
      "bullmq",
    ],
  },
];
