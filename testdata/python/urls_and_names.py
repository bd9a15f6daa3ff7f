"""Writes urls.json and fnmatch.json: what CPython's urllib.parse and fnmatch make of some texts."""
import fnmatch
import json
import pathlib
import random
from urllib import parse

URLS = [
    "gnocchi://", "file:///var/log/x?max_bytes=10&backup_count=3&json", "file://path/x", "udp://host:4952/",
    "http://user:pa%20ss@Host.Example:80/a/b?x=1&y=&z&x=2#frag", "http://u:p:q@h/", "http://u@h", "http://@h/", "http://:p@h/",
    "monasca://https://vip/metrics/v2.0", "monasca://http://127.0.0.1:8070/v2.0?a=b", "prometheus://[::1]:9091/metrics/job/x",
    "notifier://?policy=drop&per_meter_topic=1", "notifier://u:p@h:5672/vh?topic=a%20b+c", "HTTP://H", "a+b-c.d://x", "tcp://h:",
    "http://a@b@c/", "http://h?x", "http://h#f?x", "http://h/p;q?r", "zaqar://?queue=q&ttl=1", "x:/a/b://", " http://h/", "ht\ttp://h/\n",
    "http://h/%41%zz%C3%A9?%41=%C3%A9&a=%zz&b=1%2B1", "http://h:080/", "http://h:0/", "http://h:99999/", "http://h:x/", "http://h:-1/",
    "http://h:8 0/", "http://[::1", "http://::1]/", "http://[nope]/", "http://h/?a=b;c=d", "http://h/?&&a=1&", "test://", "://x", "1a://x",
    "x y://", "no_scheme://h", "http:///p", "http://h//p//", "http://\u00e9.example/\u00e9?\u00e9=\u00e9", "http://h/?a=%FF",
]

PATTERNS = [
    "*", "?", "", "a", "a*", "*a", "*a*", "a?c", "[abc]", "[a-c]", "[!a-c]", "[]]", "[!]]", "[]", "[!]", "[a", "[!a", "a[", "[a-]", "[-a]",
    "[c-a]", "[!c-a]", "[a-c-e]", "[--a]", "[a--b]", "[]-a]", "[^a]", "[[]", "[a&&b]", "[a||b]", "[~~]", "[\\]", "[\\d]", "\\d", "a.b", "disk.*", "!a",
    "*.*", "**", "a**b", "?*?", "[.]", "\u00e9*", "[\u00e0-\u00ff]", "\U0001f600?", "a\nb", "*\n*", "[a-]b]", "[!-]", "[!--]", "[b-a-d]", "[ab-ad-f]",
]
NAMES = ["", "a", "b", "c", "d", "e", "f", "]", "[", "-", "!", "^", "&", "|", "~", "\\", ".", "ab", "abc", "a.b", "disk.read", "!a", "a]", "a[", "[]", "[a",
         "\u00e9", "\u00e9a", "\U0001f600", "\U0001f600a", "a\nb", "\n", "aXXb", "aab", "]b", "-b", "\\d", "5", "A"]


def taken_apart(url):
    try:
        parts = parse.urlsplit(url)
        return {"scheme": parts.scheme, "user": parts.username, "password": parts.password,
                "host": parts.hostname or "", "port": parts.port, "path": parts.path,
                "query": parse.parse_qsl(parts.query, keep_blank_values=True)}
    except ValueError as err:
        return {"error": str(err)}


def main():
    here = pathlib.Path(__file__)
    urls = [[url, taken_apart(url)] for url in URLS]
    here.with_name("urls.json").write_text("[\n" + ",\n".join(map(json.dumps, urls)) + "\n]\n")
    rng = random.Random(7)
    random_patterns = ["".join(rng.choice("ab-!]^[*?\\") for _ in range(rng.randint(1, 8))) for _ in range(300)]
    names = NAMES + ["".join(rng.choice("ab-!]^[\\") for _ in range(rng.randint(1, 4))) for _ in range(40)]
    rows = [[p, [n for n in names if fnmatch.fnmatchcase(n, p)]] for p in PATTERNS + random_patterns]
    text = json.dumps(names) + ",\n" + ",\n".join(map(json.dumps, rows))
    here.with_name("fnmatch.json").write_text("[\n" + text + "\n]\n")


if __name__ == "__main__":
    main()
