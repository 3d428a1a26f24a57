#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes groups_table.c from what each version of systemd-analyze prints of itself.

    {
        echo "# 252 (Debian systemd 252.39-1~deb12u2)"      # VERSION (SOURCE)
        systemd-analyze --no-pager syscall-filter           # run from that version's package
    } >252.txt
    ./make-groups-table.py 247.txt 252.txt ... >groups_table.c
"""
import re
import sys


def read(path):
    source, group, members = None, None, set()
    with open(path, encoding="utf-8") as dump:
        for line in dump:
            line = re.sub(r"\x1b\[[0-9;]*m", "", line.rstrip())
            if source is None:
                source = line.removeprefix("# ")
            elif re.fullmatch(r"@[a-z0-9-]+", line):
                group = line
            elif line.startswith("#"):
                group = None  # calls that no group holds: the kernel's list, not systemd's
            elif group and re.fullmatch(r"\s+[@a-z0-9_-]+", line):
                members.add((group, line.strip()))
    return int(re.search(r"\d+", source)[0]), source, members


def main():
    versions = sorted(read(path) for path in sys.argv[1:])
    print("// SPDX-License-Identifier: LGPL-2.1-or-later")
    print("/*")
    print(" * Which call or group is in which of systemd's groups, in which version: sorted. Made by")
    print(" * make-groups-table.py from what `systemd-analyze syscall-filter` of each version prints:")
    for _, source, _ in versions:
        print(f" *   {source}")
    print(" */")
    print('#include "syscall/groups_table.h"\n')
    print(f"const unsigned groups_table_versions[] = {{ {', '.join(str(v) for v, _, _ in versions)} }};")
    print("const size_t groups_table_version_count =\n"
          "\tsizeof(groups_table_versions) / sizeof(groups_table_versions[0]);\n")
    for i, (version, _, _) in enumerate(versions):
        print(f"#define V{version} {1 << i}u")
    print(f"#define ALL  {(1 << len(versions)) - 1}u\n")
    print("/* clang-format off */")
    print("const struct groups_row groups_rows[] = {")
    for group, member in sorted(set().union(*(m for _, _, m in versions))):
        holders = [v for v, _, m in versions if (group, member) in m]
        mask = "ALL" if len(holders) == len(versions) else " | ".join(f"V{v}" for v in holders)
        print(f'\t{{ "{group}", "{member}", {mask} }},')
    print("};")
    print("/* clang-format on */\n")
    print("const size_t groups_row_count = sizeof(groups_rows) / sizeof(groups_rows[0]);")


main()
