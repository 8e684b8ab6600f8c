// The one function that VS Code gives a webview's page: messages to the extension, and a state that survives hiding.
// It holds types only.

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

/** May be called once in the life of a page. */
declare function acquireVsCodeApi(): VsCodeApi;
