#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the code blocks of a page as one shell script, and compares the output with the page.

    tutorial.py script PAGE            prints the script: each "$ COMMAND" of the page, after a mark with its number
    tutorial.py list PAGE              prints each command, one a line
    tutorial.py compare PAGE OUTPUT N  compares the output of the command N with the page; prints the difference
    tutorial.py same PAGE PAGE2 PREFIX compares the outputs of the commands that start with PREFIX, one in each page

In both texts numbers, durations and plurals are masked. In the page a line "..." stands for any lines, and "..." at the
end of a line for its rest.
"""
import re
import sys

MARK = "\x01"
MASKS = [
    (r"0x[0-9a-f]+", "N"),
    (r"\d+(?:[.,:/-]\d+)*(?:e[+-]\d+)?", "N"),
    (r"N (?:ns|us|ms|s|min|h|d)\b(?: N (?:ms|s|min|h)\b)*", "TIME"),
    (r"\bonce\b", "N times"),
    (r"\b(process)es\b", r"\1"),
    (r"\b(call|denial|thread|time)s\b", r"\1"),
    (r"\bcall are\b", "call is"),
    # the last call that was new differs from run to run
    (r"last new +\S+,", "last new NAME,"),
    (r"[ \t]+", " "),
]


def mask(line):
    for pattern, by in MASKS:
        line = re.sub(pattern, by, line)
    return line.rstrip()


def commands_of(page):
    """The (command, lines of output) of the blocks that are indented by four spaces and start with "$ "."""
    found, is_output = [], False
    with open(page, encoding="utf-8") as file:
        for line in file.read().split("\n"):
            if line.startswith("    $ "):
                found.append((line[6:], []))
                is_output = True
            elif line.startswith("    ") and is_output:
                found[-1][1].append(line[4:])
            else:
                is_output = False
    return found


def outputs_of(name):
    with open(name, encoding="utf-8", errors="replace") as file:
        parts = re.split(f"^{MARK}[0-9]+\n", file.read(), flags=re.M)
    return [part.rstrip("\n").split("\n") if part.strip() else [] for part in parts[1:]]


def is_same(expected, got):
    if not expected:
        return not got
    first = expected[0].strip()
    if first == "...":
        return any(is_same(expected[1:], got[skip:]) for skip in range(len(got) + 1))
    if not got:
        return False
    if first.endswith("..."):
        start = mask(expected[0].removesuffix("..."))
        return mask(got[0]).startswith(start) and is_same(expected[1:], got[1:])
    return mask(expected[0]) == mask(got[0]) and is_same(expected[1:], got[1:])


def compare(expected, got):
    if is_same(expected, got):
        return 0
    print("expected, as in the page:", *expected, "got:", *got, sep="\n  ")
    return 1


def output_of(page, prefix):
    for command, output in commands_of(page):
        if command.removeprefix("sudo ").startswith(prefix):
            return output
    sys.exit(f"{page} has no command that starts with: {prefix}")


def main():
    job, page = sys.argv[1:3]
    if job == "script":
        for number, (command, _) in enumerate(commands_of(page)):
            print(f"printf '\\001{number}\\n'\n{command}")
    elif job == "list":
        print(*(command for command, _ in commands_of(page)), sep="\n")
    elif job == "same":
        sys.exit(compare(output_of(page, sys.argv[4]), output_of(sys.argv[3], sys.argv[4])))
    else:
        number = int(sys.argv[4])
        outputs = outputs_of(sys.argv[3])
        if number >= len(outputs):
            print("the script ended before this command")
            sys.exit(1)
        sys.exit(compare(commands_of(page)[number][1], outputs[number]))


if __name__ == "__main__":
    main()
