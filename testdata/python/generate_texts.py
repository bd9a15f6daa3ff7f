"""Writes iso_times.json, patterns.json and documents.json beside it: what CPython, its re and json, and the iso8601 package make of texts.

Run by hand: python3 generate_texts.py (iso8601 is needed for the first).
"""
import json
import os
import random
import re
import sys
import warnings

import iso8601

warnings.simplefilter('ignore')
draw = random.Random(5)
origin = 'CPython %s, iso8601 2' % sys.version.split()[0]


def write(name, **content):
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), name), 'w') as out:
        json.dump({'origin': origin, **content}, out, separators=(',', ':'))
        out.write('\n')


def iso(text):
    try:
        return iso8601.parse_date(text).isoformat()
    except iso8601.ParseError:
        return None


TIMES = [
    '2024-05-06T07:08:09', '2024-05-06 07:08:09', '2024-05-06T07:08:09.5', '2024-05-06T07:08:09,562+02:00', '2024-05-06T07:08:09.123456789Z', '2024-05-06T07:08:09-0330', '2024-05-06T07:08:09+05', '2024-05-06t07:08:09',
    '20240506T070809', '20240506T0708', '20240506', '202405', '2024-05', '2024', '2024-5-6', '2024-05-06T07', '2024-05-06T07:08', '2024-05-06T07:8:09', '2024-05-06T07:08:9', '2024-13-01', '2024-02-30', '2024-02-29', '2023-02-29',
    '1900-02-29', '2000-02-29', '0000-01-01', '0001-01-01T00:00:00+05:00', '9999-12-31T23:59:59.999999-05:00', '2024-05-06T24:00:00', '2024-05-06T23:59:60', '2024-05-06T07:08:09+24:00', '2024-05-06T07:08:09+23:59',
    '2024-05-06T07:08:09+10:75', '', ' 2024', '2024 ', '2024\n', '2024-05-06T07:08:09\n', '2024-05-06T', '2024-05-06TZ', '2024-05-06T07Z', '2024-05-06Z', 'now', '1554725987', '2024-05-06T07:08:09.000000', '2024-05-06T07:08:09.0000001',
    '2024-05-06T07:08:09.1234567', '2024-05-06  07:08:09', '2024-05-06T07:08:09 +00:00', '٢٠٢٤-05-06', '1969-12-31T23:59:59.5', '0099-03-01T01:02:03', '2024-05-06T07:08:09-00:00', '2024-05-06T07:08:09+00:01',
]
for _ in range(300):
    parts = [str(draw.choice([1970, 1999, 2012, 2024, 2030])), '-', '%02d' % draw.randint(1, 13), '-', '%02d' % draw.randint(1, 31), draw.choice('T  x'), '%02d' % draw.randint(0, 24), ':', '%02d' % draw.randint(0, 60), ':',
             '%02d' % draw.randint(0, 60), draw.choice(['', '.', ',']), str(draw.randint(0, 10 ** draw.randint(1, 9))), draw.choice(['', 'Z', '+02:00', '-0530', '+1'])]
    for _ in range(draw.choice([0, 0, 1])):
        del parts[draw.randrange(len(parts))]
    TIMES.append(''.join(parts))
write('iso_times.json', times=[[text, iso(text)] for text in TIMES])

PATTERNS = [
    'compute.instance.(?!create.start|update).*', 'volume.create.*', 'a|b', '^a$', 'a$', '$', '\\d+', '\\w+\\.x', '[a-z]+\\.create', '[]a]+', '[^]a]+', 'a{2}', 'a{,2}', 'a{2,}b', 'a{x}', '{', 'a{}', 'x*', '.*', '(a)(b)?',
    '(?P<n>a)(?P=n)', '(?i)ABC', '(?s).+', '\\s', '\\Sx', '\\bfoo\\b', '\\Bo', '[\\d_]', '[\\w.-]+', '[a\\-z]', '[-a]', '[a-]', '\\/', 'é', '(?:a|b)+?c', '(a|b)\\1', '\\x41', '\\u0041', '\\n', 'a**', '(', '[', '\\q', '*a',
    '(?<=a)b', '\\Aab\\Z', '(?#c)a', '\\0', '\\101', 'a{1,3}?', '[[]', '#', 'a&&b', '[&&]', '(?m)^b$', '日+',
]
SUBJECTS = ['', 'a', 'aab', 'abab', 'compute.instance.create.start', 'compute.instance.create.end', 'b\n', 'a\n', 'x\ny', '12', '٣', 'foo bar', 'é', '日本', 'ABC', '-', 'a/b', '{', 'a{x}', ']', '\x00', '&&', 'test.create', '\U0001f600', 'a\nb', 'a.b_c-d']
TEMPLATES = ['', '\\1', '<\\g<0>>', '\\g<n>', '\\\\', '\\n', '\\q', '$1', '\\g<9>']


def attempt(make):
    try:
        return make()
    except (re.error, IndexError):
        return None


patterns = []
for pattern in PATTERNS:
    for subject in SUBJECTS:
        template = draw.choice(TEMPLATES)
        patterns.append([pattern, subject, attempt(lambda: bool(re.match(pattern, subject))), template, attempt(lambda: re.sub(pattern, template, subject))])
write('patterns.json', cases=patterns)

NUMBERS = ['0', '-0', '1', '-7', '0.0', '-0.0', '1.0', '10.00', '1.5', '0.1', '1e5', '1E+2', '1.5e3', '1e-7', '10e-1', '0e-3', '2.50e1', '9007199254740991', '9007199254740992', '9007199254740993', '9100000000000000', '1234567890123456', '12345678901234567',
           '123456789012345678901234567890', '0.4532123412341234', '1.9999999999999999999', '1234567.9999999999', '99999999999.99999', '1e400', '-1e400', 'NaN', 'Infinity', '-Infinity', '1e16', '1e22', '123456.0e-1']


def document(depth):
    kind = draw.random()
    gap = draw.choice(['', ' '])
    if depth > 0 and kind < .4:
        return '{' + (',' + gap).join('"%s":%s%s' % (name, gap, document(depth - 1)) for name in draw.sample(['a', 'b', 'ip 10.0.0.1', 'é', '__proto__', 'mac fa:16:3e:4e:1e'], draw.randint(0, 4))) + '}'
    if depth > 0 and kind < .6:
        return '[' + (',' + gap).join(document(depth - 1) for _ in range(draw.randint(0, 4))) + gap + ']'
    if kind < .85:
        return draw.choice(NUMBERS)
    return draw.choice(['null', 'true', 'false', '"x"', '"1.0, 2.0"', '"[1.0]"', '"\\ud83d\\ude00"', '"日本 \\u0000"', '""'])


texts = [document(4) for _ in range(600)]
write('documents.json', documents=[[text, json.dumps(json.loads(text)), repr(json.loads(text))] for text in texts])
