"""Writes cases.json: random messages with what CPython makes of them.

Each case: the message as JSON text, a secret, and Python's repr, json.dumps, the signature that
Ceilometer's rule gives (names and values as text in sorted order, lists with byte strings) and the
msgpack bytes (use_bin_type). Run with msgpack 1.2.4 on the path: python3 generate.py > cases.json
"""
import datetime
import hashlib
import hmac
import json
import random

import msgpack

TEXTS = [
    "", "a", "vm-1", "größe", "温度", "\U0001f321", "it's", 'say "x"', 'both \' and "', "back\\slash",
    "tab\tline\nreturn\r", "\x00\x1f\x7f\x80\xa0\xad", "\u2028\u3000\ue000\uffff", "x" * 31, "x" * 32,
    "y" * 255, "z" * 256, "ü" * 40000, "None", "True", "1", ":", "a:b", "null", "=", "&<>",
]
NUMBERS = [
    0, 1, -1, 127, 128, 255, 256, 65535, 65536, 2**31, 2**32 - 1, 2**32, 2**53, 2**63, 2**64 - 1,
    -32, -33, -128, -129, -32768, -32769, -2**31, -2**31 - 1, -2**63, 1.0, -0.0, 0.1, 1.5, 1e16, 1e21,
    1e22, 1e-5, 0.0001, 123456789.123, 5e-324, 1.7976931348623157e308, 3.0, 100.0,
]
KEYS = ["name", "id", "a", "b", "B", "_x", "1", "10", "2", "a:b", "clé", "\U0001f321k", "\uff21k", "\ue000",
        "message_signature", "x y", "", "host", "hw:numa", "__proto__", "it's"]


def scalar(rng):
    return rng.choice([rng.choice(TEXTS[:20]), rng.choice(NUMBERS), rng.choice(TEXTS), None, True, False])


def value(rng, depth=0):
    kind = rng.random()
    if depth > 3 or kind < 0.6:
        return scalar(rng)
    if kind < 0.8:
        return [value(rng, depth + 1) for _ in range(rng.choice([0, 1, 2, 3, 17]))]
    return members(rng, depth + 1)


def members(rng, depth=0):
    return {key: value(rng, depth) for key in rng.sample(KEYS, rng.choice([0, 1, 3, 5, 17]))}


def byte_strings(data):
    if isinstance(data, dict):
        return {byte_strings(key): byte_strings(data[key]) for key in sorted(data)}
    if isinstance(data, (list, tuple)):
        return [byte_strings(item) for item in data]
    return data.encode("utf-8") if isinstance(data, str) else data


def pairs(data, prefix=""):
    for key in sorted(data):
        item = data[key]
        if isinstance(item, dict):
            yield from pairs(item, prefix + key + ":")
        elif prefix + key != "message_signature":
            yield prefix + key, byte_strings(item) if isinstance(item, list) else item


def signature(message, secret):
    if not secret:
        return ""
    text = "".join(str(name) + str(item) for name, item in pairs(message))
    return hmac.new(secret.encode("utf-8"), text.encode("utf-8"), hashlib.sha256).hexdigest()


def case(message, secret):
    return {
        "message": json.dumps(message, ensure_ascii=False),
        "secret": secret,
        "repr": repr(message),
        "json": json.dumps(message),
        "signature": signature(message, secret),
        "msgpack": hashlib.sha256(msgpack.packb(message, use_bin_type=True)).hexdigest(),
        "msgpack_length": len(msgpack.packb(message, use_bin_type=True)),
    }


def sort_numbers_first(data):
    """The order in which a JavaScript object lists its members."""
    if isinstance(data, list):
        return [sort_numbers_first(item) for item in data]
    if not isinstance(data, dict):
        return data
    numbers = sorted((key for key in data if key.isdigit()), key=int)
    keys = numbers + [key for key in data if not key.isdigit()]
    return {key: sort_numbers_first(data[key]) for key in keys}


def times(rng):
    moments = [datetime.datetime(2026, 1, 2, 3, 4), datetime.datetime(2026, 1, 2, 3, 4, 5),
               datetime.datetime(1, 1, 1), datetime.datetime(9999, 12, 31, 23, 59, 59, 999999),
               datetime.datetime(1969, 12, 31, 23, 59, 59, 999999), datetime.datetime(1970, 1, 1, 0, 0, 0, 1)]
    for _ in range(20):
        moments.append(datetime.datetime(2000, 1, 1) + datetime.timedelta(
            microseconds=rng.randrange(10**15), seconds=rng.randrange(100)))
    epoch = datetime.datetime(1970, 1, 1)
    return [{"microseconds": str((moment - epoch) // datetime.timedelta(microseconds=1)),
             "iso": moment.isoformat(), "str": str(moment), "repr": repr(moment)} for moment in moments]


def main():
    rng = random.Random(4)
    messages = [{}, {"a": TEXTS}, {"a": NUMBERS}, *({"a": text} for text in TEXTS), *({"a": n} for n in NUMBERS),
                {"a": [0] * 15}, {"a": [0] * 16}, {"a": [0] * 65536}, {str(n): n for n in range(15)},
                {str(n): n for n in range(16)}, {"k%d" % n: n for n in range(65536)}]
    messages += [members(rng) for _ in range(120)]
    secrets = ["secret", "", "sécret ü", "k" * 65]
    cases = [case(sort_numbers_first(message), secrets[n % len(secrets)]) for n, message in enumerate(messages)]
    short = [one for one in cases if len(one["json"]) < 3000]
    long = [{name: one[name] for name in ("message", "secret", "signature", "msgpack", "msgpack_length")}
            for one in cases if 3000 <= len(one["json"]) < 30000]
    print(json.dumps({"messages": short + long, "times": times(rng)}, indent=0))


main()
