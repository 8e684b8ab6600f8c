// The one door to @vscode/webview-ui-toolkit, which is archived upstream (docs/adr/0018): three of its controls, and only
// the pages where somebody reviews (review/, staged/) load them. Whoever replaces the toolkit replaces this file.
import { provideVSCodeDesignSystem, vsCodeButton, vsCodeCheckbox, vsCodeTextField } from "@vscode/webview-ui-toolkit";

/** Defines <vscode-button>, <vscode-checkbox> and <vscode-text-field>. The page has a `csp-nonce` for their styles. */
export function defineControls(): void {
  provideVSCodeDesignSystem().register(vsCodeButton(), vsCodeCheckbox(), vsCodeTextField());
}

/** What a text field of the toolkit holds after an input event; undefined if the event is of something else. */
export function textOf(event: Event): string | undefined {
  const { target } = event;
  return target instanceof HTMLElement && "value" in target && typeof target.value === "string"
    ? target.value
    : undefined;
}

/** Whether a checkbox of the toolkit is ticked after its change event. */
export function isTicked(event: Event): boolean {
  const { target } = event;
  return target instanceof HTMLElement && "checked" in target && target.checked === true;
}
