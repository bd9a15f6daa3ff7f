/**
 * Edge (files). The project's own source files as text, for the house-rule tests: which there are,
 * what each imports, what is code in it and how large its functions are. It relies on deno fmt's
 * layout and knows no more of the language than that takes.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folder that holds package.json. */
export const root = dirname(import.meta.dir);

/** A file of the tree, as text. */
export interface Source {
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  readonly isTest: boolean;
  /** Product code or not: tests, testing/ and the scripts of the root are not. */
  readonly isProduct: boolean;
}

/** Tracked files and new ones that are not ignored; without git (an unpacked archive), all. */
export function listFiles(): readonly string[] {
  const listed = Bun.which("git") === null ? undefined : Bun.spawnSync(
    ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    { cwd: root, stderr: "ignore" },
  );
  const paths = listed?.success === true
    ? listed.stdout.toString().split("\0").filter((path) => path !== "")
    : [...new Bun.Glob("**/*").scanSync({ cwd: root, dot: true })]
      .filter((path) => !/^(node_modules|dist|\.git)\//.test(path));
  return paths.filter((path) => Bun.file(join(root, path)).size > 0).sort();
}

/** Reads the file at a path from the root. */
export function readSource(path: string): Source {
  const text = readFileSync(join(root, path), "utf8");
  const isTest = path.endsWith("_test.ts");
  return {
    path,
    text,
    lines: text.split("\n"),
    isTest,
    isProduct: !isTest && /^(cmd|core|publishers)\//.test(path),
  };
}

/** An import or re-export, static or by `import()`. */
export interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

/** What a file imports, in the order fixed, dynamic. */
export function importsOf(source: Source): readonly Import[] {
  const fixed = /^(import|export)\s(type\s)?(?:[^"';]*?\sfrom\s)?"([^"]+)"/gm;
  const dynamic = /\bimport\("([^"]+)"\)/g;
  return [
    ...[...source.text.matchAll(fixed)].map(([, , type, specifier]) => ({
      specifier: specifier ?? "",
      typeOnly: type !== undefined,
    })),
    ...[...source.text.matchAll(dynamic)].map(([, specifier]) => ({
      specifier: specifier ?? "",
      typeOnly: false,
    })),
  ];
}

/** Code without comments and without what stands in quotes, line by line. */
export function codeLines(source: Source): readonly string[] {
  let inComment = false;
  return source.lines.map((line) => {
    const starts = !inComment && /^\s*\/\*/.test(line);
    const commented = inComment || starts || /^\s*\/\//.test(line);
    if (starts) inComment = true;
    if (line.includes("*/")) inComment = false;
    if (commented) return "";
    return line.replace(/"(?:[^"\\]|\\.)*"|`[^`]*`/g, '""').replace(/\s\/\/ .*$/, "");
  });
}

/** How large a function is, and where it begins (lines count from 1). */
export interface Shape {
  readonly name: string;
  readonly line: number;
  readonly length: number;
  readonly parameters: number;
}

const declared =
  /^(\s*)(?:export )?(?:static |override |async |get |set |function\*? )*(\*?#?[a-zA-Z_]\w*)(?:<[^(]*>)?\(/;
const keywords = /^(if|for|while|switch|catch|return|await|super|expect|test|describe|throw|new)$/;

/** The named functions and methods with a body, as deno fmt lays them out. */
export function functionsOf(source: Source): readonly Shape[] {
  const code = codeLines(source);
  const shapes: Shape[] = [];
  code.forEach((line, start) => {
    const [, indent = "", name = ""] = declared.exec(line) ?? [];
    if (name === "" || keywords.test(name)) return;
    const isFunction = /\bfunction\b/.test(line);
    if (!isFunction && indent.length !== 2) return;
    // A signature ends in its own line, or in the first one at its own indentation.
    const body = line.endsWith("(")
      ? code.findIndex((each, i) => i > start && each.startsWith(`${indent})`))
      : start;
    if (!/\)(: .+)? \{$/.test(code[body] ?? "")) return;
    const end = code.findIndex((each, i) => i > body && each.startsWith(`${indent}}`));
    if (end < 0) return;
    const parameters = countParameters(code.slice(start, body + 1).join("\n"));
    shapes.push({ name, line: start + 1, length: end - start + 1, parameters });
  });
  return shapes;
}

/** How many parameters stand between the first parenthesis and its partner. */
function countParameters(signature: string): number {
  let depth = 0;
  let count = 0;
  let pending = false;
  for (const character of signature.slice(signature.indexOf("(")).replaceAll("=>", "  ")) {
    if ("([{<".includes(character)) depth++;
    if (")]}>".includes(character)) depth--;
    if (depth === 0) break;
    if (depth === 1 && character === ",") {
      count += pending ? 1 : 0;
      pending = false;
    } else if (/[\w{[]/.test(character)) pending = true;
  }
  return count + (pending ? 1 : 0);
}
