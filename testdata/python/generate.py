"""Writes cases.json beside it: what CPython itself makes of JSON texts and strings. Run by hand: python3 generate.py"""
import json
import os
import random
import struct
import sys

TEXTS = [
    'null', 'true', 'false', 'NaN', 'Infinity', '-Infinity', '-NaN', 'nan', 'None', '', ' ', '\ufeff1', '\ufeff\ufeff1', '0', '-0', '-0.0', '1', '-1', '01', '1.', '.5', '+1', '1.0', '1e5', '1E5',
    '1e+5', '1e-5', '1e', '1e+', '1.5e3', '1e22', '1e-7', '1e400', '-1e400', '1e-400', '123456789012345678901234567890', '9007199254740993', '9007199254740993.0', '0x10', '1_000', '1 2', '"', '""',
    '"a', '"\\', '"\\u12', '"\\u12G4"', '"\\u+123"', '"\\u 123"', '"\\x41"', '"\\a"', '"\\/\\b\\f\\n\\r\\t\\"\\\\"', '"\t"', '"\n"', '"\x00"', '"\x1f"', '"\x7f"', '"\x80\x85\u2028\uffff"', '"\\u0000\\u001f"',
    '"\\ud83d\\ude00"', '"\\ud83dx"', '"\\ude00\\ud83d"', '"\U0001f600é日本"', "'a'", '[]', '[ ]', '[1]', '[1,]', '[,1]', '[1 2]', '[1, 2.0, "x", null, true, {}, []]', '[', '[1', '[1,', ']', '{}', '{ }', '{"a"}', '{"a":}', '{"a":1,}',
    '{"a": 1, "b": 2, "a": 3}', '{a: 1}', "{'a': 1}", '{"a" : 1 , "b" : [ 1 , 2 ] }', '\t\n\r {"a":1}\n', '\x0b1', '\xa01', '1\x00', '{"__proto__": {"x": 1}, "constructor": 2}', '{"1": 1, "0": 0, "-1": 2}', '{"": ""}',
    '{"nested": {"k": [1, "é"]}, "n": null}', '// c\n1', 'nul', 'truex', 'tru', '[NaN, -Infinity, Infinity]', '"it\'s"', '"say \\"hi\\""', '"it\'s \\"both\\""', '"a\\\\b\\nc"', '{"k\'1": "v\\"1", "k": ["it\'s", 1.0, -0.0, 1e16, 1e22, null, false]}',
    '"\\u00ad\\u200b\\u2028\\u3000\\ue000\\u0378\\ud800"', '"\\u00e9 \\u65e5"', '0.1', '100', '1.10', '1e15', '1e16', '1e17', '123456789012345680.0', '9999999999999998.0', '0.0001', '0.00001', '0.00012345', '5e-324', '1.7976931348623157e308',
    '[[1], [2, [3]]]', '{"a": {"b": {"c": []}}}', '12345678901234567', '-9223372036854775809', '1e3', '3.0e0', '2.5', '-2.5', '621491321',
]
STRINGS = [
    '', ' ', '7', ' 7 ', '\t7\n', '\x1c7\x1f', '\x1c\u0667\x1f', '\x857\xa0', '\u20037\u3000', '\ufeff7', '\u180e7', '\u200b7', '1_000', '1__0', '_1', '1_', '1_.0', '1._0', '1_0.0_1e1_0', '1e_1', '1e1_', '+5', '-5', '+-5', '- 5', '--5', '007', '-007', '0_0', '0x10', '0b1',
    '1.5', '1.', '.5', '.', '+.5', '5e', '5e3', '5E+3', '5e-3', '5e+', 'e5', '1e400', '-1e400', '1e-400', 'nan', 'NaN', '-nan', '+nan', 'inf', 'Infinity', '-INF', '+inf', 'infinit', 'infinityx', 'nan(1)', 'abc', '1,5', '1 2', '1\x00', '\u0661\u0662', '\uff11\uff12', '\u0966.\u096b',
    '\U0001d7ce\U0001d7d9\U0001d7ff', '\u00b2', '\u2460', '\u4e00', '1.0', '1554725987408.5', '1554725987408', 'now', '123456789012345678901234567890', '9' * 400, '9' * 4300, '9' * 4301, '-' + '9' * 4300, 'True', 'None', '1L', '1j', '1f', '0.1e1', '\U000104a1\U000104a5', '١٫٥', '1e１',
    '0000000000000000000000.5', '\u22125', '5-', '++5', '1e5.5', '6.02214076e23', '0.1', '1e22', '1e23', '4.35', '0.000123', '9007199254740993', '2.2250738585072011e-308', '179769313486231570000000000000000000000e270',
]


def outcome(make):
    try:
        return {'is': make()}
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        return {'error': type(error).__name__}


def json_case(text):
    case = {'text': text}
    try:
        value = json.loads(text.lstrip('\ufeff') if text.startswith('\ufeff') and not text.startswith('\ufeff\ufeff') else text)
    except (ValueError, RecursionError):
        return case | {'error': True}
    case |= {'dumps': json.dumps(value, ensure_ascii=False), 'ascii': json.dumps(value), 'str': str(value), 'repr': repr(value), 'truthy': bool(value)}
    case['float'] = outcome(lambda: repr(float(value)))
    case['int'] = outcome(lambda: str(int(value)))
    return case


def floats():
    draw = random.Random(7)
    for _ in range(400):
        value = struct.unpack('<d', struct.pack('<Q', draw.getrandbits(64)))[0]
        if value == value and abs(value) != float('inf'):
            yield value
    for _ in range(400):
        yield draw.uniform(-1, 1) * 10 ** draw.randrange(-8, 20)
    for _ in range(200):
        yield float(draw.randrange(10 ** draw.randrange(1, 23)))


words = ['a', 'Z', '_', 'é', '日', '\uffff', '\ue000', '\U0001f600', '\U00010000', 'a b', '-', '', 'aa', 'a\U0001f600', 'a\uff5e', '\ud7ff']
document = {
    'origin': 'CPython ' + sys.version.split()[0],
    'json': [json_case(text) for text in TEXTS],
    'strings': [{'text': s, 'float': outcome(lambda: repr(float(s))), 'int': outcome(lambda: str(int(s)))} for s in STRINGS],
    'floats': [{'bits': struct.pack('>d', value).hex(), 'repr': repr(value)} for value in floats()],
    'sorted': sorted(words),
}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'cases.json'), 'w') as out:
    json.dump(document, out, separators=(',', ':'))
    out.write('\n')
