/**
 * Pure. A strict reader of Prometheus' text format 0.0.4, for tests: whatever a scraper would refuse
 * or read in two ways throws.
 */

/** One line of numbers. */
export interface ExpositionSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One name with its samples. */
export interface ExpositionFamily {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly samples: ExpositionSample[];
}

const headForm = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/s;
const sampleForm =
  /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)+)\})? (\S+)$/;
const labelForm = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"/g;

/** The families in their order. Each must have HELP, TYPE and its samples together, no series twice. */
export function parseExposition(text: string): ExpositionFamily[] {
  if (text !== "" && !text.endsWith("\n")) throw new Error("the last line has no end");
  const families: ExpositionFamily[] = [];
  const seen = new Set<string>();
  let help: string | undefined;
  for (const line of text.split("\n").slice(0, -1)) {
    const head = headForm.exec(line);
    if (head !== null) {
      const [, kind, name = "", rest = ""] = head;
      if (kind === "HELP") {
        help = unescapeText(rest);
        continue;
      }
      if (help === undefined) throw new Error(`TYPE without HELP: ${line}`);
      if (families.some((family) => family.name === name)) throw new Error(`twice: ${name}`);
      families.push({ name, help, type: rest, samples: [] });
      help = undefined;
      continue;
    }
    const family = families.at(-1);
    const one = parseSample(line);
    if (family === undefined || !belongs(one, family)) throw new Error(`stray sample: ${line}`);
    const key = `${one.name}${JSON.stringify(Object.entries(one.labels).sort())}`;
    if (seen.has(key)) throw new Error(`series twice: ${line}`);
    seen.add(key);
    family.samples.push(one);
  }
  return families;
}

/** The sum of all series with this name and these labels among theirs; 0 where there is none. */
export function sampleValue(
  text: string,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  let sum = 0;
  for (const { samples } of parseExposition(text)) {
    for (const one of samples) {
      const matches = Object.entries(labels).every(([label, value]) => one.labels[label] === value);
      if (one.name === name && matches) sum += one.value;
    }
  }
  return sum;
}

function belongs({ name }: ExpositionSample, family: ExpositionFamily): boolean {
  if (family.type !== "histogram") return name === family.name;
  return ["_bucket", "_sum", "_count"].some((suffix) => name === `${family.name}${suffix}`);
}

function parseSample(line: string): ExpositionSample {
  const match = sampleForm.exec(line);
  if (match === null) throw new Error(`not a line of the format: ${line}`);
  const [, name = "", pairs = "", number = ""] = match;
  const labels: Record<string, string> = {};
  for (const [, label = "", text = ""] of pairs.matchAll(labelForm)) {
    if (label in labels) throw new Error(`label twice: ${line}`);
    labels[label] = unescapeText(text);
  }
  const value = number === "+Inf" ? Infinity : number === "-Inf" ? -Infinity : Number(number);
  if (Number.isNaN(value) && number !== "NaN") throw new Error(`not a number: ${line}`);
  return { name, labels, value };
}

function unescapeText(text: string): string {
  return text.replace(/\\(.)/g, (_, char: string) => char === "n" ? "\n" : char);
}
