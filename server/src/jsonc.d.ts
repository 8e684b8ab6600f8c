// The postures are bundled as the text that people read.
declare module "*.jsonc" {
  const text: string;
  export default text;
}
