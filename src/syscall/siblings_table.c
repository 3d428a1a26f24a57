// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The families of siblings, in the order of the kernel's generic table: files, descriptors, waiting,
 * processes, signals, time, sockets, memory, identity, the machine. Each row says who made which
 * change when, and where that stands; glibc's and musl's paths are those of their source trees.
 *
 * A family contains the calls that others make for the same purpose. The rule for power: a member is
 * wider where it can do what a policy may want to refuse and the narrower ones can't (make
 * namespaces, pass descriptors, reach another process, hide its flags in memory from the filter).
 * What merely acts on another kind of name (relative to a directory) or takes a flag is not wider.
 */
#include "syscall/siblings_table.h"

#define GLIBC SIBLING_GLIBC_FALLS_BACK
#define MUSL  SIBLING_MUSL_FALLS_BACK
#define AHEAD SIBLING_AHEAD

#define FAMILY(name_, change_, source_, ...)                                                 \
	{                                                                                    \
		.name = (name_), .change = (change_), .source = (source_),                   \
		.count = sizeof((struct sibling[]){ __VA_ARGS__ }) / sizeof(struct sibling), \
		.members = { __VA_ARGS__ },                                                  \
	}

/* clang-format off */
#define IDS_CHANGE "Linux 2.4 gave 32-bit ABIs calls with ids of 32 bits; their libcs make only these"
#define IDS_SOURCE "Linux kernel/uid16.c; syscalls(2)"
#define IDS(name_) \
	FAMILY(name_ " with ids of 16 or 32 bits", IDS_CHANGE, IDS_SOURCE, { name_, 0, 0 }, { name_ "32", 0, 0 })

#define TIME64_CHANGE \
	"32-bit ABIs got calls with 64-bit time in Linux 5.1; glibc since 2.31 to 2.34 and musl since " \
	"1.2.0 make these first and the old ones on ENOSYS"
#define TIME64_SOURCE "Linux arch/x86/entry/syscalls/syscall_32.tbl from 403 on; glibc NEWS 2.34; musl WHATSNEW 1.2.0"
#define TIME64(old_, new_) \
	FAMILY(old_ " with 32 or 64 bits of time", TIME64_CHANGE, TIME64_SOURCE, \
	       { old_, 0, 0 }, { new_, 0, GLIBC | MUSL })

#define SOCKETCALL_CHANGE \
	"i386 and s390 had socketcall only until Linux 4.3; glibc makes the direct call where the kernel " \
	"that it is built for has one, musl makes it first and socketcall on ENOSYS"
#define SOCKETCALL_SOURCE \
	"socketcall(2); glibc sysdeps/unix/sysv/linux/i386/kernel-features.h; " \
	"musl src/network/*.c, __socketcall in src/internal/syscall.h"
#define SOCKETCALL(name_) \
	FAMILY(name_ ", direct or multiplexed", SOCKETCALL_CHANGE, SOCKETCALL_SOURCE, \
	       { "socketcall", 1, 0 }, { name_, 0, MUSL })

#define IPC_CHANGE \
	"i386, s390 and powerpc had ipc only until Linux 5.1; glibc makes the direct call where " \
	"the kernel that it is built for has one, musl goes on with ipc"
#define IPC_SOURCE \
	"ipc(2); glibc sysdeps/unix/sysv/linux/ipc_priv.h; musl src/ipc/"
#define IPC(name_) \
	FAMILY(name_ ", direct or multiplexed", IPC_CHANGE, IPC_SOURCE, { "ipc", 1, 0 }, { name_, 0, 0 })

#define RT_CHANGE "Linux 2.2 brought signal sets of 64 bits and the rt_ calls; glibc and musl make only these"
#define RT_SOURCE "signal(7); sigaction(2)"
#define RT(old_, new_) FAMILY(new_ ", with 32 or 64 signals", RT_CHANGE, RT_SOURCE, { old_, 0, 0 }, { new_, 0, 0 })

#define AT_CHANGE(plain_, at_) \
	"architectures since aarch64 have " at_ " only; glibc and musl make " plain_ " where it exists, " \
	"Go and Rust's rustix " at_ " everywhere"
