/**
 * Pure. Which layer's value holds, what `$name` stands for, and that every problem is told with its
 * place and without secrets.
 */
import { describe, expect, test } from "bun:test";
import { ConfigErrors } from "../errors.ts";
import { checkOptions } from "./check_options.ts";
import { parseIni } from "./ini.ts";
import type { Option } from "./option.ts";
import { OptionValues } from "./option_values.ts";
import recorded from "../../testdata/config/oslo_values.json";

const used = { section: "g", help: "x", meaning: "used" } as const;

const OPTIONS: readonly Option[] = [
  { ...used, name: "topic", kind: "string", default: "tt" },
  { ...used, name: "unset", kind: "string" },
  { ...used, name: "value", kind: "string" },
  { ...used, name: "n", kind: "int", min: 1, default: "3" },
  { ...used, name: "m", kind: "int", default: "$h.n" },
  { ...used, name: "chain", kind: "string", default: "<$topic>" },
  { ...used, name: "secret", kind: "secret" },
  { ...used, name: "on", kind: "bool", default: "true" },
  { ...used, name: "list", kind: "list", default: "a,b" },
  { ...used, name: "color", kind: "choice", choices: ["red", "green"], default: "red" },
  {
    ...used,
    name: "new",
    kind: "string",
    deprecated: [{ name: "old" }, { section: "o", name: "x" }],
  },
  { ...used, name: "many", kind: "multistr", items: "names" },
  { ...used, name: "idle", kind: "string", meaning: "none" },
  { ...used, name: "gone", kind: "string", meaning: "unsupported" },
  { ...used, section: "h", name: "topic", kind: "string", default: "ht" },
  { ...used, section: "h", name: "other", kind: "string", default: "$topic!" },
  { ...used, section: "h", name: "n", kind: "int", default: "7" },
  { ...used, section: "DEFAULT", name: "d", kind: "string", default: "dd" },
];

interface Layers {
  readonly texts?: readonly string[];
  readonly flags?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
}

function valuesOf({ texts = [], flags = {}, environment = {} }: Layers): OptionValues {
  const files = texts.map((text, i) => parseIni(text, `${i}.conf`));
  const commandLine = new Map(
    Object.entries(flags).map(([key, text]) => [key, { text, flag: `--${key}` }]),
  );
  const { errors } = checkOptions(OPTIONS, files, environment);
  return new OptionValues(OPTIONS, { commandLine, environment, files }, errors);
}

function problemsOf(values: OptionValues): string[] {
  try {
    values.finish();
    return [];
  } catch (error) {
    if (error instanceof ConfigErrors) return error.message.split("\n");
    throw error;
  }
}

describe("$name, as oslo.config replaces it", () => {
  test.each(recorded.substitutions)(
    "%j",
    (one: { text: string; value?: string; error?: string }) => {
      const values = valuesOf({ texts: [`[g]\nvalue = ${one.text}\n`] });
      const text = values.text("g", "value");
      if (one.error === undefined) {
        expect(problemsOf(values)).toEqual([]);
        expect(text).toBe(one.value ?? "");
      } else {
        expect(problemsOf(values)).toHaveLength(1);
        expect(problemsOf(values).join()).toContain("0.conf:2:9: Cannot read [g] value");
      }
    },
  );
});

test("command line, environment, the last file, the first file, the default", () => {
  const texts = ["[g]\ntopic = first\nlist = x\n", "[g]\ntopic = last\n"];
  const environment = { OS_G__TOPIC: "variable" };
  const flags = { "g.topic": "flag" };
  expect(valuesOf({ texts, environment, flags }).text("g", "topic")).toBe("flag");
  expect(valuesOf({ texts, environment }).text("g", "topic")).toBe("variable");
  expect(valuesOf({ texts }).text("g", "topic")).toBe("last");
  expect(valuesOf({ texts }).list("g", "list")).toEqual(["x"]);
  expect(valuesOf({}).text("g", "topic")).toBe("tt");
});

test("the last of a repeated option holds, in any spelling of its section", () => {
  expect(valuesOf({ texts: ["[g]\nn = 4\n[G]\nn = 5\n"] }).number("g", "n")).toBe(5);
});

test("a default that refers to another section follows it", () => {
  expect(valuesOf({}).number("g", "m")).toBe(7);
  expect(valuesOf({ texts: ["[h]\nn = 9"] }).number("g", "m")).toBe(9);
  expect(valuesOf({ texts: ["[h]\nn = 9\n[g]\nm=1"] }).number("g", "m")).toBe(1);
});

