// The word for a class of data: the same on every page.
import * as l10n from "@vscode/l10n";
import type { Classification } from "#protocol/egress.ts";

export function classWord(classification: Classification): string {
  switch (classification) {
    case "public":
      return l10n.t("public");
    case "internal":
      return l10n.t("internal");
    case "secret":
      return l10n.t("secret");
    case "regulated":
      return l10n.t("regulated");
  }
}
