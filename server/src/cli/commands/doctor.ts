// arw-home doctor: whether this Home and its machine are well, and what to mend.
// The Home looks; here it is only shown.
import type { Command } from "commander";
import { plainText } from "#protocol/text/plainText.ts";
import { METHODS } from "#protocol/wire/client.ts";
import type { DiagnosisCheck } from "#protocol/wire/diagnosis.ts";
import type { Bind } from "../commandLine.ts";
import type { Style } from "../render/style.ts";

/** A check that failed is an error for scripts; one that asks for attention is none. */
const EXIT_FAILED = 1;

export function addDoctorCommand(program: Command, bind: Bind): void {
  const doctor = program
    .command("doctor")
    .description("look whether this Home and its machine are well, and say what to mend");
  bind(doctor, async (session) => {
    const { checks } = await (await session.home()).call(METHODS.diagnose, {});
    for (const check of checks) await session.terminal.emit("check", { check });
    await session.terminal.print(checks.flatMap((check) => checkLines(check, session.terminal.style)));
    return checks.some(({ state }) => state === "failed") ? EXIT_FAILED : 0;
  });
}

function checkLines({ title, state, cause, fix }: DiagnosisCheck, style: Style): readonly string[] {
  const shapes = { ok: "✓", attention: style.yellow("!"), failed: style.red("✗") } as const;
  return [
    `${shapes[state]} ${style.bold(plainText(title))}: ${plainText(cause)}`,
    ...(fix === undefined ? [] : [`  fix: ${plainText(fix)}`]),
  ];
}