#define AT_SOURCE "Linux include/uapi/asm-generic/unistd.h (__ARCH_WANT_SYSCALL_NO_AT); Go src/syscall/syscall_linux.go"
#define AT(plain_, at_) \
	FAMILY(plain_ ", or relative to a directory", AT_CHANGE(plain_, at_), AT_SOURCE, \
	       { plain_, 0, 0 }, { at_, 0, 0 })

#define FLAGS_CHANGE(new_) \
	new_ " takes flags, since Linux 2.6.27; architectures since aarch64 have it only, and functions " \
	"without flags make it too, musl's on every architecture, and the old one on ENOSYS"
#define FLAGS_SOURCE "Linux include/uapi/asm-generic/unistd.h (__ARCH_WANT_SYSCALL_NO_FLAGS); syscalls(2)"
#define FLAGS(name_, old_, new_, flags_) \
	FAMILY(name_, FLAGS_CHANGE(new_), FLAGS_SOURCE, { old_, 0, 0 }, { new_, 0, flags_ })

#define LARGE_CHANGE "32-bit ABIs got calls with 64-bit offsets and sizes in Linux 2.4; libcs make these"
#define LARGE_SOURCE "Linux fs/; syscalls(2); glibc sysdeps/unix/sysv/linux/wordsize-64"
#define LARGE(old_, new_) \
	FAMILY(old_ " with 32 or 64 bits of size", LARGE_CHANGE, LARGE_SOURCE, { old_, 0, 0 }, { new_, 0, 0 })

#define XATTR_CHANGE "Linux 6.13 brought the calls relative to a directory; no libc makes them for the old ones yet"
#define XATTR_SOURCE "Linux fs/xattr.c; arch/x86/entry/syscalls/syscall_64.tbl from 463 on"
#define XATTR(what_) \
	FAMILY(what_ " of a file", XATTR_CHANGE, XATTR_SOURCE, { what_, 0, 0 }, { what_ "at", 0, AHEAD }), \
	FAMILY(what_ " of a link", XATTR_CHANGE, XATTR_SOURCE, { "l" what_, 0, 0 }, { what_ "at", 0, AHEAD }), \
	FAMILY(what_ " of a descriptor", XATTR_CHANGE, XATTR_SOURCE, { "f" what_, 0, 0 }, { what_ "at", 0, AHEAD })

