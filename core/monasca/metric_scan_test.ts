/**
 * Pure. Shows that the scanning encoder and the plain one give the same bytes or the same refusal, for
 * envelopes of all layouts, with odd values, with bytes changed at random, and whatever is remembered.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { recordBlock } from "../../testing/batches.ts";
import { envelope } from "../../testing/bench/envelopes.ts";
import { type KeptItems, keptItems } from "../../testing/item_sinks.ts";
import type { RecordBlock } from "../delivery/records.ts";
import type { Refusal } from "../persist/encoder.ts";
import type { LineOptions } from "./line_text.ts";
import { createPlainMetricEncoder } from "./metric.ts";
import { createMetricEncoder } from "./metric_scan.ts";
import type { SeriesLimits } from "./series_cache.ts";

setDefaultTimeout(60_000);

type Outcome = Refusal | KeptItems["kept"][number] | undefined;

/** What each record of the blocks becomes, plain and scanned; the blocks are scanned twice. */
function outcomes(
  blocks: readonly RecordBlock[],
  options: LineOptions,
  limits?: SeriesLimits,
): { plain: Outcome[]; scanned: Outcome[] } {
  const run = (encoder: ReturnType<typeof createMetricEncoder>): Outcome[] =>
    [...blocks, ...blocks].flatMap((block) =>
      Array.from({ length: block.count }, (_, i): Outcome => {
        const items = keptItems();
        return encoder.encode(block, i, items) ?? items.kept[0];
      })
    );
  return {
    plain: run(createPlainMetricEncoder(options)),
    scanned: run(createMetricEncoder(options, limits === undefined ? {} : { limits })),
  };
}

const plainText = fc.constantFrom(
  '"cpu.idle_perc"',
  '"http_status"',
  '"compute-001.region-one.example.net"',
);
const oddText = fc.constantFrom(
  '""',
  '"a b,c=d"',
  '"tail\\\\"',
  '"say \\"hi\\""',
  '"\\"timestamp\\": 5"',
  '"timestamp"',
  '"line\\nbreak"',
  '"\\u00e9\\ud83d\\ude00"',
  '"é日本"',
  '"\\ud800"',
  '"#c"',
  '"\\tx"',
  '"time"',
  '"_region"',
  "5",
  "1.0",
  "1e22",
  "null",
  "true",
  "[1]",
  '{"a": 1}',
  '"unclosed',
);
const text = fc.oneof({ weight: 9, arbitrary: plainText }, { weight: 1, arbitrary: oddText });
const digits = fc.stringMatching(/^[0-9]{1,18}$/);
const numberText = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.tuple(fc.constantFrom("", "-"), digits, fc.constantFrom("", "."), digits)
    .map(([sign, whole, dot, fraction]) => sign + whole + dot + (dot && fraction)),
  fc.integer({ min: -1_000_000, max: 1_000_000 }).map((x) => String(x / 1000)),
  fc.constantFrom(
    ...["0", "-0", "0.0", "-0.0", "0.10", "1.10", "01", "1.", ".5", "+1", "1e5", "1E+5", "1e-7"],
    ...["1e400", "0.0001", "0.00012", "0.00001", "999999999999999", "9999999999999999", "1e", "-"],
    ...[
      "NaN",
      "Infinity",
      "-Infinity",
      "null",
      "true",
      '"7"',
      '" 7 "',
      '"abc"',
      "[]",
      "1e16",
      "0e0",
    ],
    ...["123456789012345678", "0.1234567890123456789", "100", "100.0", "100.00", "1 ", "0x10"],
    "9".repeat(80),
    "9".repeat(400),
    "9".repeat(4400),
  ),
);
const timestamp = fc.oneof(
  fc.integer({ min: 1_500_000_000_000, max: 1_900_000_000_000 }).map(String),
  fc.constantFrom(
    ...["0", "-5", "00", "01757000000000", "9223372036854", "9223372036855", "-9223372036854"],
    ...["99999999999999", "1.9", '"5"', '" 5 "', '"x"', "null", "true", "1e3", "9".repeat(30)],
  ),
);
const valueMeta = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("{}", "null") },
  {
    weight: 4,
    arbitrary: fc.dictionary(fc.string({ maxLength: 6 }), fc.string({ maxLength: 12 }))
      .map((object) => JSON.stringify(object)),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ...['{"a":"1","a":"2"}', '{"a": "1", "a": "2"}', '{"a": 1}', '{"a":"b, c: d"}', '""', "0"],
      ...['{"a": {"b": []}}', '{"é":"é"}', '{"a":"\\u0041"}', '{"a":"b",}', '{"a"}', "{ }", "nul"],
      ...[
        '{"a" :"b"}',
        '{"a":"b"',
        "[]",
        '"x"',
        '{"a":"\u007f"}',
        '{"a":"\t"}',
        "nullx",
        '{"":""}',
      ],
      `{${Array.from({ length: 20 }, (_, i) => `"k${i}":"v"`).join(",")}}`,
    ),
  },
);
const spacing = fc.constantFrom({ comma: ", ", colon: ": " }, { comma: ",", colon: ":" }, {
  comma: " , ",
  colon: ":",
});

