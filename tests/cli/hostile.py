#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Filters and policies that are made to take for ever: paths, states, conditions and diagrams that are
exponential in their length. Each must be read, or refused with a reason, within seconds and bounded memory."""
import json
import os
import resource
import struct
import subprocess
import sys
import tempfile
import time

WHITTLE = os.environ["WHITTLE"]
SECONDS = 40  # of a sanitized build on a busy machine; a plain one takes two
MEGABYTES = 900  # the same
ALLOW, ERRNO = 0x7FFF0000, 0x00050001
LD, IMMEDIATE, ST, LD_MEMORY, TAX = 0x20, 0x00, 0x02, 0x60, 0x07
ADD, ADD_X, AND, XOR_X, RSH = 0x04, 0x0C, 0x54, 0xAC, 0x74
JEQ, JGT, JGE, JSET, RET = 0x15, 0x25, 0x35, 0x45, 0x06

directory = tempfile.TemporaryDirectory()
count = failed = 0


def i(code, k=0, jt=0, jf=0):
    return struct.pack("<HBBI", code, jt, jf, k & 0xFFFFFFFF)


HEAD = [i(LD, 4), i(JEQ, 0xC000003E, 1, 0), i(RET, 0)]


def word(n):
    return 16 + 4 * (n % 12)


def diamonds(what):
    """Each of many diamonds may add to a sum: 2^600 sums, or as many ways to few sums."""
    program = HEAD + [i(IMMEDIATE), i(ST)]
    for n in range(600):
        program += [i(LD, word(n)), i(JSET, 1 << (n % 32), 0, 3), i(LD_MEMORY), i(ADD, what(n)), i(ST)]
    return program + [i(LD_MEMORY), i(JGT, 190, 0, 1), i(RET, ALLOW), i(RET, ERRNO)]


def equalities_of_far_words():
    """Argument i against argument i + 3: no order of bits that is fixed has a small diagram for all."""
    program = list(HEAD)
    for n in range(670):
        program += [i(LD, 16 + 4 * (n % 6)), i(TAX), i(LD, 40 + 4 * (n % 6)), i(XOR_X), i(JEQ, n, 0, 1),
                    i(RET, ERRNO + n)]
    return program + [i(RET, ALLOW)]


def sums_of_words():
    program = list(HEAD)
    for n in range(670):
        program += [i(LD, word(n)), i(TAX), i(LD, word(n * 7 + 3)), i(ADD_X), i(JEQ, n * 7919, 0, 1),
                    i(RET, ERRNO + n)]
    return program + [i(RET, ALLOW)]


def parities():
    """Small as a diagram, and without any short form as conditions."""
    program = list(HEAD)
    for n in range(12):
        program += [i(LD, word(n))]
        for shift in (16, 8, 4, 2, 1):
            program += [i(TAX), i(RSH, shift), i(XOR_X)]
        program += [i(AND, 1), i(JEQ, 0, 0, 1), i(RET, ERRNO + n)]
    return program + [i(RET, ALLOW)]


def rules_without_number():
    return [{"abi": "x86_64", "nr": 3 * n, "action": "log" if n % 2 else "allow",
             "clauses": [[{"argument": 0, "comparison": "==", "value": n}]]} for n in range(50000)]


def equal_bits_of_far_arguments():
    return [{"abi": "x86_64", "nr": 1, "action": "allow", "clauses": [
        [{"argument": argument, "comparison": "&==", "mask": 1 << bit, "value": value << bit}
         for argument in (0, 5)] for bit in range(40) for value in (0, 1)]}]


def write(name, data):
    path = os.path.join(directory.name, name)
    with open(path, "wb") as file:
        file.write(data)
    return path


def policy(name, rules):
    return write(name, json.dumps({"format": "whittle-policy", "version": 1, "abis": ["x86_64"],
                                   "default": "errno:EPERM", "foreign": "kill_process",
                                   "rules": rules}).encode())


def case(sentence, *command):
    global count, failed
    count += 1
    start = time.monotonic()
    try:
        done = subprocess.run([WHITTLE, *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              text=True, timeout=SECONDS)
        trouble = "" if done.returncode in (0, 1, 2, 65, 69) and "Sanitizer" not in done.stderr \
            else f"status {done.returncode}: {done.stderr[:400]}"
        if done.returncode >= 2 and not done.stderr.startswith("whittle: "):
            trouble = f"refused without a reason: {done.stderr[:400]}"
    except subprocess.TimeoutExpired:
        trouble = f"did not end within {SECONDS} s"
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    if not trouble and peak > MEGABYTES:
        trouble = f"took {peak} MB"
    failed += bool(trouble)
    print(f"# {time.monotonic() - start:.1f} s, {peak} MB at the most so far")
    if trouble:
        print("# " + trouble.replace("\n", "\n# "))
    print(f"{'not ok' if trouble else 'ok'} {count} - {sentence}", flush=True)


some = policy("some", [{"abi": "x86_64", "nr": 2 * n, "action": "allow"} for n in range(150)])
case("2^600 sums are too many, and said to be", "decode",
     write("sums.bpf", b"".join(diamonds(lambda n: n * 2654435761))))
case("many ways to few sums end", "decode", write("count.bpf", b"".join(diamonds(lambda n: 1))))
case("equalities of far words end", "decode",
     write("far.bpf", b"".join(equalities_of_far_words())))
case("sums of words end", "decode", write("words.bpf", b"".join(sums_of_words())))
case("differences without a short form end", "compare",
     write("parity.bpf", b"".join(parities())), some)
case("a policy with 50,000 conditions ends", "compile", policy("many", rules_without_number()))
case("a policy with a condition that has no small diagram ends", "compile",
     policy("far", equal_bits_of_far_arguments()))
print(f"1..{count}")
sys.exit(failed > 0)