const struct sibling_family siblings_table[] = {
	/* ---- files ---- */
	FAMILY("open a file",
	       "glibc since 2.26 opens by openat on every architecture, musl by open where it exists; creat "
	       "is open with O_CREAT|O_WRONLY|O_TRUNC; openat2 (Linux 5.6) is made by programs only, which "
	       "fall back",
	       "glibc sysdeps/unix/sysv/linux/open64.c; musl src/fcntl/open.c; openat2(2)",
	       { "creat", 0, 0 }, { "open", 0, 0 }, { "openat", 0, 0 }, { "openat2", 1, 0 }),
	FAMILY("get a file's status",
	       "glibc 2.33 makes newfstatat for stat, lstat and fstat, 2.39 fstat for fstat again; musl makes "
	       "stat, lstat and fstat; 32-bit ABIs take statx first for 64-bit time; Go makes newfstatat, "
	       "Rust's standard library, Node and coreutils statx",
	       "glibc sysdeps/unix/sysv/linux/fstatat64.c, statx.c; musl "
	       "src/stat/fstatat.c, src/linux/statx.c",
	       { "oldstat", 0, 0 }, { "oldlstat", 0, 0 }, { "oldfstat", 0, 0 }, { "stat", 0, 0 },
	       { "lstat", 0, 0 }, { "fstat", 0, 0 }, { "stat64", 0, 0 }, { "lstat64", 0, 0 },
	       { "fstat64", 0, 0 }, { "fstatat64", 0, 0 }, { "newfstatat", 0, 0 }, { "statx", 0, GLIBC | MUSL }),
	FAMILY("check whether a file may be used",
	       "glibc since 2.33 makes faccessat2 (Linux 5.8) for faccessat, musl where there are flags, and both "
	       "faccessat on ENOSYS; access is made where it exists",
	       "glibc sysdeps/unix/sysv/linux/faccessat.c; musl src/unistd/faccessat.c",
	       { "access", 0, 0 }, { "faccessat", 0, 0 }, { "faccessat2", 0, GLIBC | MUSL }),
	FAMILY("change a file's mode",
	       "glibc since 2.39 and musl since 1.2.5 make fchmodat2 (Linux 6.6) for fchmodat with flags, and "
	       "go through /proc/self/fd on ENOSYS; musl's fchmod of an O_PATH descriptor makes chmod",
	       "glibc sysdeps/unix/sysv/linux/fchmodat.c; musl src/stat/fchmodat.c, fchmod.c",
	       { "chmod", 0, 0 }, { "fchmod", 0, 0 }, { "fchmodat", 0, 0 }, { "fchmodat2", 0, GLIBC | MUSL }),
	FAMILY("change a file's owner",
	       "Linux 2.4 brought ids of 32 bits; architectures since aarch64 have fchownat only for paths; "
	       "musl's fchown of an O_PATH descriptor makes chown",
	       "Linux include/uapi/asm-generic/unistd.h; musl src/unistd/fchown.c, lchown.c",
	       { "chown", 0, 0 }, { "lchown", 0, 0 }, { "fchown", 0, 0 }, { "chown32", 0, 0 },
	       { "lchown32", 0, 0 }, { "fchown32", 0, 0 }, { "fchownat", 0, 0 }),
	AT("link", "linkat"),
	AT("symlink", "symlinkat"),
	AT("readlink", "readlinkat"),
	AT("mkdir", "mkdirat"),
	FAMILY("make a node",
	       "glibc since 2.33 makes mknodat for mknod on every architecture, musl mknod where it exists",
	       "glibc sysdeps/unix/sysv/linux/mknod.c; musl src/stat/mknod.c",
	       { "mknod", 0, 0 }, { "mknodat", 0, 0 }),
	AT("unlink", "unlinkat"),
	AT("rmdir", "unlinkat"),
	FAMILY("rename a file",
	       "riscv64 and later have renameat2 only, aarch64 has no rename; glibc and musl make the oldest "
	       "that the architecture has, and renameat2 where flags are given",
	       "glibc sysdeps/unix/sysv/linux/rename.c, renameat.c; musl src/stdio/rename.c, src/linux/renameat2.c",
	       { "rename", 0, 0 }, { "renameat", 0, 0 }, { "renameat2", 0, 0 }),
	FAMILY("set a file's times",
	       "glibc (as of 2.36) and musl make utimensat for utime and utimes, musl the older ones on ENOSYS; "
	       "32-bit ABIs have utimensat_time64 since Linux 5.1",
	       "glibc sysdeps/unix/sysv/linux/utimes.c, utimensat.c; musl src/time/utime.c, src/stat/utimensat.c",
	       { "utime", 0, 0 }, { "utimes", 0, 0 }, { "futimesat", 0, 0 }, { "utimensat", 0, MUSL },
	       { "utimensat_time64", 0, GLIBC | MUSL }),
	FAMILY("read a directory",
	       "glibc and musl make getdents64 on every architecture, older ones getdents; readdir is of "
	       "Linux 1",
	       "glibc sysdeps/unix/sysv/linux/getdents64.c; musl src/linux/getdents.c",
	       { "readdir", 0, 0 }, { "getdents", 0, 0 }, { "getdents64", 0, 0 }),
	LARGE("truncate", "truncate64"),
	LARGE("ftruncate", "ftruncate64"),
	LARGE("statfs", "statfs64"),
	LARGE("fstatfs", "fstatfs64"),
	LARGE("lseek", "_llseek"),
	LARGE("fcntl", "fcntl64"),
	FAMILY("advise on a file's use",
	       "32-bit ABIs have fadvise64_64 for 64-bit lengths, ARM with another order of arguments",
	       "posix_fadvise(2); glibc sysdeps/unix/sysv/linux/posix_fadvise64.c; musl src/fcntl/posix_fadvise.c",
	       { "fadvise64", 0, 0 }, { "fadvise64_64", 0, 0 }, { "arm_fadvise64_64", 0, 0 }),
	FAMILY("write a range of a file to disk",
	       "POWER and ARM have another order of arguments",
	       "sync_file_range(2); glibc sysdeps/unix/sysv/linux/sync_file_range.c",
	       { "sync_file_range", 0, 0 }, { "sync_file_range2", 0, 0 }, { "arm_sync_file_range", 0, 0 }),
	XATTR("setxattr"),
	XATTR("getxattr"),
	XATTR("listxattr"),
	XATTR("removexattr"),

	/* ---- descriptors ---- */
	FAMILY("read",
	       "glibc's stdio reads by read, musl's by readv into the caller's and its own buffer at once",
	       "musl src/stdio/__stdio_read.c; glibc libio/fileops.c",
	       { "read", 0, 0 }, { "readv", 0, 0 }),
	FAMILY("write",
	       "glibc's stdio writes by write, musl's by writev of its buffer and the caller's at once",
	       "musl src/stdio/__stdio_write.c; glibc libio/fileops.c",
	       { "write", 0, 0 }, { "writev", 0, 0 }),
	FAMILY("read at an offset",
	       "glibc since 2.26 and musl since 1.2.5 have preadv2; without flags they make preadv on ENOSYS, "
	       "and musl without being asked",
	       "glibc sysdeps/unix/sysv/linux/preadv2.c; musl src/linux/preadv2.c",
	       { "pread64", 0, 0 }, { "preadv", 0, 0 }, { "preadv2", 0, GLIBC }),
	FAMILY("write at an offset",
	       "glibc since 2.26 and musl since 1.2.5 have pwritev2; without flags they make pwritev on "
	       "ENOSYS, and musl without being asked",
	       "glibc sysdeps/unix/sysv/linux/pwritev2.c; musl src/linux/pwritev2.c",
	       { "pwrite64", 0, 0 }, { "pwritev", 0, 0 }, { "pwritev2", 0, GLIBC }),
	FAMILY("copy between descriptors",
	       "Rust's std::io::copy and Go's io.Copy take copy_file_range, sendfile or splice by the kinds of "
	       "the descriptors, and the next on ENOSYS, EPERM, EINVAL or EXDEV",
	       "Rust library/std/src/sys/pal/unix/kernel_copy; Go src/internal/poll/copy_file_range_linux.go",
	       { "sendfile", 0, 0 }, { "sendfile64", 0, 0 }, { "splice", 0, 0 }, { "copy_file_range", 0, 0 }),
	FAMILY("duplicate onto a number",
	       "architectures since aarch64 have dup3 only; musl's dup3 makes dup2 and fcntl on ENOSYS",
	       "glibc sysdeps/unix/sysv/linux/dup2.c; musl src/unistd/dup2.c, dup3.c",
	       { "dup2", 0, 0 }, { "dup3", 0, MUSL }),
	FAMILY("close descriptors",
	       "glibc since 2.34 makes close_range for closefrom and posix_spawn, Python since 3.10 and many "
	       "daemons for their clean-up; all close one by one on ENOSYS",
	       "glibc sysdeps/unix/sysv/linux/closefrom.c; Python Modules/_posixsubprocess.c; close_range(2)",
	       { "close", 0, 0 }, { "close_range", 0, GLIBC }),
	FAMILY("make a pipe",
	       "glibc makes pipe2 for pipe, musl pipe where it exists, and pipe and fcntl for pipe2 on ENOSYS",
	       "glibc sysdeps/unix/sysv/linux/pipe.c; musl src/unistd/pipe.c, pipe2.c",
	       { "pipe", 0, 0 }, { "pipe2", 0, MUSL }),
	FLAGS("make an eventfd", "eventfd", "eventfd2", MUSL),
	FLAGS("make a signalfd", "signalfd", "signalfd4", MUSL),
	FLAGS("make an inotify instance", "inotify_init", "inotify_init1", MUSL),
	FLAGS("make an epoll instance", "epoll_create", "epoll_create1", MUSL),

	/* ---- waiting ---- */
	FAMILY("wait for epoll events",
	       "architectures since aarch64 have no epoll_wait; musl and Go make epoll_pwait everywhere, musl "
	       "epoll_wait on ENOSYS; glibc has epoll_pwait2 since 2.35 for who asks",
	       "glibc sysdeps/unix/sysv/linux/epoll_wait.c, epoll_pwait2.c; musl src/linux/epoll.c; Go "
	       "src/runtime/netpoll_epoll.go",
	       { "epoll_wait", 0, 0 }, { "epoll_pwait", 0, MUSL }, { "epoll_pwait2", 0, 0 }),
	FAMILY("wait for a set of descriptors",
	       "glibc's select makes pselect6, since 2.34 on every architecture; musl's makes select where it "
	       "exists; 32-bit ABIs have pselect6_time64 since Linux 5.1",
	       "glibc sysdeps/unix/sysv/linux/select.c; musl src/select/select.c",
	       { "select", 0, 0 }, { "_newselect", 0, 0 }, { "pselect6", 0, 0 },
	       { "pselect6_time64", 0, GLIBC | MUSL }),
	FAMILY("wait for some descriptors",
	       "architectures since aarch64 have ppoll only; 32-bit ABIs have ppoll_time64 since Linux 5.1",
	       "glibc sysdeps/unix/sysv/linux/poll.c, ppoll.c; musl src/select/poll.c, ppoll.c",
	       { "poll", 0, 0 }, { "ppoll", 0, 0 }, { "ppoll_time64", 0, GLIBC | MUSL }),
	FAMILY("wait for a signal",
	       "architectures since aarch64 have no pause: glibc and musl make ppoll without descriptors",
	       "glibc sysdeps/unix/sysv/linux/pause.c; musl src/unistd/pause.c",
	       { "pause", 0, 0 }, { "ppoll", 0, 0 }, { "ppoll_time64", 0, GLIBC | MUSL }),
	FAMILY("read finished asynchronous operations",
	       "Linux 4.18 brought io_pgetevents, with a signal mask; libaio 0.3.112 has it for who asks",
	       "io_getevents(2); libaio src/io_pgetevents.c",
	       { "io_getevents", 0, 0 }, { "io_pgetevents", 0, 0 }, { "io_pgetevents_time64", 0, 0 }),
	TIME64("futex", "futex_time64"),
	FAMILY("wait on a futex, the second interface",
	       "Linux 5.16 and 6.7 brought a call for each operation; Wine makes futex_waitv, no libc any",
	       "Linux kernel/futex/syscalls.c; Documentation/userspace-api/futex2.rst",
	       { "futex", 0, 0 }, { "futex_waitv", 0, AHEAD }, { "futex_wake", 0, AHEAD },
	       { "futex_wait", 0, AHEAD }, { "futex_requeue", 0, AHEAD }),

	/* ---- processes ---- */
	FAMILY("make a process or thread",
	       "glibc forks by clone; since 2.34 its pthread_create and posix_spawn make clone3 first and clone "
	       "on ENOSYS; musl makes fork and vfork where they exist, and clone",
	       "glibc sysdeps/unix/sysv/linux/clone-internal.c, arch-fork.h; musl src/process/_Fork.c, vfork.s, "
	       "src/thread/pthread_create.c",
	       { "fork", 0, 0 }, { "vfork", 0, 0 }, { "clone", 1, 0 }, { "clone3", 2, GLIBC }),
	FAMILY("wait for a child",
	       "riscv32 has waitid only; Go since 1.23 waits by waitid and a pidfd, glibc and musl make wait4",
	       "glibc sysdeps/unix/sysv/linux/wait4.c; musl src/process/waitpid.c; Go src/os/pidfd_linux.go",
	       { "waitpid", 0, 0 }, { "wait4", 0, 0 }, { "waitid", 0, 0 }),
	FAMILY("run a program",
	       "glibc since 2.27 and musl make execveat for fexecve, and execve of /proc/self/fd on "
	       "ENOSYS",
	       "glibc sysdeps/unix/sysv/linux/fexecve.c; musl src/process/fexecve.c",
	       { "execve", 0, 0 }, { "execveat", 1, GLIBC | MUSL }),
	FAMILY("read a resource limit",
	       "glibc and musl make prlimit64 on every architecture, musl getrlimit on ENOSYS; prlimit64 also "
	       "sets limits, and those of other processes",
	       "glibc sysdeps/unix/sysv/linux/getrlimit64.c; musl src/misc/getrlimit.c",
	       { "getrlimit", 0, 0 }, { "ugetrlimit", 0, 0 }, { "prlimit64", 1, MUSL }),
	FAMILY("set a resource limit",
	       "glibc and musl make prlimit64 on every architecture, musl setrlimit on ENOSYS",
	       "glibc sysdeps/unix/sysv/linux/setrlimit64.c; musl src/misc/setrlimit.c",
	       { "setrlimit", 0, 0 }, { "prlimit64", 1, MUSL }),
	FAMILY("change the nice value",
	       "architectures but i386, arm and their age have no nice: libcs make getpriority and setpriority",
	       "glibc sysdeps/posix/nice.c; musl src/unistd/nice.c",
	       { "nice", 0, 0 }, { "setpriority", 1, 0 }),
	FAMILY("get the process group",
	       "architectures since aarch64 have no getpgrp: glibc makes getpgid(0), as musl does everywhere",
	       "glibc sysdeps/unix/sysv/linux/getpgrp.c; musl src/unistd/getpgrp.c",
	       { "getpgrp", 0, 0 }, { "getpgid", 0, 0 }),
	FAMILY("set the thread pointer",
	       "each architecture has its own call: i386 set_thread_area, x86-64 arch_prctl, ARM set_tls",
	       "glibc sysdeps/*/nptl/tls.h; musl arch/*/pthread_arch.h, src/thread/*/__set_thread_area",
	       { "set_thread_area", 0, 0 }, { "arch_prctl", 0, 0 }, { "set_tls", 0, 0 }),
	FAMILY("make instructions visible",
	       "each architecture has its own call",
	       "cacheflush(2); Linux arch/riscv/kernel/sys_riscv.c",
	       { "cacheflush", 0, 0 }, { "riscv_flush_icache", 0, 0 }),
	TIME64("sched_rr_get_interval", "sched_rr_get_interval_time64"),

	/* ---- signals ---- */
	FAMILY("set what a signal does", RT_CHANGE, RT_SOURCE, { "signal", 0, 0 }, { "sigaction", 0, 0 },
	       { "rt_sigaction", 0, 0 }),
	FAMILY("block signals", RT_CHANGE, RT_SOURCE, { "sgetmask", 0, 0 }, { "ssetmask", 0, 0 },
	       { "sigprocmask", 0, 0 }, { "rt_sigprocmask", 0, 0 }),
	RT("sigpending", "rt_sigpending"),
	RT("sigsuspend", "rt_sigsuspend"),
	RT("sigreturn", "rt_sigreturn"),
	FAMILY("signal a thread",
	       "glibc makes tgkill for raise, abort and pthread_kill; musl makes tkill",
	       "glibc nptl/pthread_kill.c; musl src/signal/raise.c, src/thread/pthread_kill.c",
	       { "tkill", 0, 0 }, { "tgkill", 0, 0 }),
	FAMILY("signal a process",
	       "Go since 1.23 and systemd make pidfd_send_signal first, and kill where it is not there; libcs "
	       "make kill",
	       "Go src/os/pidfd_linux.go; systemd src/basic/pidref.c",
	       { "kill", 0, 0 }, { "pidfd_send_signal", 0, 0 }),
	TIME64("rt_sigtimedwait", "rt_sigtimedwait_time64"),

	/* ---- time ---- */
	FAMILY("get the time",
	       "the vDSO answers where it can read the clock; where it can't, and where there is none, glibc "
	       "since 2.31 makes clock_gettime for all on most architectures, and musl clock_gettime and "
	       "gettimeofday on ENOSYS",
	       "vdso(7); glibc sysdeps/unix/sysv/linux/time.c, gettimeofday.c, clock_gettime.c; musl "
	       "src/time/clock_gettime.c",
	       { "time", 0, 0 }, { "gettimeofday", 0, 0 }, { "clock_gettime", 0, MUSL },
	       { "clock_gettime64", 0, GLIBC | MUSL }),
	FAMILY("set the time",
	       "glibc since 2.31 makes clock_settime for stime and settimeofday, musl always",
	       "glibc sysdeps/unix/sysv/linux/clock_settime.c, time/stime.c; musl src/linux/settimeofday.c, stime.c",
	       { "stime", 0, 0 }, { "settimeofday", 0, 0 }, { "clock_settime", 0, 0 },
	       { "clock_settime64", 0, GLIBC | MUSL }),
	FAMILY("tune the clock",
	       "glibc since 2.31 makes clock_adjtime for adjtimex, musl on 32-bit ABIs",
	       "glibc sysdeps/unix/sysv/linux/adjtime.c, ntp_gettime.c; musl src/linux/adjtimex.c",
	       { "adjtimex", 0, 0 }, { "clock_adjtime", 0, 0 }, { "clock_adjtime64", 0, GLIBC | MUSL }),
	FAMILY("sleep",
	       "glibc since 2.31 makes clock_nanosleep for nanosleep and sleep; musl and Go make nanosleep",
	       "glibc sysdeps/unix/sysv/linux/clock_nanosleep.c; musl "
	       "src/time/clock_nanosleep.c",
	       { "nanosleep", 0, 0 }, { "clock_nanosleep", 0, 0 }, { "clock_nanosleep_time64", 0, GLIBC | MUSL }),
	FAMILY("set an alarm",
	       "architectures since aarch64 have no alarm: glibc makes setitimer, as musl does everywhere",
	       "glibc sysdeps/unix/sysv/linux/alarm.c; musl src/unistd/alarm.c",
	       { "alarm", 0, 0 }, { "setitimer", 0, 0 }),
	FAMILY("make a timer descriptor",
	       "timerfd was in Linux 2.6.22 to 2.6.24 only",
	       "timerfd_create(2)",
	       { "timerfd", 0, 0 }, { "timerfd_create", 0, 0 }),
	TIME64("clock_getres", "clock_getres_time64"),
	TIME64("timer_gettime", "timer_gettime64"),
	TIME64("timer_settime", "timer_settime64"),
	TIME64("timerfd_gettime", "timerfd_gettime64"),
	TIME64("timerfd_settime", "timerfd_settime64"),
	TIME64("mq_timedsend", "mq_timedsend_time64"),
	TIME64("mq_timedreceive", "mq_timedreceive_time64"),

	/* ---- sockets ---- */
	FAMILY("accept a connection",
	       "i386 and s390 have accept4 only beside socketcall; musl's accept4 makes accept without "
	       "flags, and on ENOSYS; Go makes accept4 only",
	       "glibc sysdeps/unix/sysv/linux/accept.c; musl src/linux/accept4.c",
	       { "socketcall", 1, 0 }, { "accept", 0, 0 }, { "accept4", 0, MUSL }),
	FAMILY("send",
	       "arm and powerpc have send, which libcs make only there; glibc's resolver sends by sendmmsg, "
	       "musl's by sendto, and since 1.2.4 by sendmsg",
	       "glibc sysdeps/unix/sysv/linux/send.c, resolv/res_send.c; musl src/network/res_msend.c",
	       { "send", 0, 0 }, { "sendto", 0, 0 }, { "sendmsg", 1, 0 }, { "sendmmsg", 1, 0 }),
	FAMILY("receive",
	       "arm and powerpc have recv, which libcs make only there; glibc's resolver receives by recvfrom, "
	       "musl's since 1.2.4 by recvmsg; glibc's recvmmsg has 64-bit time on 32-bit ABIs",
	       "glibc sysdeps/unix/sysv/linux/recv.c, recvmmsg.c; musl src/network/res_msend.c",
	       { "recv", 0, 0 }, { "recvfrom", 0, 0 }, { "recvmsg", 1, 0 }, { "recvmmsg", 1, 0 },
	       { "recvmmsg_time64", 1, GLIBC | MUSL }),
	SOCKETCALL("socket"),
	SOCKETCALL("socketpair"),
	SOCKETCALL("bind"),
	SOCKETCALL("connect"),
	SOCKETCALL("listen"),
	SOCKETCALL("getsockname"),
	SOCKETCALL("getpeername"),
	SOCKETCALL("sendto"),
	SOCKETCALL("recvfrom"),
	SOCKETCALL("sendmsg"),
	SOCKETCALL("recvmsg"),
	SOCKETCALL("sendmmsg"),
	SOCKETCALL("recvmmsg"),
	SOCKETCALL("setsockopt"),
	SOCKETCALL("getsockopt"),
	SOCKETCALL("shutdown"),
	IPC("msgget"),
	IPC("msgsnd"),
	IPC("msgrcv"),
	IPC("msgctl"),
	IPC("semget"),
	IPC("semctl"),
	IPC("shmget"),
	IPC("shmat"),
	IPC("shmdt"),
	IPC("shmctl"),
	FAMILY("work on semaphores",
	       "glibc makes semtimedop for semop, musl semop; i386 and s390 have semtimedop_time64 or ipc",
	       "glibc sysdeps/unix/sysv/linux/semop.c, semtimedop.c; musl src/ipc/semop.c",
	       { "ipc", 1, 0 }, { "semop", 0, 0 }, { "semtimedop", 0, 0 }, { "semtimedop_time64", 0, GLIBC | MUSL }),

	/* ---- memory ---- */
	FAMILY("take memory",
	       "glibc's malloc grows the heap by brk and takes mmap where that fails or the piece is large; "
	       "musl's takes mmap, and brk for its own records; Go takes mmap",
	       "glibc malloc/malloc.c: sysmalloc; musl src/malloc/mallocng/malloc.c",
	       { "brk", 0, 0 }, { "mmap", 1, 0 }, { "mmap2", 1, 0 }),
	FAMILY("protect memory",
	       "pkey_mprotect (Linux 4.9) without a key is mprotect; glibc's makes mprotect for key -1",
	       "glibc sysdeps/unix/sysv/linux/pkey_mprotect.c; pkey_mprotect(2)",
	       { "mprotect", 0, 0 }, { "pkey_mprotect", 0, 0 }),
	FAMILY("lock memory",
	       "glibc's mlock2 makes mlock without flags",
	       "glibc sysdeps/unix/sysv/linux/mlock2.c",
	       { "mlock", 0, 0 }, { "mlock2", 0, 0 }),

	/* ---- identity ---- */
	IDS("getuid"),
	IDS("geteuid"),
	IDS("getgid"),
	IDS("getegid"),
	IDS("getresuid"),
	IDS("getresgid"),
	IDS("getgroups"),
	IDS("setuid"),
	IDS("setgid"),
	IDS("setreuid"),
	IDS("setregid"),
	IDS("setresuid"),
	IDS("setresgid"),
	IDS("setfsuid"),
	IDS("setfsgid"),
	IDS("setgroups"),

	/* ---- the machine ---- */
	FAMILY("get the kernel's name",
	       "older structures had shorter names; libcs make uname",
	       "uname(2)",
	       { "oldolduname", 0, 0 }, { "olduname", 0, 0 }, { "uname", 0, 0 }),
	FAMILY("mount",
	       "util-linux since 2.39 mounts by the calls on file descriptors (Linux 5.2, 5.12) and by mount on "
	       "ENOSYS; libcs have only mount",
	       "util-linux libmount/src/hook_mount.c; mount_setattr(2)",
	       { "mount", 0, 0 }, { "fsopen", 0, 0 }, { "fsconfig", 0, 0 }, { "fsmount", 0, 0 },
	       { "fspick", 0, 0 }, { "open_tree", 0, 0 }, { "move_mount", 0, 0 }, { "mount_setattr", 0, 0 },
	       { "open_tree_attr", 0, AHEAD }),
	FAMILY("unmount",
	       "x86-64 and later architectures have umount2 only; libcs make it",
	       "umount(2); glibc sysdeps/unix/sysv/linux/umount.c",
	       { "umount", 0, 0 }, { "umount2", 0, 0 }),
	FAMILY("change the root directory",
	       "Linux 7.3 brought fchroot; no libc makes it for chroot",
	       "Linux include/uapi/asm-generic/unistd.h",
	       { "chroot", 0, 0 }, { "fchroot", 0, AHEAD }),
	FAMILY("load a module",
	       "kmod makes finit_module first, and init_module on ENOSYS or for a module that it unpacks itself",
	       "kmod libkmod/libkmod-module.c; init_module(2)",
	       { "init_module", 0, 0 }, { "finit_module", 0, 0 }),
	FAMILY("load a kernel",
	       "kexec-tools makes kexec_file_load first and kexec_load where that is not there",
	       "kexec-tools kexec/kexec.c; kexec(8)",
	       { "kexec_load", 0, 0 }, { "kexec_file_load", 0, 0 }),
	FAMILY("manage quotas",
	       "Linux 5.14 brought quotactl_fd; no libc and no tool makes it for quotactl yet",
	       "quotactl(2)",
	       { "quotactl", 0, 0 }, { "quotactl_fd", 0, AHEAD }),
	FAMILY("virtual 8086 mode",
	       "Linux 2.0.28 brought vm86 with more functions, on i386",
	       "vm86(2)",
	       { "vm86old", 0, 0 }, { "vm86", 0, 0 }),
};
/* clang-format on */

const size_t siblings_table_count = sizeof(siblings_table) / sizeof(siblings_table[0]);
