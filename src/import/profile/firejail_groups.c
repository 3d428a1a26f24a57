// SPDX-License-Identifier: LGPL-2.1-or-later
/* The groups of calls that Firejail's profiles may name (firejail(1), "seccomp"), without the calls that no ABI
 * here has: those of src/lib/syscall.c in Firejail's repository. */
#include "import/profile/firejail_groups.h"

#include "common/cleanup.h"
#include "common/word.h"

static const struct {
	const char *name, *members;
} rows[] = {
	/* clang-format off */
	{ "@aio",
	  "io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup "
	  "io_submit io_uring_enter io_uring_register io_uring_setup" },
	{ "@basic-io",
	  "_llseek close close_range dup dup2 dup3 lseek pread64 preadv preadv2 pwrite64 "
	  "pwritev pwritev2 read readv write writev" },
	{ "@chown",
	  "chown chown32 fchown fchown32 fchownat lchown lchown32" },
	{ "@clock",
	  "adjtimex clock_adjtime clock_adjtime64 clock_settime clock_settime64" },
	{ "@cpu-emulation",
	  "modify_ldt subpage_prot switch_endian vm86 vm86old" },
	{ "@debug",
	  "lookup_dcookie perf_event_open pidfd_getfd process_vm_writev rtas "
	  "s390_runtime_instr sys_debug_setcontext uprobe uretprobe" },
	{ "@default",
	  "@clock @cpu-emulation @debug @module @mount @obsolete @raw-io @reboot @swap acct "
	  "add_key bpf fanotify_init io_cancel io_destroy io_getevents io_setup io_submit "
	  "ioprio_set keyctl mbind migrate_pages move_pages name_to_handle_at nfsservctl "
	  "open_by_handle_at request_key set_mempolicy setdomainname sethostname syslog "
	  "userfaultfd vhangup vmsplice" },
	{ "@default-keep",
	  "execve execveat prctl" },
	{ "@default-nodebuggers",
	  "@default personality process_vm_readv ptrace" },
	{ "@file-system",
	  "access cachestat chdir chmod close close_range creat faccessat faccessat2 fallocate "
	  "fanotify_mark fchdir fchmod fchmodat fchmodat2 fcntl fcntl64 fgetxattr file_getattr "
	  "file_setattr flistxattr fremovexattr fsetxattr fstat fstat64 fstatat64 fstatfs "
	  "fstatfs64 ftruncate ftruncate64 getcwd getdents getdents64 getxattr getxattrat "
	  "inotify_add_watch inotify_init inotify_init1 inotify_rm_watch lgetxattr link linkat "
	  "listxattr listxattrat llistxattr lremovexattr lsetxattr lstat lstat64 mkdir mkdirat "
	  "mknod mknodat munmap newfstatat oldfstat oldlstat oldstat open openat openat2 "
	  "quotactl_fd readlink readlinkat removexattr removexattrat rename renameat renameat2 "
	  "rmdir setxattr setxattrat stat stat64 statfs statfs64 statx symlink symlinkat "
	  "truncate truncate64 unlink unlinkat utimensat utimes" },
	{ "@io-event",
	  "_newselect epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait "
	  "eventfd eventfd2 poll ppoll ppoll_time64 pselect6 pselect6_time64 select" },
	{ "@ipc",
	  "ipc mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 "
	  "mq_timedsend mq_timedsend_time64 mq_unlink msgctl msgget msgrcv msgsnd pipe pipe2 "
	  "process_madvise process_mrelease process_vm_readv process_vm_writev semctl semget "
	  "semop semtimedop semtimedop_time64 shmat shmctl shmdt shmget" },
	{ "@keyring",
	  "add_key keyctl request_key" },
	{ "@memfd",
	  "memfd_create memfd_secret" },
	{ "@memlock",
	  "mlock mlock2 mlockall munlock munlockall" },
	{ "@module",
	  "delete_module finit_module init_module" },
	{ "@mount",
	  "chroot fsconfig fsmount fsopen fspick listmount mount mount_setattr move_mount "
	  "open_tree open_tree_attr pivot_root statmount umount umount2" },
	{ "@network-io",
	  "accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom "
	  "recvmmsg recvmmsg_time64 recvmsg send sendmmsg sendmsg sendto setsockopt shutdown "
	  "socket socketcall socketpair" },
	{ "@obsolete",
	  "_sysctl afs_syscall bdflush break create_module epoll_ctl_old epoll_wait_old ftime "
	  "futimesat get_kernel_syms getpmsg gtty idle lock mpx multiplexer prof profil "
	  "putpmsg query_module remap_file_pages security settimeofday sgetmask ssetmask stime "
	  "stty sysfs timerfd tkill tuxcall ulimit uselib ustat utime vserver" },
	{ "@privileged",
	  "@chown @clock @module @raw-io @reboot @swap _sysctl acct bpf capset chroot "
	  "fanotify_init mount nfsservctl open_by_handle_at pivot_root quotactl setdomainname "
	  "setfsuid setfsuid32 setgroups setgroups32 sethostname setresuid setresuid32 "
	  "setreuid setreuid32 setuid setuid32 umount2 vhangup" },
	{ "@process",
	  "cacheflush capget clone clone3 exit_group fork futex_requeue futex_time64 "
	  "futex_wait futex_waitv futex_wake get_robust_list get_thread_area getegid getegid32 "
	  "geteuid geteuid32 getgid getgid32 getgroups getgroups32 getpgid getpgrp getpid "
	  "getppid getresgid getresgid32 getresuid getresuid32 getsid gettid getuid getuid32 "
	  "kill membarrier pidfd_open pidfd_send_signal riscv_flush_icache rseq "
	  "rseq_slice_yield rt_sigqueueinfo rt_tgsigqueueinfo s390_guarded_storage "
	  "set_robust_list set_thread_area set_tid_address setns setpriority spu_create "
	  "spu_run swapcontext tgkill times unshare utimensat_time64 vfork wait4 waitid "
	  "waitpid" },
	{ "@program-keep",
	  "arch_prctl clock_getres clock_getres_time64 clock_gettime clock_gettime64 "
	  "clock_nanosleep clock_nanosleep_time64 exit futex gettimeofday mmap mmap2 mprotect "
	  "time" },
	{ "@raw-io",
	  "ioperm iopl pciconfig_iobase pciconfig_read pciconfig_write s390_pci_mmio_read "
	  "s390_pci_mmio_write" },
	{ "@reboot",
	  "kexec_file_load kexec_load reboot" },
	{ "@resources",
	  "getrlimit getrusage ioprio_set mbind migrate_pages mincore move_pages nice "
	  "prlimit64 sched_setaffinity sched_setattr sched_setparam sched_setscheduler "
	  "set_mempolicy set_mempolicy_home_node setrlimit ugetrlimit" },
	{ "@sandbox",
	  "landlock_add_rule landlock_create_ruleset landlock_restrict_self seccomp" },
	{ "@setuid",
	  "setgid setgid32 setgroups setgroups32 setregid setregid32 setresgid setresgid32 "
	  "setresuid setresuid32 setreuid setreuid32 setuid setuid32" },
	{ "@signal",
	  "pause restart_syscall rt_sigaction rt_sigpending rt_sigprocmask rt_sigreturn "
	  "rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 sigaction sigaltstack signal "
	  "signalfd signalfd4 sigpending sigprocmask sigreturn sigsuspend" },
	{ "@swap",
	  "swapoff swapon" },
	{ "@sync",
	  "arm_sync_file_range fdatasync fsync msync sync sync_file_range sync_file_range2 "
	  "syncfs" },
	{ "@system-service",
	  "@aio @basic-io @chown @default @file-system @io-event @ipc @keyring @memfd @memlock "
	  "@network-io @process @resources @sandbox @setuid @signal @sync @timer "
	  "arm_fadvise64_64 brk capget capset copy_file_range fadvise64 fadvise64_64 flock "
	  "get_mempolicy getcpu getpriority getrandom ioctl ioprio_get kcmp listns "
	  "lsm_get_self_attr lsm_list_modules lsm_set_self_attr madvise map_shadow_stack "
	  "mremap mseal name_to_handle_at oldolduname olduname personality pkey_alloc "
	  "pkey_free pkey_mprotect readahead readdir riscv_hwprobe s390_sthyi "
	  "sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr "
	  "sched_getparam sched_getscheduler sched_rr_get_interval "
	  "sched_rr_get_interval_time64 sched_yield sendfile sendfile64 setfsgid setfsgid32 "
	  "setfsuid setfsuid32 setpgid setsid splice sysinfo tee umask uname userfaultfd "
	  "vmsplice" },
	/* clang-format on */
};

const char *firejail_groups_members(const char *name, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (is_word(name, length, rows[i].name))
			return rows[i].members;
	return NULL;
}
