// The errors that a client of the Home makes of what it got, or did not get: the same words in terminal and editor.
// It decides no policy: the Home's own refusals pass through with their code and advice.
import { decode } from "../decode.ts";
import { ArwError } from "../errors.ts";
import { clientErrorDataSchema } from "./client.ts";

/** The Home's refusal, from a JSON-RPC error's message and data; undefined where the error is none of the Home's. */
export function refusalOf(message: string, data: unknown): ArwError | undefined {
  const decoded = decode(clientErrorDataSchema, data);
  return decoded.ok ? new ArwError(decoded.value.code, message, decoded.value.advice) : undefined;
}

export function homeGone(method: string): ArwError {
  return new ArwError(
    "home-gone",
    `The Home closed the connection before it answered ${method}.`,
    "Try it again; home.log in the Home's state folder says why it ended.",
  );
}

export function answerInvalid(method: string, path: string, problem: string): ArwError {
  return new ArwError(
    "home-answer-invalid",
    `The Home's answer to ${method} is not valid: ${path} ${problem}.`,
    "Restart the Home with the same version: arw-home stop.",
  );
}