/** An envelope's text of raw JSON pieces; now and then a member is missing, twice there or moved. */
const envelopeText = fc.record({
  name: text,
  dimensions: fc.oneof(
    fc.array(fc.tuple(text, text), { maxLength: 3 }),
    fc.constantFrom("null", "[]", undefined),
  ),
  timestamp,
  value: numberText,
  valueMeta,
  tenantId: text,
  region: text,
  creationTime: fc.constantFrom(
    "1757000000",
    "1757000000.5",
    "0",
    "-1",
    "012",
    "null",
    '"x"',
    "1e5",
  ),
  spacing,
  odd: fc.integer({ min: 0, max: 30 }),
  end: fc.constantFrom("", "", "", "", " ", "\n", "}", "x"),
}).map((parts) => {
  const { comma, colon } = parts.spacing;
  const object = (members: readonly (readonly [string, string])[]): string =>
    `{${members.map(([key, value]) => key + colon + value).join(comma)}}`;
  const relaid = parts.valueMeta.startsWith("{")
    ? parts.valueMeta.replaceAll('":"', `"${colon}"`).replaceAll('","', `"${comma}"`)
    : parts.valueMeta;
  const dimensions = Array.isArray(parts.dimensions) ? object(parts.dimensions) : parts.dimensions;
  const metric: [string, string][] = [
    ['"name"', parts.name],
    ...(dimensions === undefined ? [] : [['"dimensions"', dimensions] as [string, string]]),
    ['"timestamp"', parts.timestamp],
    ['"value"', parts.value],
    ['"value_meta"', relaid],
  ];
  const meta: [string, string][] = [['"tenantId"', parts.tenantId], ['"region"', parts.region]];
  const message: [string, string][] = [
    ['"metric"', object(metric)],
    ['"meta"', object(meta)],
    ['"creation_time"', parts.creationTime],
  ];
  if (parts.odd === 1) metric.reverse();
  if (parts.odd === 2) message.push(['"metric"', '{"name": "other"}']);
  if (parts.odd === 3) metric.push(['"extra"', "1"]);
  if (parts.odd === 4) metric.splice(1, 0, ['"timestamp"', "7"], ['"value"', "8"]);
  if (parts.odd === 5) meta.pop();
  if (parts.odd === 6) message.splice(1, 1);
  if (parts.odd === 7) message.reverse();
  if (parts.odd === 8) meta.push(['"more"', '{"creation_time": 5}']);
  if (parts.odd === 9) message.unshift(['"first"', "[]"]);
  if (parts.odd <= 9) {
    message.forEach((member) => {
      if (member[0] === '"metric"' && parts.odd !== 2) member[1] = object(metric);
      if (member[0] === '"meta"') member[1] = object(meta);
    });
  }
  return object(message) + parts.end;
});

