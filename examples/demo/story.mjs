// What the demo says: numbered headings, the commands it types, their output as it comes, and one line for each check.
// It decides wording only; colour repeats what a word or a shape says already.

/** At a terminal, unless the person does not want colours. */
const colour = process.stdout.isTTY === true && (process.env["NO_COLOR"] ?? "") === "";
const sgr = (on, off) => (text) => (colour ? `\u001B[${on}m${text}\u001B[${off}m` : text);
const bold = sgr(1, 22);
const dim = sgr(2, 22);
const red = sgr(31, 39);
const green = sgr(32, 39);
const cyan = sgr(36, 39);

/** Told to programs whose output is piped through here, so that they look as they would on their own. */
export const colourEnvironment = colour ? { FORCE_COLOR: "1" } : {};

/** Words on their way to the screen: what a person reads between the programs' own output. */
export class Story {
  #steps = 0;
  #failures = 0;
  #checks = 0;

  title(text) {
    process.stdout.write(`\n${bold(text)}\n`);
  }

  step(text) {
    this.#steps += 1;
    process.stdout.write(`\n${bold(cyan(`${this.#steps}. ${text}`))}\n`);
  }

  say(text) {
    process.stdout.write(`   ${text}\n`);
  }

  /** A command as a person would type it. */
  command(words) {
    process.stdout.write(`   ${dim("$")} ${bold(words)}\n`);
  }

  check(claim, holds, detail = "") {
    this.#checks += 1;
    if (!holds) this.#failures += 1;
    const mark = holds ? green("ok  ") : red("FAIL");
    process.stdout.write(`   ${mark} ${claim}${detail === "" ? "" : dim(` — ${detail}`)}\n`);
  }

  /** What this machine cannot do, by name and reason. */
  skipped(name, reason) {
    process.stdout.write(`   skipped: ${name}; reason: ${reason}\n`);
  }

  get checks() {
    return this.#checks;
  }

  get failures() {
    return this.#failures;
  }

  end(seconds) {
    const counted = `${this.#checks - this.#failures} of ${this.#checks} checks hold, in ${seconds} s`;
    process.stdout.write(`\n${this.#failures === 0 ? bold(green(counted)) : bold(red(counted))}\n`);
  }
}

/** Passes two streams of a program on to the screen as they come, each line behind a bar. */
export class Bar {
  #atLineStart = true;
  #last = "stdout";

  write(stream, text) {
    if (text === "") return;
    // A line that one stream began is not continued by the other.
    if (stream !== this.#last && !this.#atLineStart) this.#out("\n");
    this.#last = stream;
    for (const piece of text.split(/(?<=\n)/u)) this.#out(piece);
  }

  end() {
    if (!this.#atLineStart) this.#out("\n");
  }

  #out(piece) {
    const bar = piece === "\n" ? dim("   │") : `${dim("   │")} `;
    process.stdout.write(this.#atLineStart ? `${bar}${piece}` : piece);
    this.#atLineStart = piece.endsWith("\n");
  }
}
