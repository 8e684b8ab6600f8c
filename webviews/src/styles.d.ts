// Style sheets are imported for the bundler, which puts them beside the screen's script. They have no value in TypeScript.
declare module "*.css";
