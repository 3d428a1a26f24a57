# SPDX-License-Identifier: LGPL-2.1-or-later
"""many_symbols.py COUNT FILE: an ELF file with "syscall; ret" at 4096, whose symbol table has COUNT entries.
Almost all of it is a hole, and only the last entry is a function: all are to be read for one name."""
import struct
import sys

count, path = int(sys.argv[1]), sys.argv[2]
names = b"\0_evil\0.text\0.symtab\0.strtab\0"


def section(*fields):
    return struct.pack("<IIQQQQIIQQ", *fields)


with open(path, "wb") as out:
    out.write(b"\x7fELF\x02\x01\x01" + bytes(9)
              + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0x1000, 64, 0x200, 0, 64, 56, 1, 64, 4, 2))
    out.write(struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, 0x3000, 0x3000, 0x1000))
    out.seek(0x200)
    out.write(section(*[0] * 10) + section(13, 2, 0, 0, 0x10000, 24 * count, 2, 1, 8, 24)
              + section(21, 3, 0, 0, 0x2000, len(names), 0, 0, 1, 0)
              + section(7, 1, 6, 0x1000, 0x1000, 0x1000, 0, 0, 16, 0))
    out.seek(0x1000)
    out.write(b"\x0f\x05\xc3" + b"\x90" * 100)
    out.seek(0x2000)
    out.write(names)
    out.seek(0x10000 + 24 * (count - 1))
    out.write(struct.pack("<IBBHQQ", 1, 0x12, 0, 3, 0x1000, 0x1000))
