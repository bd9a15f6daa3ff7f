"""Writes event_types.json: which traits, of which types and from where, Ceilometer's own event
definitions give to which event types. Run with the path of its event_definitions.yaml (b4ccf244)."""
import fnmatch
import json
import pathlib
import sys

import yaml

definitions = yaml.safe_load(pathlib.Path(sys.argv[1]).read_text())


def patterns(definition):
    types = definition["event_type"]
    return [types] if isinstance(types, str) else types


def winner(event_type):
    for definition in reversed(definitions):
        if any(fnmatch.fnmatch(event_type, pattern) for pattern in patterns(definition)):
            return definition


def trait(definition):
    fields = definition["fields"]
    return [definition.get("type", "text"), fields if isinstance(fields, list) else [fields]]


def main():
    types = {p.replace("*", "some.end") for d in definitions for p in patterns(d)}
    types |= {p.replace("*", "create.start") for d in definitions for p in patterns(d)}
    facts = {
        name: {key: trait(value) for key, value in sorted(winner(name)["traits"].items())}
        for name in sorted(types)
    }
    lines = ["%s: %s" % (json.dumps(name), json.dumps(traits)) for name, traits in facts.items()]
    path = pathlib.Path(__file__).with_name("event_types.json")
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