test("a wrong value behind a default is told once, where it stands", () => {
  const values = valuesOf({ texts: ["[h]\nn = nine"] });
  values.number("g", "m");
  values.number("h", "n");
  expect(problemsOf(values)).toEqual([
    "0.conf:2:5: Cannot read [h] n 'nine': it is not an integer, expected an integer",
  ]);
});

test("an empty number is not set", () => {
  expect(valuesOf({ texts: ["[g]\nn =\n"] }).number("g", "n")).toBe(3);
});

test("older names are read, the newer one first", () => {
  expect(valuesOf({ texts: ["[g]\nold = 1"] }).text("g", "new")).toBe("1");
  expect(valuesOf({ texts: ["[o]\nx = 2"] }).text("g", "new")).toBe("2");
  expect(valuesOf({ texts: ["[g]\nold = 1\nnew = 3"] }).text("g", "new")).toBe("3");
});

test("values of several lines, over all files in order", () => {
  const values = valuesOf({ texts: ["[g]\nmany = a\nmany = b", "[g]\nmany = c"] });
  expect(values.multi("g", "many")).toEqual(["a", "b", "c"]);
});

test("comma-joined values are an error that shows the right form", () => {
  const values = valuesOf({ texts: ["[g]\nmany = meter, event"] });
  values.multi("g", "many");
  expect(problemsOf(values)).toEqual([
    "0.conf:2:8: Cannot read [g] many 'meter, event': commas do not separate its values, " +
    "expected one line for each: many = meter and many = event",
  ]);
});

test("all problems of all files at once, in the order of the files", () => {
  const values = valuesOf({
    texts: ["[g]\nn = 0\nbroken\non = maybe\n", "[g]\ncolor = blue\ngone = 1\n"],
  });
  values.number("g", "n");
  values.choice("g", "color", ["red", "green"]);
  values.bool("g", "on");
  expect(problemsOf(values)).toEqual([
    "0.conf:2:5: Cannot read [g] n '0': it is too small, expected an integer of at least 1",
    "0.conf:3:1: Cannot read the line 'broken': there is no '=' or ':', expected option = value",
    "0.conf:4:6: Cannot read [g] on 'maybe': it is not a boolean, expected true or false",
    "1.conf:2:9: Cannot read [g] color 'blue': it is none of the choices, expected red or green",
    "1.conf:3:8: Cannot use [g] gone: it is not supported, expected the file without it",
  ]);
});

test("a secret is in no error", () => {
  const values = valuesOf({ texts: ["[g]\nsecret = my$hidden"] });
  values.text("g", "secret");
  expect(problemsOf(values)).toEqual([
    "0.conf:2:10: Cannot read [g] secret: a '$' in it names no option that has a value here, " +
    "expected $$ for a dollar sign, or ${section.option}",
  ]);
});

test("problems of flags and variables name them", () => {
  const values = valuesOf({ flags: { "g.n": "x" }, environment: { OS_G__ON: "y" } });
  values.number("g", "n");
  values.bool("g", "on");
  expect(problemsOf(values).map((line) => line.split(": ")[0])).toEqual(["--g.n", "OS_G__ON"]);
});

describe("what is said besides errors", () => {
  function notices(text: string, environment: Record<string, string> = {}): string[] {
    const check = checkOptions(OPTIONS, [parseIni(text, "f.conf")], environment);
    return check.notices.map(({ level, text, place }) =>
      `${level} ${place?.file}:${place?.line}:${place?.column} ${text}`
    );
  }

  test("unknown options and sections, with a suggestion", () => {
    expect(notices("[g]\ntopik = 1\nzzz = 1\nother = 2\n[hh]\nn = 1\n[nothing_like]\nx = 1"))
      .toEqual([
        "warning f.conf:5:1 The section [hh] is unknown",
        "warning f.conf:7:1 The section [nothing_like] is unknown",
        "warning f.conf:2:1 The option [g] topik is unknown, did you mean 'topic'?",
        "warning f.conf:3:1 The option [g] zzz is unknown",
        "warning f.conf:4:1 The option [g] other is unknown, it belongs to [h]",
      ]);
  });

  test("options without a meaning and older names, once each", () => {
    expect(notices("[g]\nidle = 1\nidle = 2\nold = 3")).toEqual([
      "info f.conf:2:8 [g] idle is accepted and has no meaning in tpctl",
      "warning f.conf:4:7 [g] old is the older name of [g] new",
    ]);
  });

  test("variables of known sections only", () => {
    expect(notices("", { OS_G__TOPIK: "1", OS_G__TOPIC: "1", OS_NOVA__X: "1", OS_USERNAME: "a" }))
      .toEqual([
        "warning undefined:undefined:undefined The variable OS_G__TOPIK names no option, " +
        "did you mean OS_G__TOPIC?",
      ]);
  });
});
