"""Writes rotations.json: what Python's RotatingFileHandler leaves behind. python3 rotate.py > rotations.json"""
import json
import logging.handlers
import os
import random
import tempfile


def rotated(lines, max_bytes, backups, before):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "f")
        for name, text in before.items():
            with open(os.path.join(folder, name), "w", encoding="utf8") as file:
                file.write(text)
        handler = logging.handlers.RotatingFileHandler(path, encoding="utf8", maxBytes=max_bytes,
                                                       backupCount=backups)
        logger = logging.Logger("one")
        logger.addHandler(handler)
        for line in lines:
            logger.info(line)
        handler.close()
        return {name: open(os.path.join(folder, name), encoding="utf8").read() for name in sorted(os.listdir(folder))}


rng = random.Random(7)
cases = []
for n in range(60):
    lines = ["%s%d" % (rng.choice(["a", "é", "\U0001f321", "xyz"]) * rng.randrange(0, 30), i)
             for i in range(rng.randrange(1, 25))]
    before = rng.choice([{}, {"f": "old\n"}, {"f": "old\n", "f.1": "older\n", "f.3": "oldest\n"}])
    max_bytes, backups = rng.choice([0, 1, 10, 50, 100, 300]), rng.choice([0, 1, 2, 3, 5])
    cases.append({"lines": lines, "max_bytes": max_bytes, "backups": backups, "before": before,
                  "after": rotated(lines, max_bytes, backups, before)})
print(json.dumps(cases, indent=0))
