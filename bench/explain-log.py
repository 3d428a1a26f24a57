#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes a log of the given size to standard output.

    explain-log.py journal 1000000000     the journal's short format, as a busy web server has it:
                                          one line in a hundred is of the kernel's or the audit's
                                          making, one in five hundred a denial
    explain-log.py audit 100000000        an audit daemon's file: one record in ten is a denial, the
                                          rest are SYSCALL, PATH and USER_* records
    explain-log.py denials 100000000      the same with nothing but denials

The same arguments always give the same bytes. To standard error goes the number of denials.
"""
import random
import sys

PROGRAMS = [("nginx", "/usr/sbin/nginx"), ("redis-server", "/usr/bin/redis-server"),
            ("postgres", "/usr/lib/postgresql/15/bin/postgres"), ("worker 1", "/opt/app/worker")]
CALLS = [12, 41, 56, 59, 101, 165, 272, 321, 425, 435]
BLOCK = 16 << 20


def seccomp(pick, serial):
    comm, exe = pick.choice(PROGRAMS)
    comm = comm.encode().hex().upper() if " " in comm else f'"{comm}"'
    code = pick.choice(["0x80000000", "0x7ffc0000", "0x50000", "0x30000"])
    return (f"auid=4294967295 uid=33 gid=33 ses=4294967295 pid={pick.randrange(300, 4000)} "
            f"comm={comm} exe=\"{exe}\" sig={31 if code == '0x80000000' else 0} arch=c000003e "
            f"syscall={pick.choice(CALLS)} compat=0 ip=0x7f{pick.getrandbits(40):010x} code={code}")


def journal_line(pick, number):
    time = f"Nov 25 {number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d} web1"
    if number % 500 == 0:
        return f"{time} audit[{pick.randrange(300, 4000)}]: SECCOMP {seccomp(pick, number)}", 1
    if number % 100 == 0:
        return (f"{time} kernel: audit: type=1400 audit(1795574851.425:{number}): "
                f"apparmor=\"STATUS\" operation=\"profile_replace\" name=\"lsb_release\""), 0
    kind = number % 7
    if kind < 4:
        return (f"{time} nginx[1326]: 10.{pick.randrange(256)}.{pick.randrange(256)}.1 - - "
                f"\"GET /assets/{pick.getrandbits(64):016x}.js HTTP/1.1\" 200 "
                f"{pick.randrange(100000)} \"-\" \"Mozilla/5.0 (X11; Linux x86_64)\""), 0
    if kind < 6:
        return (f"{time} sshd[{pick.randrange(30000)}]: Connection closed by authenticating user "
                f"root 192.0.2.{pick.randrange(256)} port {pick.randrange(65536)} [preauth]"), 0
    return f"{time} systemd[1]: Started Session {number} of User www-data.", 0


def audit_line(pick, number):
    stamp = f"msg=audit({1795574851 + number // 1000}.{number % 1000:03d}:{number})"
    if number % 10 == 0:
        return (f"type=SECCOMP {stamp}: {seccomp(pick, number)}\x1dAUID=\"unset\" "
                f"UID=\"www-data\" GID=\"www-data\" ARCH=x86_64 SYSCALL=brk"), 1
    if number % 3 == 0:
        return (f"type=USER_LOGIN {stamp}: pid={pick.randrange(30000)} uid=0 auid=4294967295 "
                f"ses=4294967295 msg='op=login acct=\"root\" exe=\"/usr/sbin/sshd\" hostname=? "
                f"addr=192.0.2.{pick.randrange(256)} terminal=sshd res=failed'"), 0
    return (f"type=SYSCALL {stamp}: arch=c000003e syscall=59 success=yes exit=0 "
            f"a0={pick.getrandbits(40):x} a1={pick.getrandbits(40):x} a2={pick.getrandbits(40):x} "
            f"a3=8 items=2 ppid=1 pid={pick.randrange(30000)} auid=0 uid=0 gid=0 euid=0 suid=0 "
            f"fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=1 comm=\"sh\" exe=\"/bin/dash\" "
            f"key=\"exec\""), 0


def denial_line(pick, number):
    return audit_line(pick, 10 * number)


def main():
    make = {"journal": journal_line, "audit": audit_line, "denials": denial_line}[sys.argv[1]]
    wanted = int(sys.argv[2])
    pick = random.Random(1326)
    lines, size, denials = [], 0, []
    while size < min(BLOCK, wanted):
        line, is_denial = make(pick, len(lines))
        lines.append(line.encode() + b"\n")
        denials.append(is_denial)
        size += len(lines[-1])
    # The block again and again: what is measured reads each line anew.
    block, per_block = b"".join(lines), sum(denials)
    written = total = 0
    while written + size <= wanted or written == 0:
        sys.stdout.buffer.write(block)
        written += size
        total += per_block
    print(f"{total} denials in {written} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
