#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Names that control a terminal, forge a line or reorder text, wherever a name can come from: files, recordings, policies
and logs. No command prints one as it is, whether it succeeds or fails."""
import json
import os
import subprocess
import sys
import tempfile

WHITTLE, SOURCE = os.environ["WHITTLE"], os.environ["SOURCE"]
# Clears the screen, sets the title, forges a line, reorders, hides; then bytes that are no UTF-8.
EVIL = "\x1b[2J\x1b]0;t\x07\rx\nFORGED: all is well\u202e\u2066\u200b\x7f\u0085"
EVIL_BYTES = EVIL.encode() + b"\xff\xfe\x9b31m"
UNSAFE = {chr(c) for c in (*range(0x20), *range(0x7F, 0xA0))} - {"\n"} | set("\u202e\u2066\u200b")

directory = tempfile.TemporaryDirectory()
os.chdir(directory.name)
count = failed = 0


def case(name, problems):
    global count, failed
    count += 1
    failed += bool(problems)
    for problem in problems:
        print("#", problem)
    print("not ok" if problems else "ok", count, "-", name)


def problems_of(*command, status=None, text=None):
    """Runs a command; returns what is wrong with its output."""
    result = subprocess.run([WHITTLE, *command], capture_output=True, timeout=100, input=text)
    shown, found = str(command)[:200], []
    for stream in (result.stdout, result.stderr):
        try:
            output = stream.decode()
        except UnicodeDecodeError as error:
            found.append(f"{shown}: no UTF-8: {stream[max(error.start - 40, 0):error.start + 20]}")
            continue
        raw = sorted(UNSAFE & set(output))
        if raw:
            at = output.index(raw[0])
            found.append(f"{shown}: prints {raw!r}: {output[max(at - 60, 0):at + 30]!r}")
        forged = [line for line in output.splitlines() if line.startswith("FORGED")]
        if forged:
            found.append(f"{shown}: forged line {forged[0]!r}")
    if status is not None and result.returncode not in status:
        found.append(f"{shown}: exit code {result.returncode}: {result.stderr[:300]}")
    return found


def spoil(value, key=None):
    """Every free text of a recording or policy gets the name."""
    free = {"name": ("target",), "executable": None, "command": None, "title": None, "argv": None, "path": None,
            "symbol": None, "os": None, "kernel": None, "machine": None, "libc": None, "systemd": None, "whittle": None,
            "ended": None, "text": None, "open": None, "target": None, "roles": None}
    if isinstance(value, dict):
        return {k: v if k == "name" and "kind" not in value else spoil(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [spoil(v, key) for v in value]
    if isinstance(value, str) and key in free:
        return value + EVIL
    return value


def write(name, value):
    with open(name, "w") as out:
        json.dump(value, out)


recording = json.load(open(f"{SOURCE}/tests/data/nginx.rec"))
write("evil.rec", spoil(recording))
case("a recording is shown", [p for options in ([], ["--names"], ["--calls"], ["--manager"], ["-v"])
                              for p in problems_of("show", "evil.rec", *options)] + problems_of("show", "evil.rec", status=[0]))
found = problems_of("decide", "evil.rec", "--level=observed", "-o", "evil.policy", status=[0])
found += problems_of("decide", "evil.rec", "--level=closed", "-o", "closed.policy", status=[0])
case("a policy is decided, with its summary", found)
found = problems_of("show", "evil.policy", status=[0]) + problems_of("show", "--names", "evil.policy", status=[0])
found += problems_of("explain", "--policy", "evil.policy", "brk") + problems_of("explain", "--policy", "evil.policy", "acct")
found += problems_of("test", "evil.policy", "brk") + problems_of("compare", "evil.policy", "closed.policy")
found += problems_of("merge", "evil.rec", "evil.rec", "-o", "merged.rec", status=[0])
found += problems_of("drift", "evil.rec") + problems_of("reach", "evil.rec")
case("the policy is shown, explained, tested and compared; drift and reach read the recording", found)
formats = subprocess.run([WHITTLE, "emit", "--list"], capture_output=True, text=True).stdout.split("\n")
formats = [line.split()[0] for line in formats if line.strip()]
found = ["emit --list is empty"] if len(formats) < 10 else []
for name in formats:
    found += problems_of("emit", name, "closed.policy", "-o", f"emitted.{name}")
    text = open(f"emitted.{name}", "rb").read() if os.path.exists(f"emitted.{name}") else b""
    if any(line.startswith(b"FORGED") for line in text.split(b"\n")) and name != "bpf":
        found.append(f"emit {name}: the target's name makes a line of its own")
case("no format lets the name of the target add a line", found)

comm = EVIL_BYTES[:15].hex().upper()
log = (f"type=SECCOMP msg=audit(1795574851.425:2): auid=4294967295 uid=33 gid=33 ses=4294967295 pid=100 comm={comm} "
       f"exe={EVIL_BYTES.hex().upper()} sig=31 arch=c000003e syscall=41 compat=0 ip=0x7f code=0x80000000\n").encode()
open("evil.log", "wb").write(log)
found = problems_of("explain", "evil.log", status=[0]) + problems_of("explain", "-", text=log)
found += problems_of("import", "evil.log", "-o", "imported.rec") + problems_of("show", "imported.rec")
found += problems_of("learn", "--state", "state", "--dry-run", "-r", "evil.rec", "nginx.service", "evil.log")
case("a denial of a process with such a name is explained, imported and learned", found)

name = os.fsdecode(EVIL_BYTES)
open(name, "wb").write(b"\x1b[31m{not json\nFORGED: x\n")
found = []
for command in ("show", "decide", "merge", "drift", "reach", "import", "explain", "compile", "decode", "compare", "test", "learn",
                "verify", "revert", "apply", "harden", "watch", "status", "lookup", "record", "exec", "emit", "attach", "guard"):
    for operands in ([name], [name, name], ["no" + name], ["no" + name, "no" + name], ["--no" + name], ["-p", name],
                     ["--unit", name + ".service"], ["-o", "/no/" + name, "evil.rec"], ["--policy", name, "--", "true"]):
        if command == "record" and "-p" not in operands:
            operands = ["-o", "x.rec", "--", *operands]
        # Nothing of this machine's is read or written.
        if command in ("learn", "drift", "status", "guard"):
            operands = ["--state", directory.name + "/state", *operands]
        found += problems_of(command, *operands)
case("every command reports a file, an operand and an option of such a name", found)
found = problems_of(name) + problems_of("show", os.fsencode(name))
case("a command of such a name is reported", found)
print(f"1..{count}")
sys.exit(failed > 0)
