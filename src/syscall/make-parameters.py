#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes parameters_table.c: the names of the calls' parameters, from the formats of the kernel's
tracepoints syscalls:sys_enter_* (CONFIG_FTRACE_SYSCALLS). As root, on the newest x86-64 kernel at hand:

    ./make-parameters.py /sys/kernel/tracing/events/syscalls >parameters_table.c

A name ends in ":4" if the parameter's type has 32 bits: the kernel ignores the high half of it.
"""
import os
import platform
import re
import sys

NARROW = re.compile(r"(?:(?:unsigned |signed )?int|unsigned|u32|__u32|s32|__s32|pid_t|uid_t|gid_t|qid_t|umode_t"
                    r"|key_serial_t|key_t|clockid_t|timer_t|mqd_t|rwf_t|old_\w+_t|enum \w+|__le32|unsigned short|u16|u8"
                    r"|const clockid_t|const int|fd_set_bits)")


def parameters(path):
    with open(path, encoding="ascii") as text:
        fields = re.findall(r"^\tfield:(.*?)(\w+);\toffset:(\d+);\tsize:8;", text.read(), re.M)
    return [(name, kind.strip()) for kind, name, offset in fields if int(offset) >= 16]


def main():
    root = sys.argv[1]
    rows = {}
    for event in sorted(os.listdir(root)):
        if event.startswith("sys_enter_"):
            rows[event[len("sys_enter_"):]] = parameters(f"{root}/{event}/format")
    print(f"""// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The names of the calls' parameters, in their order, by the kernel's own names of the calls. Made by
 * make-parameters.py from Linux {'.'.join(platform.release().split('.')[:2])}; don't edit. ":4" marks a parameter of 32 bits.
 */
#include "syscall/parameters_table.h"

/* clang-format off */
const struct parameters_row parameters_rows[] = {{""")
    for name, fields in sorted(rows.items()):
        text = " ".join(n + (":4" if NARROW.fullmatch(t) else "") for n, t in fields)
        print(f'\t{{ "{name}", "{text}" }},')
    print("""};
/* clang-format on */
const size_t parameters_count = sizeof(parameters_rows) / sizeof(*parameters_rows);""")


main()
