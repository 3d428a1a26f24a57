#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The schema of recordings against the program: what whittle writes, the schema accepts; what the
schema refuses, whittle refuses (TAP)."""
import copy
import json
import os
import subprocess
import sys
import tempfile

import jsonschema

SOURCE = os.environ["SOURCE"]
WHITTLE = os.environ["WHITTLE"]
MAKE_RECORDING = os.environ["MAKE_RECORDING"]
SEEDS = 60

with open(os.path.join(SOURCE, "docs", "recording.schema.json"), encoding="utf-8") as file:
    schema = json.load(file)
with open(os.path.join(SOURCE, "tests", "data", "nginx.rec"), encoding="utf-8") as file:
    sample = json.load(file)
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
count = failed = 0


def case(sentence, holds, detail=""):
    global count, failed
    count += 1
    failed += not holds
    if not holds:
        print("# " + detail.replace("\n", "\n# "))
    print(f"{'ok' if holds else 'not ok'} {count} - {sentence}", flush=True)


def accepted(recording):
    """Whether whittle reads it, and what it says where it does not."""
    with tempfile.NamedTemporaryFile("w", suffix=".rec") as file:
        json.dump(recording, file)
        file.flush()
        done = subprocess.run([WHITTLE, "merge", file.name], stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True)
    return done.returncode == 0, done.stderr


def first_error(recording):
    error = next(iter(validator.iter_errors(recording)), None)
    return f"{list(error.absolute_path)}: {error.message}" if error else ""


# Objects in a recording are told apart by a member that only they have.
def places(value, path=()):
    yield path, value
    if isinstance(value, dict):
        for key, member in value.items():
            yield from places(member, path + (key,))
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield from places(element, path + (index,))


def shape_of(path):
    return tuple("*" if isinstance(step, int) else step for step in path)


def changed(path, change):
    recording = copy.deepcopy(sample)
    at = recording
    for step in path[:-1]:
        at = at[step]
    change(at, path[-1])
    return recording


def put(value):
    def change(at, key):
        at[key] = value
    return change


def delete(at, key):
    del at[key]


def add_unknown(at, key):
    at[key]["unknown"] = 1


def mutations():
    """One of each kind at each place of the sample's shape."""
    seen = set()
    for path, value in places(sample):
        if not path or shape_of(path) in seen:
            continue
        seen.add(shape_of(path))
        for kind in ("text", -1, 1.5, None, True, [], {}, 2 ** 63, "\\q"):
            if type(kind) is not type(value):
                yield f"{kind!r} for {'.'.join(map(str, path))}", changed(path, put(kind))
        if isinstance(value, str):
            yield f"a bad escape in {'.'.join(map(str, path))}", changed(path, put("\\q"))
        if isinstance(value, int) and not isinstance(value, bool):
            yield f"-2^31 - 1 for {'.'.join(map(str, path))}", changed(path, put(-2 ** 31 - 1))
        if isinstance(path[-1], str):
            yield f"no {'.'.join(map(str, path))}", changed(path, delete)
        if isinstance(value, dict):
            yield f"more in {'.'.join(map(str, path))}", changed(path, add_unknown)


bad = [f"seed {seed}: {error}" for seed in range(SEEDS)
       if (error := first_error(json.loads(subprocess.run(
           [MAKE_RECORDING, "random", str(seed)], stdout=subprocess.PIPE, check=True).stdout)))]
case(f"the schema accepts {SEEDS} recordings that whittle wrote", not bad, "\n".join(bad))
case("the schema accepts the sample", not first_error(sample), first_error(sample))

tried = refused = 0
wrong = []
for sentence, recording in mutations():
    tried += 1
    valid = validator.is_valid(recording)
    taken, message = accepted(recording)
    refused += not valid
    if taken != valid:
        wrong.append(f"{sentence}: the schema says {valid}, whittle says {taken} {message}")
# A mutation may be in the schema's blind spot (an index that names nothing): none of these is.
case(f"whittle and the schema agree on each of {tried} changes, and refuse {refused}",
     not wrong and tried > 300 and refused > 250,
     "\n".join(wrong) + f"\n{tried} tried, {refused} refused")
print(f"1..{count}")
sys.exit(failed > 0)
