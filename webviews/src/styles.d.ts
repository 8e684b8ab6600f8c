// What the bundler makes of a style sheet that a page imports: its text, for a style element with the page's nonce.
// It holds types only.
declare module "*.css" {
  const text: string;
  export { text as default };
}
