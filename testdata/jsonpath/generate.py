"""Writes cases.json beside it: random expressions and values, and what jsonpath-rw-ext 1.2.2 makes of them.

Run by hand where that library is installed: python3 generate.py. A case is {"text", "value" (JSON text)} with one of
"refused": true, "raises": the Python error, "found": [[dotted path, JSON text], ...].
"""
import contextlib
import io
import json
import os
import random

import ply.lex
import ply.yacc
from jsonpath_rw_ext import parser

COUNT = 2500
NAMES = ['a', 'b', 'c', 'd', 'list', 'x-y', '@t', "'q r'", '"z"', 'true_x', 'where', 'n1']
INDEXES = ['0', '1', '-1', '*', ':', '1:', ':1', '-2:', '0:1', 'a', '"a",b', "'*'", 'x']
NAMED = ['this', 'parent', 'len', 'sorted', 'split(., 0, -1)', 'split(-, 1, 1)', 'sub(/a/, b)', 'sub(/(x)/, <\\\\1>)', 'sub(/.*/, )', 'nope']
draw = random.Random(11)

# The tables are the same for every expression; making them anew takes most of the time.
made = {}
make_parser, make_lexer = ply.yacc.yacc, ply.lex.lex
ply.yacc.yacc = lambda *a, **k: made.get('parser') or made.setdefault('parser', make_parser(*a, **k))
ply.lex.lex = lambda *a, **k: (made.get('lexer') or made.setdefault('lexer', make_lexer(*a, **k))).clone()


def primary(depth):
    kind = draw.random()
    if kind < .45:
        return draw.choice(NAMES)
    if kind < .65:
        return draw.choice('$@*')
    if kind < .70:
        return '[%s]' % draw.choice(INDEXES)
    if kind < .76:
        return '`%s`' % draw.choice(NAMED)
    if kind < .84:
        return '(%s)' % path(depth - 1)
    return draw.choice(['1', '2', '-1', '2.5', '1.0', '0']) if kind < .95 else draw.choice(['', ')', '.', '#', '1a'])


def condition(depth):
    text = path(depth - 1)
    if draw.random() < .7:
        text += draw.choice([' = ', '==', '!=', '<', '>', '<=', '>=', '~']) + draw.choice(['1', '2', 'a', '"x"', 'true', 'false', '1.5', 'abc', "'.*'", '-1'])
    if draw.random() < .3:
        text = '(%s)' % text
    return '%s & %s' % (text, condition(depth - 1)) if draw.random() < .25 and depth > 0 else text


def path(depth):
    kind = draw.random()
    if depth <= 0 or kind < .30:
        return primary(depth)
    left = path(depth - 1)
    if kind < .60:
        return left + draw.choice(['.', '.', '.', '..']) + path(depth - 1)
    if kind < .68:
        return left + draw.choice(['|', ' | ', '&', ' where ']) + path(depth - 1)
    if kind < .80:
        return left + draw.choice(['+', ' + ', ' - ', ' * ', '-', '/']) + path(depth - 1)
    if kind < .90:
        return '%s[%s]' % (left, draw.choice(INDEXES))
    if kind < .97:
        return '%s[?%s]' % (left, condition(depth - 1))
    return '%s[%s]' % (left, draw.choice(['/a', '\\a', '/a,/b', '/a\\b', '/a.b, \\c']))


def value(depth):
    kind = draw.random()
    if depth > 0 and kind < .45:
        return {name.strip('\'"'): value(depth - 1) for name in draw.sample(NAMES, draw.randint(0, 5))}
    if depth > 0 and kind < .62:
        return [value(depth - 1) for _ in range(draw.randint(0, 4))]
    return draw.choice([0, 1, 2, -3, 1.5, 2.0, 8.25, 'a', 'x', 'abc', 'a.b-c', '1', '', True, False, None, 'é😀x', 10 ** 20])


def steps(match):
    if match.context is not None:
        yield from steps(match.context)
        yield str(match.path)


def outcome(text, root):
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            find = parser.parse(text).find
        except Exception:
            return {'refused': True}
        try:
            return {'found': [['.'.join(steps(match)), json.dumps(match.value)] for match in find(root)]}
        except Exception as error:
            return {'raises': type(error).__name__}


cases = []
while len(cases) < COUNT:
    text, root = path(draw.randint(1, 4)), value(3)
    case = {'text': text, 'value': json.dumps(root)} | outcome(text, root)
    # Half of all expressions find nothing or do not parse; a tenth of those is enough.
    if case.get('found') or draw.random() < .2:
        cases.append(case)
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'cases.json'), 'w') as out:
    json.dump({'origin': 'jsonpath-rw-ext 1.2.2, jsonpath-rw 1.4.0', 'cases': cases}, out, separators=(',', ':'))
    out.write('\n')
