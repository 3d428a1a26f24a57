#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Holds `whittle reach` against what programs really do.

    reach_corpus.py WHITTLE ROOT CORPUS [PROGRAM]...      TAP: a case a line of the corpus
    reach_corpus.py --host WHITTLE PROGRAM [ARGUMENT]...  TAP: one case, for a program of this system

Each command runs under strace in a root of its own over ROOT; every call that the program (and no other
that it executes) is seen to make has to be in its reach, with the objects given that it opened.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

SECONDS = 10
LINE = re.compile(r"^(\d+) +(?:<\.\.\. )?([a-z_0-9]+)(\(| resumed)(.*)$")
IN_ROOT = r"""
set -eu
root=$1 share=$2
mount -t tmpfs none /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay -o "lowerdir=$root,upperdir=/mnt/upper,workdir=/mnt/work" none /mnt/root
mount -t proc none /mnt/root/proc
mount --rbind /dev /mnt/root/dev
mount -t tmpfs none /mnt/root/tmp
mount -t tmpfs none /mnt/root/run
mkdir /mnt/root/run/share
mount --bind "$share" /mnt/root/run/share
exec chroot /mnt/root /bin/bash -c '
    ip link set lo up
    export PORT=4711 HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin
    cd /tmp
    exec timeout -k 2 "$1" strace -f -qq -s 4096 -o /run/share/trace \
        bash -c "$2" >/dev/null 2>&1 </dev/null' run "$3" "$4"
"""


def resolve(root, path):
    """The path that a process in the root ends at, links followed within it."""
    for _ in range(40):
        at, parts = "", [part for part in path.split("/") if part]
        for index, part in enumerate(parts):
            if part == "..":
                at = os.path.dirname(at)
                continue
            if part == ".":
                continue
            at += "/" + part
            if os.path.islink(root + at):
                target = os.readlink(root + at)
                path = os.path.join(os.path.dirname(at), target) if target[0] != "/" else target
                path += "/" + "/".join(parts[index + 1:])
                break
        else:
            return at
    return path


def read_trace(path, root, program, is_first=False):
    """The calls that processes make while PROGRAM is what they execute, and the objects opened by it."""
    with open(path, errors="replace") as file:
        lines = [match.groups() for match in map(LINE.match, file) if match]
    parents = {}
    for pid, name, _, rest in lines:
        if name in ("clone", "clone3", "fork", "vfork"):
            child = re.search(r"= (\d+)(?: \(.*\))?$", rest)
            if child:
                parents[child[1]] = pid
    images, wanted, calls, objects = {}, {}, set(), set()
    for pid, name, how, rest in lines:
        if pid not in images:
            images[pid] = images.get(parents.get(pid), program if is_first else None)
        if name == "execve":
            if how == "(":
                text = re.match(r'"((?:[^"\\]|\\.)*)"', rest)
                wanted[pid] = resolve(root, text[1]) if text else None
            # The call is the old program's; a first one is of whoever started the trace.
            if images[pid] == program and not (is_first and len(calls) == 0):
                calls.add(name)
            if re.search(r"= 0$", rest):
                images[pid] = wanted.get(pid)
            continue
        if images[pid] != program:
            continue
        calls.add(name)
        if name in ("open", "openat"):
            opened = re.search(r'"(/[^"]*\.so[^"]*)".*= \d+', rest)
            if opened and not opened[1].startswith("/etc/"):
                objects.add(resolve(root, opened[1]))
    return calls, objects


def reach(whittle, root, program, objects):
    command = [whittle, "reach", "--json"]
    if root:
        command += ["--sysroot", root]
    done = subprocess.run(command + [program, *sorted(objects)], capture_output=True, text=True)
    if done.returncode != 0:
        return None, done.stderr.strip()
    answer = json.loads(done.stdout)
    return answer, {call["name"] for call in answer["calls"] if call["abi"] == "x86_64"}


def is_elf(path):
    try:
        with open(path, "rb") as file:
            return file.read(4) == b"\x7fELF"
    except OSError:
        return False


def judge(number, title, whittle, root, program, calls, objects):
    if not calls:
        print(f"# {title}: the command did not start {program}")
        print(f"not ok {number} - {title}")
        return False
    objects = {path for path in objects if is_elf((root or "") + path) and path != program}
    answer, reached = reach(whittle, root, program, objects)
    if answer is None:
        print(f"# {reached}")
        print(f"not ok {number} - {title}")
        return False
    missing = sorted(calls - reached)
    if missing:
        print(f"# seen, but not in reach: {' '.join(missing)}")
    print(f"{'not ' if missing else ''}ok {number} - {title}: {len(calls)} seen are all among "
          f"{len(reached)}{'' if answer['complete'] else ', numbers open'}")
    return not missing


def read_corpus(path):
    with open(path) as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                yield line.rstrip("\n").split(" ", 3)


def run_corpus(whittle, root, corpus, only):
    failed = number = 0
    for package, language, program, command in read_corpus(corpus):
        if only and program not in only:
            continue
        number += 1
        share = tempfile.mkdtemp(prefix="whittle-reach-")
        subprocess.run(["unshare", "-mn", "--propagation", "private", "bash", "-c", IN_ROOT, "run", root,
                        share, str(SECONDS), command], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, timeout=SECONDS + 60, check=False)
        trace = os.path.join(share, "trace")
        seen = read_trace(trace, root, program) if os.path.exists(trace) else (set(), set())
        failed += not judge(number, f"{program} ({package}, {language})", whittle, root, program, *seen)
        shutil.rmtree(share, ignore_errors=True)
        sys.stdout.flush()
    print(f"1..{number}")
    return 1 if failed else 0


def run_host(whittle, command):
    program = os.path.realpath(command[0])
    with tempfile.TemporaryDirectory() as share:
        trace = os.path.join(share, "trace")
        subprocess.run(["timeout", str(SECONDS), "strace", "-f", "-qq", "-s", "4096", "-o", trace, *command],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        seen = read_trace(trace, "", program, True)
    return 0 if judge(1, os.path.basename(program), whittle, "", program, *seen) else 1


if __name__ == "__main__":
    if sys.argv[1] == "--host":
        sys.exit(run_host(sys.argv[2], sys.argv[3:]))
    sys.exit(run_corpus(sys.argv[1], sys.argv[2], sys.argv[3], set(sys.argv[4:])))
