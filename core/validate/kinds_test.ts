/**
 * Pure. What a file is, from its content; from its name only where the content leaves it open.
 */
import { describe, expect, test } from "bun:test";
import { parseIni } from "../config/ini.ts";
import { loadYaml } from "../yaml/load.ts";
import { kindOfBrokenYaml, kindOfIni, kindOfName, kindOfYaml, looksLikeIni } from "./kinds.ts";

describe("YAML", () => {
  test.each([
    ["metric: []", "meters.d"],
    ["metric: wrong", "meters.d"],
    ["sources: [{meters: [a]}]\nsinks: []", "pipeline.yaml"],
    ["sources: [{events: [a]}]", "event_pipeline.yaml"],
    ["- event_type: a\n  traits: {}", "event_definitions.yaml"],
    ["- traits: {}", "event_definitions.yaml"],
    ["resources: []", "gnocchi_resources.yaml"],
    ["archive_policies: []", "gnocchi_resources.yaml"],
    ["dimensions: [a]\nmetadata: {}", "monasca_field_definitions.yaml"],
    // Neither the one nor the other.
    ["sources: [{meters: [a]}, {events: [a]}]\nsinks: []", undefined],
    ["sources: []\nsinks: []", undefined],
    ["[]", undefined],
    ["", undefined],
    ["services: {web: {image: nginx}}", undefined],
    ["- hosts: all\n  tasks: []", undefined],
    // Ceilometer's polling.yaml.
    ["sources: [{name: all, interval: 300, meters: ['*']}]", undefined],
  ])("%j is %s", (text, kind) => {
    const { root } = loadYaml(text, "x");
    expect(root && kindOfYaml(root)).toBe(kind as never);
  });

  test.each([
    ["sources:\n  - meters: [a\n", "pipeline.yaml"],
    ["sources:\n- name: x\n  events: [a\n", "event_pipeline.yaml"],
    ["{sources: [{meters: [}", undefined],
    ["metric:\n\t- a", "meters.d"],
    ["- event_type: [\n", "event_definitions.yaml"],
    ["a: [", undefined],
  ])("that is broken: %j is %s", (text, kind) => {
    expect(kindOfBrokenYaml(text)).toBe(kind as never);
  });
});

describe("INI", () => {
  test.each([
    ["[influxdb]\nip_address = h", "persister.conf"],
    ["[DEFAULT]\ntransport_url = rabbit://h", "ceilometer.conf"],
    ["[DEFAULT]\ndebug = true\n[kafka_metrics]\nuri = h:9092", "persister.conf"],
    ["[notification]\nworkers = 2", "ceilometer.conf"],
    ["[DEFAULT]\ndebug = true", undefined],
    ["[tpctl]\nstate_dir = /var/lib/x", undefined],
    ["[loggers]\nkeys = root", undefined],
    // nova.conf has some of ceilometer.conf's sections, and many of its own.
    ["[oslo_messaging_rabbit]\n[libvirt]\n[vnc]\n[glance]\n[neutron]\n", undefined],
  ])("%j is %s", (text, kind) => {
    expect(kindOfIni(parseIni(text, "x"))).toBe(kind as never);
  });

  test.each([
    ["[DEFAULT]\na = b\n", true],
    ["# a comment\n; another\n\n[kafka]\n", true],
    ["stray = option\n[kafka]\n", true],
    ["[]\n", false],
    ["[a, b]\n", false],
    ["sources:\n  - name: a\n", false],
    ["metric:\n- name: a\n[b]\n", false],
  ])("%j looks like it: %s", (text, is) => {
    expect(looksLikeIni(text)).toBe(is);
  });
});

test.each([
  ["/etc/monasca/persister.conf", "persister.conf"],
  ["/etc/monasca/monasca-persister.conf.d/10-db.conf", "persister.conf"],
  ["etc/ceilometer/ceilometer.conf.d/20.conf", "ceilometer.conf"],
  ["meters.d/mine.yml", "meters.d"],
  ["meters.d/README.md", undefined],
  ["x/event_definitions.yaml", "event_definitions.yaml"],
  ["x/other.yaml", undefined],
])("the name %s is %s", (path, kind) => {
  expect(kindOfName(path)).toBe(kind as never);
});

test("broken YAML of a million blank lines is looked at in one pass", () => {
  expect(kindOfBrokenYaml(`sources:\n${"\n".repeat(1_000_000)}\t- meters: [a]`)).toBe(
    "pipeline.yaml",
  );
}, 3000);
