#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes argument_names.c: the names of the values that arguments take, from the headers of the
newest kernel (see make-table.py for where to get them) and, for what the C library defines, this
machine's. The values are those of x86-64, which the generic ABI shares but for a few.

    ./make-argument-names.py "Linux 7.3 (...)" headers/usr/include >argument_names.c

A value is compared under a mask: a whole value (an enumeration), a field of it, or a bit.
"""
import re
import subprocess
import sys
import tempfile

WHOLE = "WHOLE"
BIT = None  # the mask is the value

# The kernel's headers with requests of ioctl, in the order in which a number shared by two of
# them gets its name.
IOCTLS = """asm-generic/ioctls.h linux/sockios.h linux/fs.h linux/if_tun.h linux/random.h
linux/rtc.h linux/loop.h linux/vt.h linux/kd.h linux/nsfs.h linux/pidfd.h linux/fscrypt.h
linux/fsverity.h linux/seccomp.h linux/userfaultfd.h linux/perf_event.h linux/watchdog.h
linux/vhost.h linux/dm-ioctl.h linux/btrfs.h linux/input.h linux/uinput.h linux/hidraw.h
linux/kvm.h linux/vfio.h linux/tee.h linux/fuse.h linux/mount.h linux/pps.h linux/ptp_clock.h
linux/gpio.h linux/cdrom.h linux/if_ppp.h linux/ppp-ioctl.h linux/netlink.h""".split()


def macros(text, pattern):
    return [n for n in re.findall(r"^\s*#\s*define\s+(\w+)[ \t]+\S", text, re.M)
            if re.fullmatch(pattern, n)]


def members(text, start):
    """The names in the enum that begins behind START."""
    body = text[text.index(start):]
    body = re.sub(r"/\*.*?\*/", "", body[:body.index("}")], flags=re.S)
    return re.findall(r"^\s*([A-Z]\w+)\s*(?:=|,|$)", body, re.M)


class Source:
    def __init__(self, root):
        self.root = root

    def text(self, path):
        for base in ("", "x86_64-linux-gnu/"):
            try:
                with open(f"{self.root}/{base}{path}", encoding="utf-8") as header:
                    return header.read()
            except FileNotFoundError:
                continue
        raise FileNotFoundError(path)

    def flags(self):
        return [f"-I{self.root}", f"-I{self.root}/x86_64-linux-gnu"]


def values(names, headers, flags):
    """The compiler knows them: {name: value}, without those that do not evaluate."""
    if not names:
        return {}
    known = {}
    includes = "".join(f"#include <{h}>\n" for h in headers)
    with tempfile.TemporaryDirectory() as directory:
        while names:
            body = includes + "".join(
                f"unsigned long long v{i} __attribute__((section(\".v\"))) = "
                f"(unsigned long long)({n});\n" for i, n in enumerate(names))
            source = f"{directory}/v.c"
            with open(source, "w", encoding="utf-8") as out:
                out.write(body)
            done = subprocess.run(["gcc", "-w", "-D_GNU_SOURCE", "-fno-pie", "-S", "-o", "-", *flags, source],
                                  capture_output=True, text=True, check=False)
            if done.returncode == 0:
                break
            first = len(headers) + 1
            bad = {int(n) - first for n in re.findall(r"v\.c:(\d+):\d+: (?:error|note)", done.stderr)}
            if not bad or min(bad) < 0:
                sys.exit(done.stderr[:1000])
            names = [n for i, n in enumerate(names) if i not in bad]
        current = None
        for line in done.stdout.splitlines():
            label = re.match(r"v(\d+):", line)
            value = re.match(r"\s+\.(quad|zero)\s+(-?\d+)", line)
            if label:
                current = names[int(label[1])]
            elif value and current:
                known[current] = (0 if value[1] == "zero" else int(value[2])) % 2**64
                current = None
    return known


def main():
    title, root = sys.argv[1:]
    kernel = Source(root)
    tables = []

    def add(table, groups, keep=2**64 - 1):
        """GROUPS: (names, headers, mask[, from libc]); names are expressions, or name=expression."""
        rows, seen = [], {}
        for names, headers, mask, *libc in groups:
            pairs = [n.split("=", 1) if "=" in n else (n, n) for n in dict.fromkeys(names)]
            found = values([e for _, e in pairs], headers, [] if libc else kernel.flags())
            for name, expression in pairs:
                if expression not in found or name in seen:
                    continue
                value = found[expression] & keep
                if mask is BIT and value == 0:
                    continue
                seen[name] = True
                rows.append((name, value, f"{value:#x}" if mask is BIT else mask))
        tables.append((table, rows))

    def from_header(path, pattern):
        return macros(kernel.text(path), pattern)

    libc = True
    sockets = ["sys/socket.h", "netinet/in.h"]
    add("domain", [(
        """AF_UNSPEC AF_UNIX AF_INET AF_INET6 AF_NETLINK AF_PACKET AF_AX25 AF_IPX AF_APPLETALK AF_NETROM
        AF_BRIDGE AF_ATMPVC AF_X25 AF_ROSE AF_DECnet AF_NETBEUI AF_SECURITY AF_KEY AF_ASH AF_ECONET
        AF_ATMSVC AF_RDS AF_SNA AF_IRDA AF_PPPOX AF_WANPIPE AF_LLC AF_IB AF_MPLS AF_CAN AF_TIPC
        AF_BLUETOOTH AF_IUCV AF_RXRPC AF_ISDN AF_PHONET AF_IEEE802154 AF_CAIF AF_ALG AF_NFC AF_VSOCK
        AF_KCM AF_QIPCRTR AF_SMC AF_XDP AF_MCTP AF_LOCAL AF_FILE AF_ROUTE""".split(),
        sockets, WHOLE, libc)])
    add("type", [
        ("SOCK_STREAM SOCK_DGRAM SOCK_RAW SOCK_RDM SOCK_SEQPACKET SOCK_DCCP SOCK_PACKET".split(),
         sockets, "0xf", libc),
        ("SOCK_CLOEXEC SOCK_NONBLOCK".split(), sockets, BIT, libc)])
    add("protocol", [(re.findall(r"\b(IPPROTO_\w+)\s*=", kernel.text("linux/in.h")) +
                      re.findall(r"#define (IPPROTO_\w+)\s+\d", kernel.text("linux/in6.h")),
                      ["linux/in.h", "linux/in6.h"], WHOLE)])
    add("netlink", [(
        [f"NETLINK_{n}" for n in
         """ROUTE USERSOCK FIREWALL SOCK_DIAG NFLOG XFRM SELINUX ISCSI AUDIT FIB_LOOKUP CONNECTOR
         NETFILTER IP6_FW DNRTMSG KOBJECT_UEVENT GENERIC SCSITRANSPORT ECRYPTFS RDMA CRYPTO
         SMC""".split()], ["linux/netlink.h"], WHOLE)])
    add("level", [
        ("SOL_SOCKET SOL_IP".split(), sockets, WHOLE, libc),
        ("SOL_TCP SOL_UDP".split(), ["netinet/tcp.h", "netinet/udp.h"], WHOLE, libc),
        (re.findall(r"#\s*define (SOL_\w+)", open("/usr/include/x86_64-linux-gnu/bits/socket.h",
                                                  encoding="utf-8").read()) +
         "SOL_IPV6 SOL_ICMPV6 IPPROTO_IP IPPROTO_ICMP IPPROTO_TCP IPPROTO_UDP IPPROTO_IPV6 "
         "IPPROTO_ICMPV6 IPPROTO_SCTP IPPROTO_RAW".split(), sockets, WHOLE, libc)])
    plain = r"SO_(?!.*_(OLD|NEW)$)(?!SECURITY|DEVMEM_LINEAR|DEVMEM_DMABUF)\w+"
    add("so", [(from_header("asm-generic/socket.h", plain) +
                from_header("asm-generic/socket.h", r"SO_\w+_(OLD|NEW)") +
                ["SO_GET_FILTER"], ["asm/socket.h"], WHOLE)])
    add("ip", [(from_header("linux/in.h", r"(IP|MCAST)_(?!PMTUDISC|DEFAULT|PORTRANGE|EXCLUDE|INCLUDE)\w+"),
                ["linux/in.h"], WHOLE)])
    add("ipv6", [(from_header("linux/in6.h", r"IPV6_(?!PMTUDISC|FL_|PRIORITY|TLV|PREFER|FLOWINFO_(FLOW|PRI)"
                              r"|ROUTER_ALERT_ISOLATE_)\w+"), ["linux/in6.h"], WHOLE)])
    tcp = kernel.text("linux/tcp.h")
    tcp = tcp[tcp.index("/* TCP socket options */"):tcp.index("#define TCP_REPAIR_ON")]
    add("tcp", [(macros(tcp, r"TCP_\w+") + from_header("linux/tcp.h", r"TCP_(AO_\w+|IS_MPTCP|RTO_\w+|DELACK_\w+)"),
                 ["linux/tcp.h"], WHOLE)])
    add("udp", [("UDP_CORK UDP_ENCAP UDP_NO_CHECK6_TX UDP_NO_CHECK6_RX UDP_SEGMENT UDP_GRO".split(),
                 ["linux/udp.h"], WHOLE)])
    add("packet", [(from_header("linux/if_packet.h", r"PACKET_(?!HOST|BROADCAST|MULTICAST|OTHERHOST|OUTGOING"
                                r"|LOOPBACK|USER|KERNEL|FASTROUTE|FANOUT_|MR_)\w+"), ["linux/if_packet.h"], WHOLE)])
    add("netlink_option", [(
        [f"NETLINK_{n}" for n in
         """ADD_MEMBERSHIP DROP_MEMBERSHIP PKTINFO BROADCAST_ERROR NO_ENOBUFS RX_RING TX_RING
         LISTEN_ALL_NSID LIST_MEMBERSHIPS CAP_ACK EXT_ACK GET_STRICT_CHK""".split()],
        ["linux/netlink.h"], WHOLE)])
    add("raw", [(["ICMP_FILTER=1"], [], WHOLE)])
    add("icmpv6", [(["ICMPV6_FILTER"], ["linux/icmpv6.h"], WHOLE)])
    add("alg", [("ALG_SET_KEY ALG_SET_IV ALG_SET_OP ALG_SET_AEAD_ASSOCLEN ALG_SET_AEAD_AUTHSIZE "
                 "ALG_SET_DRBG_ENTROPY ALG_SET_KEY_BY_KEY_SERIAL".split(), ["linux/if_alg.h"], WHOLE)])

    requests = []
    for path in IOCTLS:
        text = kernel.text(path)
        if path == "asm-generic/ioctls.h":
            names = macros(text, r"(T[CI]|FIO)\w+")
            names = [n for n in names if not re.match(r"TIOC(PKT_|SER_TEMT)", n)]
        else:
            names = [n for n, body in re.findall(r"^\s*#\s*define\s+(\w+)[ \t]+((?:\\\n|.)*)", text, re.M)
                     if re.match(r"\(?\s*\\?\s*_IO[RW]*\s*\(", body) or
                     re.fullmatch(r"(SIOC|VT_[A-Z]+$|(KD|GIO_|PIO_)[A-Z]+|LOOP_(SET|CLR|GET|CHANGE|CONF|CTL)|CDROM"
                                  r"|DVD_|PERF_EVENT_IOC_|FIBMAP|FIGETBSZ|FS_IOC)\w*", n) and
                     re.match(r"0x[0-9A-Fa-f]{3,8}\b", body)]
        requests.append((names, ["linux/types.h", "linux/socket.h", "linux/sched.h", "asm/termbits.h",
                                 "linux/serial.h", path], WHOLE))
    add("ioctl", requests, 2**32 - 1)

    add("fcntl", [(
        [f"F_{n}" for n in
         """DUPFD GETFD SETFD GETFL SETFL GETLK SETLK SETLKW SETOWN GETOWN SETSIG GETSIG GETLK64=12
         SETLK64=13 SETLKW64=14 SETOWN_EX GETOWN_EX GETOWNER_UIDS OFD_GETLK OFD_SETLK OFD_SETLKW
         SETLEASE GETLEASE NOTIFY DUPFD_QUERY CREATED_QUERY CANCELLK DUPFD_CLOEXEC SETPIPE_SZ
         GETPIPE_SZ ADD_SEALS GET_SEALS GET_RW_HINT SET_RW_HINT GET_FILE_RW_HINT SET_FILE_RW_HINT
         GETDELEG SETDELEG""".split()], ["linux/fcntl.h"], WHOLE)])
    add("prctl", [(from_header("linux/prctl.h",
                               r"PR_((SET|GET)_(?!MM_|PTRACER_|VMA_|SHADOW_STACK_(E|W|P))\w+|CAPBSET_(READ|DROP)"
                               r"|CAP_AMBIENT|MCE_KILL|MCE_KILL_GET|TASK_PERF_EVENTS_\w+|MPX_\w+_MANAGEMENT"
                               r"|PAC_(RESET|SET|GET)\w+KEYS|S[VM]E_(SET|GET)_VL|SCHED_CORE|RISCV_V_(SET|GET)_CONTROL"
                               r"|RISCV_SET_ICACHE_FLUSH_CTX|PPC_(GET|SET)_DEXCR|LOCK_SHADOW_STACK_STATUS"
                               r"|TIMER_CREATE_RESTORE_IDS|FUTEX_HASH|RSEQ_SLICE_EXTENSION)"),
                   ["linux/prctl.h"], WHOLE)])
    add("clone", [(from_header("linux/sched.h", r"CLONE_(?!ARGS)\w+"), ["linux/sched.h"], BIT)])
    add("protection", [(["PROT_NONE"], ["asm/mman.h"], WHOLE),
                       ("PROT_READ PROT_WRITE PROT_EXEC PROT_SEM PROT_GROWSDOWN PROT_GROWSUP".split(),
                        ["asm/mman.h"], BIT)])
    add("map", [("MAP_SHARED MAP_PRIVATE MAP_SHARED_VALIDATE MAP_DROPPABLE".split(), ["linux/mman.h"], "0xf"),
                ("MAP_FIXED MAP_ANONYMOUS MAP_32BIT MAP_GROWSDOWN MAP_DENYWRITE MAP_EXECUTABLE MAP_LOCKED "
                 "MAP_NORESERVE MAP_POPULATE MAP_NONBLOCK MAP_STACK MAP_HUGETLB MAP_SYNC "
                 "MAP_FIXED_NOREPLACE".split(), ["linux/mman.h"], BIT)])
    add("signal", [(
        [f"SIG{n}" for n in
         """HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP
         TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS IOT POLL""".split()],
        ["asm/signal.h"], WHOLE)])
    add("personality", [
        (["0xffffffff=0xffffffff"], [], "0xffffffff"),  # asks, and changes nothing
        # The others are one of these numbers and flags.
        ("PER_LINUX PER_BSD PER_LINUX32 PER_RISCOS PER_OSF4".split(), ["linux/personality.h"], "0xff"),
        ("UNAME26 ADDR_NO_RANDOMIZE FDPIC_FUNCPTRS MMAP_PAGE_ZERO ADDR_COMPAT_LAYOUT READ_IMPLIES_EXEC "
         "ADDR_LIMIT_32BIT SHORT_INODE WHOLE_SECONDS STICKY_TIMEOUTS ADDR_LIMIT_3GB".split(),
         ["linux/personality.h"], BIT)])
    add("keyctl", [(from_header("linux/keyctl.h", r"KEYCTL_(?!CAPS|SUPPORTS|MOVE_EXCL)\w+"),
                    ["linux/keyctl.h"], WHOLE)])
    add("bpf", [([n for n in members(kernel.text("linux/bpf.h"), "enum bpf_cmd {") if "MAX" not in n],
                 ["linux/bpf.h"], WHOLE)])
    add("madvice", [(from_header("asm-generic/mman-common.h", r"MADV_\w+"), ["asm/mman.h"], WHOLE)])
    add("open", [("O_RDONLY O_WRONLY O_RDWR".split(), ["asm/fcntl.h"], "0x3"),
                 ("O_CREAT O_EXCL O_NOCTTY O_TRUNC O_APPEND O_NONBLOCK O_SYNC O_DSYNC O_ASYNC=FASYNC O_DIRECT "
                  "O_LARGEFILE O_TMPFILE O_DIRECTORY O_NOFOLLOW O_NOATIME O_CLOEXEC O_PATH".split(),
                  ["asm/fcntl.h"], BIT)])
    add("mode", [("S_IFIFO S_IFCHR S_IFDIR S_IFBLK S_IFREG S_IFLNK S_IFSOCK".split(), ["linux/stat.h"], "0170000"),
                 ("S_ISUID S_ISGID S_ISVTX".split(), ["linux/stat.h"], BIT)])
    add("scheduler", [("SCHED_NORMAL SCHED_FIFO SCHED_RR SCHED_BATCH SCHED_IDLE SCHED_DEADLINE SCHED_EXT "
                       "SCHED_OTHER=SCHED_NORMAL".split(), ["linux/sched.h"], "0x3fffffff"),
                      (["SCHED_RESET_ON_FORK"], ["linux/sched.h"], BIT)])
    add("futex", [([f"FUTEX_{n}" for n in
                    """WAIT WAKE FD REQUEUE CMP_REQUEUE WAKE_OP LOCK_PI UNLOCK_PI TRYLOCK_PI WAIT_BITSET
                    WAKE_BITSET WAIT_REQUEUE_PI CMP_REQUEUE_PI LOCK_PI2""".split()], ["linux/futex.h"], "0x7f"),
                  (["FUTEX_PRIVATE_FLAG", "FUTEX_CLOCK_REALTIME"], ["linux/futex.h"], BIT)])
    add("socketcall", [(from_header("linux/net.h", r"SYS_\w+"), ["linux/net.h"], WHOLE)])
    add("ipc", [("SEMOP SEMGET SEMCTL SEMTIMEDOP MSGSND MSGRCV MSGGET MSGCTL SHMAT SHMDT SHMGET SHMCTL".split(),
                 ["linux/ipc.h"], WHOLE)])
    add("shm", [("SHM_RDONLY SHM_RND SHM_REMAP SHM_EXEC".split(), ["linux/shm.h"], BIT)])
    requests = r"PTRACE_(?!O_|EVENT|SYSCALL_INFO|PEEKSIGINFO_SHARED|OLDSETOPTIONS)\w+"
    add("ptrace", [(from_header("linux/ptrace.h", requests) + from_header("asm/ptrace-abi.h", requests),
                    ["linux/ptrace.h"], WHOLE)])
    add("seccomp", [(from_header("linux/seccomp.h", r"SECCOMP_(SET_MODE|GET_ACTION|GET_NOTIF)\w+"),
                     ["linux/seccomp.h"], WHOLE)])
    add("arch_prctl", [(from_header("asm/prctl.h", r"ARCH_(?!SHSTK_(SHSTK|WRSS)|XCOMP_TILE)\w+"),
                        ["asm/prctl.h"], WHOLE)])
    add("mount", [(from_header("linux/mount.h", r"MS_(?!RMT|MGC|ACTIVE|NOUSER|BORN|NOSEC|KERN|SUBM|NOREMOTE)\w+"),
                   ["linux/mount.h"], BIT)])
    add("umount", [("MNT_FORCE MNT_DETACH MNT_EXPIRE UMOUNT_NOFOLLOW".split(), ["sys/mount.h"], BIT, libc)])
    add("memfd", [("MFD_CLOEXEC MFD_ALLOW_SEALING MFD_HUGETLB MFD_NOEXEC_SEAL MFD_EXEC".split(),
                   ["linux/memfd.h"], BIT)])
    add("fallocate", [(["FALLOC_FL_ALLOCATE_RANGE"], ["linux/falloc.h"], WHOLE),
                      (from_header("linux/falloc.h", r"FALLOC_FL_\w+"), ["linux/falloc.h"], BIT)])
    add("reboot", [(from_header("linux/reboot.h", r"LINUX_REBOOT_CMD_\w+"), ["linux/reboot.h"], WHOLE)])
    add("quota", [([f"{n}=((({n})<<8)&0xffffffffull)" for n in
                    from_header("linux/quota.h", r"Q_\w+") + from_header("linux/dqblk_xfs.h", r"Q_X\w+")],
                   ["linux/quota.h", "linux/dqblk_xfs.h"], "0xffffff00"),
                  ("USRQUOTA=0 GRPQUOTA=1 PRJQUOTA=2".split(), [], "0xff")])
    add("io_uring", [([n for n in members(kernel.text("linux/io_uring.h"), "enum io_uring_register_op {")
                       if not n.endswith(("_LAST", "_USE_REGISTERED_RING"))], ["linux/io_uring.h"], WHOLE)])
    add("at", [("AT_SYMLINK_NOFOLLOW AT_EMPTY_PATH AT_EXECVE_CHECK".split(), ["linux/fcntl.h"], BIT)])

    print("// SPDX-License-Identifier: LGPL-2.1-or-later")
    print("/*")
    print(" * The names of the values that arguments take. Made by make-argument-names.py from:")
    print(f" *   {title}")
    print(" * Don't edit: newer names come by running that again. The first row that fits a value names it;")
    print(" * later ones of the same value are names that are only read.")
    print(" */")
    print('#include "syscall/argument_names.h"\n')
    print("/* clang-format off */")
    for table, rows in tables:
        print(f"const struct argument_name argument_names_{table}[] = {{")
        for name, value, mask in rows:
            print(f'\t{{ "{name}", {value:#x}, {mask} }},')
        print("\t{ NULL, 0, 0 },\n};\n")
    print("/* clang-format on */")
    print("\n".join(f"{t}: {len(r)}" for t, r in tables), file=sys.stderr)


main()
