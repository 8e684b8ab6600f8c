// Tests of the webview's document.
import assert from "node:assert/strict";
import { test } from "node:test";
import { contentSecurityPolicy, newNonce, pageHtml } from "./pageHtml.ts";

const PAGE = {
  title: "Timeline",
  language: "de",
  cspSource: "https://files.example",
  nonce: "N0nce",
  script: "https://files.example/timeline.js",
  styles: "https://files.example/timeline.css",
};

test("the policy refuses everything but the screen's own files and the script with the nonce", () => {
  assert.equal(
    contentSecurityPolicy("https://files.example", "N0nce"),
    "default-src 'none'; script-src 'nonce-N0nce'; style-src https://files.example 'nonce-N0nce'; " +
      "font-src https://files.example; img-src https://files.example data:; base-uri 'none'; form-action 'none'",
  );
});

test("a title or a language cannot leave the attribute or the element it is in", () => {
  const html = pageHtml({
    ...PAGE,
    title: '</title><script>alert("1")</script>',
    language: '"><img src=x onerror=alert(1)>',
  });
  assert.equal(html.match(/<script/gu)?.length, 1);
  assert.equal(html.includes("<img"), false);
});

test("the document has no script and no style of its own text", () => {
  const html = pageHtml(PAGE);
  assert.match(html, /<html lang="de">/u);
  assert.equal(html.match(/<script/gu)?.length, 1);
  assert.match(html, /<script type="module" nonce="N0nce" src="https:\/\/files\.example\/timeline\.js"><\/script>/u);
  assert.doesNotMatch(html, /style=|<style|\son\w+=|unsafe/u);
});

test("no two documents share a nonce", () => {
  assert.equal(new Set(Array.from({ length: 100 }, newNonce)).size, 100);
  assert.match(newNonce(), /^[\w-]{24}$/u);
});
