/**
 * Edge (files). Which files are found and in which order they count, in folders made for the test.
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ConfigError } from "../errors.ts";
import {
  type ConfigArguments,
  loadConfig,
  type LoadedConfig,
  PERSIST_NAMES,
  PIPELINE_NAMES,
  readSecretFile,
} from "./load.ts";
import type { Option } from "./option.ts";

const OPTIONS: readonly Option[] = [
  { section: "g", name: "a", kind: "string", help: "", meaning: "used" },
];

let root = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "tpctl-config-"));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Writes `[g] a = <its own path>` into each file. */
function write(...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `[g]\na = ${path}\n`);
  }
}

function load(
  sources: ConfigArguments["sources"] = [],
  names = PERSIST_NAMES,
  environment: Record<string, string> = {},
): LoadedConfig {
  const from = { sources, values: new Map(), environment, home: join(root, "home"), root };
  return loadConfig(OPTIONS, names, from);
}

/** The files read, without the test's folder, and the value that won. */
function read(loaded: LoadedConfig): [string[], string | undefined] {
  const files = loaded.files.map((file) => file.slice(root.length + 1));
  return [files, loaded.values.text("g", "a")];
}

describe("the usual places", () => {
  test("nothing there is no error", () => {
    expect(read(load())).toEqual([[], undefined]);
  });

  test("the first place that has a file gives it, the daemon's own file after the project's", () => {
    write("etc/monasca/monasca.conf", "etc/monasca.conf", "etc/monasca/monasca-persister.conf");
    write("etc/monasca/persister.conf");
    expect(read(load())).toEqual([
      ["etc/monasca/monasca.conf", "etc/monasca/monasca-persister.conf"],
      "etc/monasca/monasca-persister.conf",
    ]);
    write("home/.monasca/monasca-persister.conf", "home/monasca.conf");
    expect(read(load())[0]).toEqual(["home/monasca.conf", "home/.monasca/monasca-persister.conf"]);
  });

  test("persister.conf only where neither is there", () => {
    write("etc/monasca/persister.conf");
    expect(read(load())[0]).toEqual(["etc/monasca/persister.conf"]);
  });

  test("folders come behind, sorted, only *.conf", () => {
    write("etc/monasca/persister.conf", "etc/monasca/monasca-persister.conf.d/b.conf");
    write("etc/monasca/monasca-persister.conf.d/a.conf", "etc/monasca/monasca.conf.d/z.conf");
    write("etc/monasca/monasca.conf.d/readme.txt", "etc/monasca/monasca.conf.d/.hidden.conf");
    expect(read(load())).toEqual([
      [
        "etc/monasca/persister.conf",
        "etc/monasca/monasca.conf.d/z.conf",
        "etc/monasca/monasca-persister.conf.d/a.conf",
        "etc/monasca/monasca-persister.conf.d/b.conf",
      ],
      "etc/monasca/monasca-persister.conf.d/b.conf",
    ]);
  });

  test("a snap's places", () => {
    write("snap/etc/monasca/monasca.conf", "common/etc/monasca/monasca.conf");
    const environment = { SNAP: join(root, "snap"), SNAP_COMMON: join(root, "common") };
    expect(read(load([], PERSIST_NAMES, environment))[0]).toEqual([
      "common/etc/monasca/monasca.conf",
    ]);
  });

  test("the pipeline's names", () => {
    write("etc/ceilometer/ceilometer.conf", "etc/ceilometer/ceilometer-agent-notification.conf");
    write("etc/ceilometer/persister.conf");
    expect(read(load([], PIPELINE_NAMES))[0]).toEqual([
      "etc/ceilometer/ceilometer.conf",
      "etc/ceilometer/ceilometer-agent-notification.conf",
    ]);
  });
});

describe("named files and folders", () => {
  test("count in the order given; a named file ends the search for files only", () => {
    write("x.conf", "y.d/1.conf", "y.d/2.conf", "etc/monasca/monasca.conf");
    write("etc/monasca/monasca.conf.d/d.conf");
    const file = { kind: "file", path: join(root, "x.conf") } as const;
    const dir = { kind: "dir", path: join(root, "y.d") } as const;
    expect(read(load([file, dir]))).toEqual([["x.conf", "y.d/1.conf", "y.d/2.conf"], "y.d/2.conf"]);
    expect(read(load([dir, file]))[1]).toBe("x.conf");
    expect(read(load([file]))[0]).toEqual(["etc/monasca/monasca.conf.d/d.conf", "x.conf"]);
    expect(read(load([dir]))[0]).toEqual(["etc/monasca/monasca.conf", "y.d/1.conf", "y.d/2.conf"]);
  });

  function refusal(kind: "file" | "dir", path: string): string {
    try {
      load([{ kind, path: join(root, path) }]);
    } catch (error) {
      if (error instanceof ConfigError) return error.message.replaceAll(root, "");
      throw error;
    }
    return "";
  }

  test("what cannot be read says why", () => {
    write("y.d/1.conf");
    writeFileSync(join(root, "latin.conf"), new Uint8Array([91, 103, 93, 10, 97, 61, 0xe4, 10]));
    expect(refusal("file", "none.conf")).toBe(
      "Cannot read the configuration file '/none.conf': it does not exist, expected a readable text file",
    );
    expect(refusal("file", "y.d")).toContain("it is a folder");
    expect(refusal("file", "latin.conf")).toContain("it is not UTF-8");
    expect(refusal("dir", "none.d")).toContain("it does not exist");
    expect(refusal("dir", "latin.conf")).toContain("it is not a folder");
  });
});

test("a secret file gives its first line", () => {
  writeFileSync(join(root, "token"), " t0ken \nmore\n");
  expect(readSecretFile(join(root, "token"))).toBe("t0ken");
  expect(() => readSecretFile(join(root, "none"))).toThrow(ConfigError);
});
