#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes table.c from the kernel's own user-space headers, all architectures at once.

    apt-get download linux-libc-dev=7.3.4-1~bpo13+1     # any version since 6.11 holds them all
    dpkg -x linux-libc-dev_*.deb headers
    ./make-table.py "Linux 7.3 (Debian linux-libc-dev 7.3.4-1~bpo13+1)" headers/usr/lib/linux/uapi >table.c

A call that a newer header dropped stays known: name further directories, newest first.
"""
import re
import sys

# In the order of enum abi.
HEADERS = {
    "x86_64": ["x86/asm/unistd_64.h"],
    "i386": ["x86/asm/unistd_32.h"],
    "x32": ["x86/asm/unistd_x32.h"],
    "aarch64": ["arm64/asm/unistd_64.h"],
    "arm": ["arm/asm/unistd-eabi.h", "arm/asm/unistd.h"],
    "riscv64": ["riscv/asm/unistd_64.h"],
    "ppc64le": ["powerpc/asm/unistd_64.h"],
    "s390x": ["s390/asm/unistd_64.h"],
}
ARM_PRIVATE = 0xF0000
# Macros of these headers that are no calls.
NOT_CALLS = {"OABI_SYSCALL_BASE", "SYSCALL_BASE", "SYSCALL_MASK", "BASE"}


def number(text):
    text = text.replace("__X32_SYSCALL_BIT", "0").replace("__NR_SYSCALL_BASE", "0")
    text = text.replace("__ARM_NR_BASE", str(ARM_PRIVATE))
    match = re.fullmatch(r"\(?\s*(\d+)\s*(?:\+\s*(\d+))?\s*\)?", text)
    return int(match[1]) + int(match[2] or 0) if match else None


def read(path):
    calls = {}
    with open(path, encoding="utf-8") as header:
        for line in header:
            match = re.match(r"#\s*define __(?:ARM_)?NR_(\w+)\s+([^/]+)", line)
            if match and match[1] not in NOT_CALLS:
                value = number(match[2].strip())
                if value is not None:
                    calls[match[1]] = value
    return calls


def main():
    source, *directories = sys.argv[1:]
    rows = {}
    for abi, paths in HEADERS.items():
        for directory in directories:
            for path in paths:
                for name, value in read(f"{directory}/{path}").items():
                    rows.setdefault(name, {}).setdefault(abi, value)

    print("// SPDX-License-Identifier: LGPL-2.1-or-later")
    print("/*")
    print(" * Names and numbers, sorted by name. Made by make-table.py from:")
    print(f" *   {source}")
    print(" * Don't edit: a new kernel's calls come by running that again. A column an enum abi; X() adds")
    print(" * the bit that x32's numbers carry, and _ says that the ABI has no such call.")
    print(" */")
    print('#include "syscall/table.h"\n')
    print("#define _    (-1)")
    print("#define X(n) ((n) | X32_BIT)\n")
    print("/* clang-format off */")
    print("const struct table_row table_rows[] = {")
    print("\t/* " + ", ".join(HEADERS) + " */")
    for name in sorted(rows):
        cells = []
        for abi in HEADERS:
            value = rows[name].get(abi)
            cells.append("_" if value is None else f"X({value})" if abi == "x32" else str(value))
        print(f'\t{{ "{name}", {{ {", ".join(cells)} }} }},')
    print("};")
    print("/* clang-format on */\n")
    print("const size_t table_count = sizeof(table_rows) / sizeof(table_rows[0]);")


main()
