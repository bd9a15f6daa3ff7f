"""Writes safe_load.json: what PyYAML makes of small documents. Run with PyYAML 6.0.3."""
import datetime
import json
import pathlib

import yaml

SCALARS = """yes no Yes NO on off ON True FALSE y n ~ null Null NULL nULL 0 7 -7 +7 012 -012 09 0o12
0x1F 0b101 1_000 1_ _1 0_ 1:30 190:20:30 1:60 -1:30 1:30.5 1.5 1. .5 -.5 1.e+3 1e3 1.0e3 1.0e+3 1.5E-2
.inf -.INF +.inf .NaN .nan 1.5.2 2024-01-01 2024-1-1 2024-01-01T10:20:30Z 2024-01-01t1:20:30.5+02:00
2024-01-01T10:20:30-5 2024-01-01T10:20:30.1234567Z << = 123456789012345678901234567890 9007199254740993
-9007199254740993 0.1 1e400 1.0e+400 == <<< - -a -1a a-b a.b a:b *x*y disk.* 1.0 -0 -0.0 0x 0b 00
""".split()

DOCUMENTS = [
    "", "# only a comment\n", "---\n", "a\n", "- a\n- b\n", "a: 1\nb:\n  c: [x, y]\n",
    "- !disk.*\n", "- !*\n", "- !disk\n", "a: !cpu x\n", "- ! foo\n", "- !!int '3'\n", "- !!float 3\n",
    "- !!str 3\n- !!null x\n- !!bool yes\n", "- !!bool maybe\n", "- !!int x\n", "- !!python/tuple [a]\n",
    "- !!map {a: 1}\n- !!seq [a]\n", "a: [x?y]\n", "a: [?z]\n", "a: [a?]\n", "a: x?y\n", "a: ['x?']\n",
    "a: &x 1\nb: *x\n", "a: &x 1\nb: &x 2\n", "a: *nope\n", "- &a {k: 1}\n- *a\n",
    "- &a\n- *a\n", "a: 1\na: 2\n", "1: a\n1.0: b\ntrue: c\n", "'1': a\n1: b\n",
    "<<: {a: 1, b: 2}\nb: 3\n", "b: 3\n<<: {a: 1, b: 2}\n", "<<: [{a: 1}, {a: 2, b: 2}]\n", "<<: 3\n",
    "<<: [1]\n", "'<<': {a: 1}\n", "- &x {a: 1}\n- &y {<<: *x, b: 2}\n- {<<: [*y, {c: 3}], a: 0}\n",
    "<<: {a: 1}\n<<: {a: 2}\n", "[a, b]: 1\n", "? a\n", "? a\n: b\n", "{a, b: }\n", "{a:1}\n",
    "[a:1, b: 2]\n", "[\"a\":1]\n", "'a':1\n", "- a\n b\n", "a: |\n  x\n\n  y\n", "a: |-\n  x\n", "a: >\n  x\n  y\n\n  z\n",
    "a: >-\n  x\n", "a: |+\n  x\n\n", "a: \"\\x63pu \\u00e9 \\n\"\n", "a: \"\\q\"\n", "a: 'it''s'\n", "a: 'x\n\n  y'\n",
    "a: \"x\n  y\"\n", "a: \"open\n", "a: [1, 2\n", "a: {b: 1\n", "a: ]\n", "a: b: c\n", "a:b\n", "a: b #c\n", "a: b#c\n",
    "a: @b\n", "a: %b\n", "a: `b`\n", "- *\n", "- [*]\n", "a: -\n", "x: [-]\n", "x: [-a]\n", "a: 1\n---\nb: 2\n",
    "a: 1\n...\n", "%YAML 1.1\n---\na: 012\n", "%YAML 1.2\n---\na: 012\n", "--- a\n", "a:\tb\n", "\ta: 1\n", "a: b\n\tc: d\n",
    "a: 'x\ty'\n", "a: x\t#c\n", "a: x #\tc\n", "a: \x01\n", "\ufeffa: 1\n", "a: 1\r\nb: 2\r\n", "a: 2024-13-45\n",
    "a: 2024-01-01T25:00:00\n", "a: 0b_\n", "a: é\n", "a: \U0001f600\n", "a: 1\n b: 2\n", " a: 1\nb: 2\n", "- a\nb: 1\n",
    "a: =\n", "=: 1\n", "a: ? b\n", "'a': {'b': 'c'}\n", "{\"a\": [1, 2.0, null, true]}\n", "a: [b, c,]\n", "a: [b,, c]\n",
    "a: {b: 1, b: 2}\n", "? |\n  x\n: 1\n", "a: &b c\n", "a: &b\n", "key with spaces: value with spaces\n",
    "- - a\n  - b\n- c\n", "-\n- a\n", "a:\n- b\n- c\n", "a: '!x'\nb: \"!y\"\n", "__proto__: 1\n", "a: !!binary aGk=\n",
    "a: |\n  x", "a: >-\n  x", "a: |+\n  x", "- a:\n    b: [\n'*', # c\n'x',\n]\n", "- a:\n    b: {c: d,\ne: [f\n]}\n  g: h\n",
    "- a:\n    b: {c: d\ne}\n", "- a:\n    b: {c\nd: e}\n", "- x:\n  - [a,\nb]\n- y: [c,\nd]\n",
]


def plain(value):
    """A form in which JSON keeps what Python tells apart."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return {"int": str(value)}
    if isinstance(value, float):
        return {"float": repr(value)}
    if isinstance(value, (datetime.date, datetime.datetime)):
        return {"date": str(value)}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {"map": [[plain(k), plain(v)] for k, v in value.items()]}
    return {"other": type(value).__name__}


def case(text):
    try:
        return {"text": text, "value": plain(yaml.safe_load(text))}
    except yaml.MarkedYAMLError as err:
        mark = err.problem_mark or err.context_mark
        return {"text": text, "error": str(err.problem), "line": mark.line + 1}
    except (yaml.YAMLError, ValueError, KeyError, IndexError) as err:
        return {"text": text, "error": str(err)}


if __name__ == "__main__":
    texts = ["- %s\n" % scalar for scalar in SCALARS] + DOCUMENTS
    path = pathlib.Path(__file__).with_name("safe_load.json")
    path.write_text("[\n" + ",\n".join(json.dumps(case(text)) for text in texts) + "\n]\n")
