#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes argument_names_by_abi.c: the names of argument_names.c whose values differ from x86-64's on another
ABI, or that it lacks. From headers of one kernel for each machine, as Debian's packages
linux-libc-dev-*-cross have them, unpacked below a folder:

    ./make-argument-names-by-abi.py "Linux 6.1 (...)" FOLDER/usr >argument_names_by_abi.c

FOLDER/usr/TRIPLET/include has the headers of a machine; x86-64's are this machine's.
"""
import re
import subprocess
import sys
import tempfile

HERE = __file__.rsplit("/", 1)[0] if "/" in __file__ else "."
# The ABI, its headers, the compiler's option for the sizes of its types.
MACHINES = [
    ("I386", None, "-m32"), ("X32", None, "-mx32"), ("AARCH64", "aarch64-linux-gnu", "-m64"),
    ("ARM", "arm-linux-gnueabihf", "-m32"), ("RISCV64", "riscv64-linux-gnu", "-m64"),
    ("PPC64LE", "powerpc64le-linux-gnu", "-m64"), ("S390X", "s390x-linux-gnu", "-m64"),
]
HEADERS = """linux/types.h linux/socket.h asm/fcntl.h linux/fcntl.h asm/mman.h linux/mman.h asm/socket.h asm/ioctls.h
asm/termbits.h asm/signal.h linux/ptrace.h linux/shm.h linux/ipc.h linux/sched.h linux/serial.h""".split()
EXPRESSIONS = {"O_ASYNC": "FASYNC"}
# They depend on the size of time_t; the old ones are those of 64-bit ABIs.
EXPRESSIONS |= {n: n + "_OLD" for n in "SO_RCVTIMEO SO_SNDTIMEO SO_TIMESTAMP SO_TIMESTAMPNS SO_TIMESTAMPING".split()}
# Written as numbers in argument_names.c, or of the C library's headers.
SKIPPED = re.compile(r"(F_(GET|SET)LKW?64|AF_|IPPROTO_|SOL_|SOCK_|MNT_|UMOUNT_|SCHED_OTHER|Q_|USRQUOTA|GRPQUOTA|PRJQUOTA"
                     r"|ICMP|SYS_|PER_|[0-9]).*")


def ioctl_headers():
    with open(f"{HERE}/make-argument-names.py", encoding="utf-8") as script:
        return re.search(r'IOCTLS = """(.*?)"""', script.read(), re.S)[1].split()


def compiled(names, headers, flags):
    known = {}
    names = list(names)
    with tempfile.TemporaryDirectory() as directory:
        while names:
            with open(f"{directory}/v.c", "w", encoding="utf-8") as out:
                out.write("".join(f"#include <{h}>\n" for h in headers))
                for i, name in enumerate(names):
                    out.write(f'unsigned long long v{i} __attribute__((section(".v"))) = '
                              f"(unsigned long long)({EXPRESSIONS.get(name, name)});\n")
            done = subprocess.run(["gcc", "-w", "-ffreestanding", "-fno-pie", "-S", "-o", "-", *flags, f"{directory}/v.c"],
                                  capture_output=True, text=True, check=False)
            if done.returncode == 0:
                break
            first = len(headers) + 1
            bad = {int(n) - first for n in re.findall(r"v\.c:(\d+):\d+: (?:error|note)", done.stderr)}
            bad = {i for i in bad if i >= 0}
            if not bad:
                return None
            names = [n for i, n in enumerate(names) if i not in bad]
    current, parts = None, []
    for line in done.stdout.splitlines() + ["v0:"] if names else []:
        label = re.match(r"v(\d+):", line)
        value = re.match(r"\s+\.(quad|long|zero)\s+(-?\d+)", line)
        if label:
            if current:
                low = parts[0] if len(parts) == 1 else (parts[0] % 2**32) | (parts[1] % 2**32) << 32
                known[current] = low % 2**64
            current, parts = names[int(label[1])], []
        elif value and current:
            parts += [0] if value[1] == "zero" else [int(value[2])]
    return known


def values(names, flags):
    """Header by header: some exclude each other, and a machine may lack one."""
    known = {}
    for header in [None] + ioctl_headers():
        missing = [n for n in names if n not in known]
        headers = HEADERS + ([header] if header else [])
        known.update(compiled(missing, headers, flags) or {})
    return known


def main():
    title, root = sys.argv[1:]
    with open(f"{HERE}/argument_names.c", encoding="utf-8") as source:
        rows = re.findall(r'\{ "(\w+)", (\w+), (\w+) \}', source.read())
    masks = {}
    for name, value, mask in rows:
        if not SKIPPED.fullmatch(name):
            masks.setdefault(name, (int(value, 0), mask))
    reference = values(masks, ["-m64"])
    found = {}
    for abi, triplet, option in MACHINES:
        flags = [option] + ([f"-I{root}/{triplet}/include"] if triplet else [])
        own = values([n for n in masks if n in reference], flags)
        for name, (value, mask) in masks.items():
            if name not in reference:
                continue
            keep = 2**32 - 1 if value < 2**32 else 2**64 - 1
            theirs = own.get(name)
            if theirs is None:
                found.setdefault((name, 0, "0"), []).append(abi)
            elif theirs & keep != reference[name] & keep:
                bits = f"{theirs & keep:#x}" if mask == f"{value:#x}" else mask
                found.setdefault((name, theirs & keep, bits), []).append(abi)
    print("// SPDX-License-Identifier: LGPL-2.1-or-later")
    print("/*")
    print(" * Names whose values are not x86-64's, sorted by name. Made by make-argument-names-by-abi.py from:")
    print(f" *   {title}")
    print(" * Don't edit. A mask of 0 says that the ABIs lack the name.")
    print(" */")
    print('#include "syscall/argument_names.h"\n')
    print("#define ON(abi) (1U << ABI_##abi)\n")
    print("/* clang-format off */")
    print("const struct argument_name_by_abi argument_names_by_abi[] = {")
    for (name, value, mask), abis in sorted(found.items()):
        print(f'\t{{ "{name}", {" | ".join(f"ON({a})" for a in abis)}, {value:#x}, {mask} }},')
    print("};")
    print("/* clang-format on */")
    print("const size_t argument_names_by_abi_count = sizeof(argument_names_by_abi) / sizeof(*argument_names_by_abi);")


main()