const options: readonly LineOptions[] = [
  { database: "mon", perTenant: false },
  { database: "mon", perTenant: true, trailingBackslash: "refuse" },
];

describe("the scanning encoder gives what the plain one gives", () => {
  test("for envelopes of any layout, however many series it may remember", () => {
    const limits = fc.constantFrom<SeriesLimits | undefined>(
      undefined,
      { seriesMax: 2, bytesMax: 1 << 20 },
      { seriesMax: 64, bytesMax: 1500 },
      { seriesMax: 64, bytesMax: 10 },
    );
    const texts = fc.array(envelopeText, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(texts, limits, fc.constantFrom(...options), (messages, bounds, option) => {
        const { plain, scanned } = outcomes([recordBlock(messages)], option, bounds);
        expect(scanned).toEqual(plain);
      }),
      { numRuns: 1500 },
    );
  });

  test("for real envelopes with bytes changed, put in and left out", () => {
    const change = fc.tuple(
      fc.nat(1000),
      fc.constantFrom("put", "set", "cut"),
      fc.oneof(
        fc.constantFrom(...Array.from('"\\{}[]:, \n\t0e.-1', (char) => char.charCodeAt(0))),
        fc.integer({ min: 0, max: 255 }),
      ),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(100_000), fc.array(change, { maxLength: 2 }), fc.boolean()), {
          minLength: 1,
          maxLength: 4,
        }),
        (messages) => {
          const values = messages.map(([i, changes, compact]) => {
            const whole = compact ? compactForm(envelope(i)) : envelope(i);
            return changed(Buffer.from(whole), changes);
          });
          const { plain, scanned } = outcomes([blockOf(values)], options[0] ?? never());
          expect(scanned).toEqual(plain);
        },
      ),
      { numRuns: 1500 },
    );
  });

  test("for messages made to be taken for a series that was seen before", () => {
    const good = '{"metric": {"name": "n", "dimensions": {"a": "1"}, "timestamp": 5, "value": 1, ' +
      '"value_meta": {}}, "meta": {"tenantId": "t", "region": "r"}, "creation_time": 17}';
    const meta = '"meta": {"tenantId": "t", "region": "r"}';
    const values = '"timestamp": 5, "value": 1, "value_meta": {}';
    const tricks = [
      ...["12x}", "012}", "}", "1}}", "1} ", "-1}", "1.5}", '"1"}', `${"9".repeat(30)}}`, "1]"]
        .map((end) => good.replace("17}", end)),
      `{"metric": {"name": "n", "timestamp" : 3, "a\\${values}}, ${meta}, "creation_time": 1}`,
      `{"metric": {"name": "n", "timestamp" : 3}, "x": {${values}}, ${meta}, "creation_time": 1}`,
      `{"metric": {"name": "n", ${values}}, "metric": {"mark": "m"}, ${meta}, "creation_time": 1}`,
      `{"metric": {"name": "n", ${values}, "name": "other"}, ${meta}, "creation_time": 1}`,
      `{"metric": {"name": "n", ${values}}, ${meta}, "meta": {}, "creation_time": 1}`,
      `{"metric": {"name": "n", ${values}}, ${meta}, "x": {"creation_time": 1}`,
      `{"metric": {"name": "n", "dimensions": {${values}}, ${meta}, "creation_time": 1}`,
      `{"metric": {"name": "n", ${values}}, ${meta}, "creation_time": 1}`,
      `{"metric": {"name": "n", "dimensions": {}, ${values}}, ${meta}, "creation_time": 1}`,
      `{"metric": {"name": "n", "value": 7, ${values}}, ${meta}, "creation_time": 1}`,
      `{"metric": ["n", ${values}], ${meta}, "creation_time": 1}`,
      `\ufeff${good}`,
      good.replace("{}}", "{}\ufeff}"),
      good.replace("{}}", '{"a":"","}}'),
    ];
    // Names of all lengths, so that what differs stands in each place of an eight-byte word.
    const alike = Array.from({ length: 9 }, (_, i) => {
      const named = good.replace('"n"', `"${"n".repeat(i + 1)}"`);
      const bare = named.replace('"dimensions": {"a": "1"}, ', "");
      const longer = named.replace("17}", '17, "more": 5}');
      return [
        ...[bare, named, longer, named.replace('"a": "1"', '"a": "2"'), named, bare],
        ...[named.replace('"r"', '"q"'), named.replace('"region": "r"', "")],
      ];
    }).flat();
    const messages = [
      ...tricks.flatMap((each) => [good, good, each, each]),
      ...alike.flatMap((each) => [each, each]),
    ];
    for (const limits of [undefined, { seriesMax: 2, bytesMax: 1 << 20 }]) {
      const { plain, scanned } = outcomes([recordBlock(messages)], options[0] ?? never(), limits);
      expect(scanned).toEqual(plain);
    }
  });

  test("for a name whose bytes are cut off inside a character", () => {
    const bytes = Buffer.from(envelope(0).replace("cpu.user", "cpu.....user"));
    bytes.set([0xf0, 0x9f, 0x98], bytes.indexOf("....") + 1);
    const { plain, scanned } = outcomes([blockOf([bytes])], options[0] ?? never());
    expect(plain[0]).toHaveProperty("class", "decode");
    expect(scanned).toEqual(plain);
  });

  test("for the benchmark's load, and without its help for any message of it", () => {
    const messages = Array.from({ length: 12_000 }, (_, i) => envelope(i));
    const python = recordBlock(messages);
    const compact = recordBlock(messages.map(compactForm));
    const { plain, scanned } = outcomes([python, compact], options[0] ?? never());
    expect(scanned).toEqual(plain);
    const asked: number[] = [];
    const encoder = createMetricEncoder(options[0] ?? never(), {
      plain: { encode: (_block, index) => void asked.push(index) },
    });
    for (const block of [python, compact]) {
      for (let i = 0; i < block.count; i++) encoder.encode(block, i, keptItems());
    }
    expect(asked).toEqual([]);
  });
});

