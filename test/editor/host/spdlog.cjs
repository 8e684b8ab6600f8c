// Stands in for VS Code's native logger, which would need a compiler: the same calls, written in order with Node's own
// files. It decides nothing about what is logged. It must never fail VS Code over a log line that cannot be written.
"use strict";
const { appendFileSync, mkdirSync } = require("node:fs");
const { dirname } = require("node:path");

const LEVELS = ["trace", "debug", "info", "warning", "error", "critical"];

class Logger {
  constructor(_kind, _name, file) {
    this.file = file;
    this.level = LEVELS.indexOf("info");
    this.isBare = false;
    mkdirSync(dirname(file), { recursive: true });
  }

  write(level, message) {
    if (level < this.level) return;
    // The output channels strip VS Code's own pattern, and print what they are given.
    const line = this.isBare ? message : `${stamp(new Date())} [${LEVELS[level]}] ${message}\n`;
    try {
      appendFileSync(this.file, line);
    } catch {
      // A profile that is being removed takes its logs along.
    }
  }

  trace(message) {
    this.write(0, message);
  }

  debug(message) {
    this.write(1, message);
  }

  info(message) {
    this.write(2, message);
  }

  warn(message) {
    this.write(3, message);
  }

  error(message) {
    this.write(4, message);
  }

  critical(message) {
    this.write(5, message);
  }

  getLevel() {
    return this.level;
  }

  setLevel(level) {
    this.level = level;
  }

  setPattern() {}

  clearFormatters() {
    this.isBare = true;
  }

  flush() {}

  drop() {}
}

/** Local time, as the native logger writes it: 2026-01-31 23:59:59.999. */
function stamp(now) {
  const digits = (value, count = 2) => String(value).padStart(count, "0");
  const day = `${now.getFullYear()}-${digits(now.getMonth() + 1)}-${digits(now.getDate())}`;
  const time = `${digits(now.getHours())}:${digits(now.getMinutes())}:${digits(now.getSeconds())}`;
  return `${day} ${time}.${digits(now.getMilliseconds(), 3)}`;
}

exports.version = 0;
exports.Logger = Logger;
exports.setLevel = () => {};
exports.setFlushOn = () => {};
exports.createRotatingLogger = async (name, file) => new Logger("rotating", name, file);
exports.createAsyncRotatingLogger = async (name, file) => new Logger("rotating_async", name, file);