function never(): never {
  throw new Error("no such option");
}

function compactForm(message: string): string {
  return message.replaceAll('": ', '":').replaceAll(', "', ',"');
}

function changed(bytes: Buffer, changes: readonly (readonly [number, string, number])[]): Buffer {
  let result = bytes;
  for (const [place, kind, byte] of changes) {
    const at = place % result.length;
    result = Buffer.concat([
      result.subarray(0, at),
      ...(kind === "cut" ? [] : [Buffer.of(byte)]),
      result.subarray(kind === "put" ? at : at + 1),
    ]);
  }
  return result;
}

/** Like recordBlock, of bytes that need not be text. */
function blockOf(values: readonly Uint8Array[]): RecordBlock {
  const block = recordBlock(values.map((value) => "x".repeat(value.length)));
  values.forEach((value, i) => block.bytes.set(value, block.valueStarts[i]));
  return block;
}

test("a record without a value, an empty one and ten megabytes", () => {
  const empty = recordBlock([""]);
  const none = { ...empty, valueStarts: new Int32Array([-1]) };
  const long = envelope(0).replace('"value_meta": {}', `"value_meta": {"x": "${"y".repeat(1e7)}"}`);
  const { plain, scanned } = outcomes([empty, none, recordBlock([long])], options[0] ?? never());
  expect(scanned).toEqual(plain);
  expect(plain.slice(0, 2)).toMatchObject([{ class: "decode" }, { class: "decode" }]);
  expect(plain[2]).toHaveProperty("line");
});
