// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which arguments matter: those that select an operation or grant a power, and that some policy in
 * the field puts a condition on (systemd's Restrict*= settings, the filters of container engines
 * and of browsers). The recorder pays for each row on every call, so what no policy asks for is left
 * out although it is a flag: the flags of send and recv, accept4's, epoll_ctl's and flock's
 * operation, msync's, eventfd2's, shutdown's direction. futex is in despite its heat: the operations
 * on priority inheritance are rare in programs and rich in exploits, and an uncontended lock makes
 * no call.
 *
 * Masks keep the bits that a condition could be about and drop those that change from call to call
 * without changing what the caller may do (O_CLOEXEC, MAP_NORESERVE, the permission bits of a
 * mode). Values are those of the generic ABI, which x86-64, i386, x32 and riscv64 share;
 * where another ABI has other bits, or another order, it has a row of its own below.
 */
#include "syscall/arguments.h"

#include "common/cleanup.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>

#define INT 0xffffffffu

/* Restrict...=, and what makes a file or hides its writing. A mode counts only with O_CREAT or
 * O_TMPFILE among the flags: else its register holds whatever was there. */
#define OPEN_BITS  (O_ACCMODE | O_CREAT | O_TRUNC | O_TMPFILE | O_PATH)
#define SET_ID	   07000 /* S_ISUID, S_ISGID, S_ISVTX */
#define NODE_BITS  (S_IFMT | SET_ID)
#define PROT_BITS  (PROT_READ | PROT_WRITE | PROT_EXEC)
#define MAP_BITS   (MAP_TYPE | MAP_FIXED | MAP_ANONYMOUS | MAP_LOCKED | MAP_HUGETLB)
#define FUTEX_BITS (INT & ~(uint64_t)(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME))

#define VALUE(index_, kind_, label_, mask_)                                             \
	{                                                                               \
		.index = (index_), .kind = (kind_), .label = (label_), .mask = (mask_), \
		.pointee_offset = -1                                                    \
	}
#define POINTEE(index_, kind_, label_, offset_, mask_)                                  \
	{                                                                               \
		.index = (index_), .kind = (kind_), .label = (label_), .mask = (mask_), \
		.pointee_offset = (offset_)                                             \
	}

#define ONE(name_, ...)                                                  \
	{                                                                \
		.name = (name_), .count = 1, .argument = { __VA_ARGS__ } \
	}
#define TWO(name_, ...)                                                  \
	{                                                                \
		.name = (name_), .count = 2, .argument = { __VA_ARGS__ } \
	}
#define THREE(name_, ...)                                                \
	{                                                                \
		.name = (name_), .count = 3, .argument = { __VA_ARGS__ } \
	}

/* clang-format off */
static const struct syscall_arguments rows[] = {
	ONE("arch_prctl", VALUE(0, ARGUMENT_ARCH_PRCTL_CODE, "code", INT)),
	ONE("bpf", VALUE(0, ARGUMENT_BPF_COMMAND, "command", INT)),
	ONE("chmod", VALUE(1, ARGUMENT_FILE_MODE, "mode", SET_ID)),
	/* The low byte is the signal that the parent gets at the child's end. */
	ONE("clone", VALUE(0, ARGUMENT_CLONE_FLAGS, "flags", INT & ~(uint64_t)CSIGNAL)),
	ONE("clone3", POINTEE(0, ARGUMENT_CLONE_FLAGS, "flags", 0, UINT64_MAX)),
	ONE("creat", VALUE(1, ARGUMENT_FILE_MODE, "mode", SET_ID)),
	ONE("execveat", VALUE(4, ARGUMENT_AT_FLAGS, "flags", INT)),
	ONE("fallocate", VALUE(1, ARGUMENT_FALLOCATE_MODE, "mode", INT)),
	ONE("fchmod", VALUE(1, ARGUMENT_FILE_MODE, "mode", SET_ID)),
	ONE("fchmodat", VALUE(2, ARGUMENT_FILE_MODE, "mode", SET_ID)),
	ONE("fchmodat2", VALUE(2, ARGUMENT_FILE_MODE, "mode", SET_ID)),
	ONE("fcntl", VALUE(1, ARGUMENT_FCNTL_COMMAND, "command", INT)),
	ONE("fcntl64", VALUE(1, ARGUMENT_FCNTL_COMMAND, "command", INT)),
	ONE("futex", VALUE(1, ARGUMENT_FUTEX_OPERATION, "operation", FUTEX_BITS)),
	ONE("futex_time64", VALUE(1, ARGUMENT_FUTEX_OPERATION, "operation", FUTEX_BITS)),
	TWO("getsockopt", VALUE(1, ARGUMENT_SOCKET_LEVEL, "level", INT),
	    VALUE(2, ARGUMENT_SOCKET_OPTION, "option", INT)),
	ONE("io_uring_register", VALUE(1, ARGUMENT_IO_URING_OPERATION, "operation", INT)),
	ONE("ioctl", VALUE(1, ARGUMENT_IOCTL_REQUEST, "request", INT)),
	/* The high half is a version of the call's interface. */
	ONE("ipc", VALUE(0, ARGUMENT_IPC_CALL, "call", 0xffff)),
	ONE("keyctl", VALUE(0, ARGUMENT_KEYCTL_OPERATION, "operation", INT)),
	ONE("kill", VALUE(1, ARGUMENT_SIGNAL, "signal", INT)),
	ONE("madvise", VALUE(2, ARGUMENT_MADVICE, "advice", INT)),
	ONE("memfd_create", VALUE(1, ARGUMENT_MEMFD_FLAGS, "flags", INT)),
	ONE("mkdir", VALUE(1, ARGUMENT_FILE_MODE, "mode", SET_ID)),
	ONE("mkdirat", VALUE(2, ARGUMENT_FILE_MODE, "mode", SET_ID)),
	ONE("mknod", VALUE(1, ARGUMENT_FILE_MODE, "mode", NODE_BITS)),
	ONE("mknodat", VALUE(2, ARGUMENT_FILE_MODE, "mode", NODE_BITS)),
	TWO("mmap", VALUE(2, ARGUMENT_MEMORY_PROTECTION, "prot", PROT_BITS),
	    VALUE(3, ARGUMENT_MAP_FLAGS, "flags", MAP_BITS)),
	TWO("mmap2", VALUE(2, ARGUMENT_MEMORY_PROTECTION, "prot", PROT_BITS),
	    VALUE(3, ARGUMENT_MAP_FLAGS, "flags", MAP_BITS)),
	ONE("modify_ldt", VALUE(0, ARGUMENT_NUMBER, "function", INT)),
	ONE("mount", VALUE(3, ARGUMENT_MOUNT_FLAGS, "flags", INT)),
	ONE("move_mount", VALUE(4, ARGUMENT_FLAGS, "flags", INT)),
	ONE("mprotect", VALUE(2, ARGUMENT_MEMORY_PROTECTION, "prot", PROT_BITS)),
	TWO("open", VALUE(1, ARGUMENT_OPEN_FLAGS, "flags", OPEN_BITS),
	    VALUE(2, ARGUMENT_FILE_MODE, "mode", SET_ID)),
	ONE("open_tree", VALUE(2, ARGUMENT_FLAGS, "flags", INT)),
	ONE("open_tree_attr", VALUE(2, ARGUMENT_FLAGS, "flags", INT)),
	TWO("openat", VALUE(2, ARGUMENT_OPEN_FLAGS, "flags", OPEN_BITS),
	    VALUE(3, ARGUMENT_FILE_MODE, "mode", SET_ID)),
	/* struct open_how: flags, mode, resolve. */
	TWO("openat2", POINTEE(2, ARGUMENT_OPEN_FLAGS, "flags", 0, OPEN_BITS),
	    POINTEE(2, ARGUMENT_FILE_MODE, "mode", 8, SET_ID)),
	ONE("personality", VALUE(0, ARGUMENT_PERSONALITY, "persona", INT)),
	ONE("pidfd_send_signal", VALUE(1, ARGUMENT_SIGNAL, "signal", INT)),
	ONE("pkey_mprotect", VALUE(2, ARGUMENT_MEMORY_PROTECTION, "prot", PROT_BITS)),
	ONE("prctl", VALUE(0, ARGUMENT_PRCTL_OPTION, "option", INT)),
	ONE("process_madvise", VALUE(3, ARGUMENT_MADVICE, "advice", INT)),
	ONE("ptrace", VALUE(0, ARGUMENT_PTRACE_REQUEST, "request", INT)),
	ONE("quotactl", VALUE(0, ARGUMENT_QUOTA_COMMAND, "command", INT)),
	ONE("quotactl_fd", VALUE(1, ARGUMENT_QUOTA_COMMAND, "command", INT)),
	ONE("reboot", VALUE(2, ARGUMENT_REBOOT_COMMAND, "command", INT)),
	ONE("rt_sigqueueinfo", VALUE(1, ARGUMENT_SIGNAL, "signal", INT)),
	ONE("rt_tgsigqueueinfo", VALUE(2, ARGUMENT_SIGNAL, "signal", INT)),
	ONE("sched_setscheduler", VALUE(1, ARGUMENT_SCHEDULER_POLICY, "policy", INT)),
	TWO("seccomp", VALUE(0, ARGUMENT_SECCOMP_OPERATION, "operation", INT),
	    VALUE(1, ARGUMENT_FLAGS, "flags", INT)),
	ONE("setns", VALUE(1, ARGUMENT_CLONE_FLAGS, "type", INT)),
	TWO("setsockopt", VALUE(1, ARGUMENT_SOCKET_LEVEL, "level", INT),
	    VALUE(2, ARGUMENT_SOCKET_OPTION, "option", INT)),
	ONE("shmat", VALUE(2, ARGUMENT_SHM_FLAGS, "flags", SHM_EXEC | SHM_RDONLY | SHM_REMAP)),
	THREE("socket", VALUE(0, ARGUMENT_SOCKET_DOMAIN, "domain", INT),
	      VALUE(1, ARGUMENT_SOCKET_TYPE, "type", INT),
	      VALUE(2, ARGUMENT_SOCKET_PROTOCOL, "protocol", INT)),
	ONE("socketcall", VALUE(0, ARGUMENT_SOCKETCALL, "call", INT)),
	THREE("socketpair", VALUE(0, ARGUMENT_SOCKET_DOMAIN, "domain", INT),
	      VALUE(1, ARGUMENT_SOCKET_TYPE, "type", INT),
	      VALUE(2, ARGUMENT_SOCKET_PROTOCOL, "protocol", INT)),
	ONE("syslog", VALUE(0, ARGUMENT_NUMBER, "type", INT)),
	ONE("tgkill", VALUE(2, ARGUMENT_SIGNAL, "signal", INT)),
	ONE("tkill", VALUE(1, ARGUMENT_SIGNAL, "signal", INT)),
	ONE("umount2", VALUE(1, ARGUMENT_UMOUNT_FLAGS, "flags", INT)),
	ONE("unshare", VALUE(0, ARGUMENT_CLONE_FLAGS, "flags", INT)),
	ONE("userfaultfd", VALUE(0, ARGUMENT_FLAGS, "flags", INT)),
};

/* asm/fcntl.h of arm, arm64 and powerpc, asm/mman.h of powerpc; CONFIG_CLONE_BACKWARDS2. */
#define ARM_OPEN   (O_ACCMODE | O_CREAT | O_TRUNC | 020040000 /* O_TMPFILE */ | O_PATH)
#define PPC_LOCKED 0x80
#define ON_ARM	   (1U << ABI_AARCH64 | 1U << ABI_ARM | 1U << ABI_PPC64LE)

static const struct {
	unsigned abis; /* bits 1 << enum abi */
	struct syscall_arguments row;
} other_rows[] = {
	{ 1U << ABI_S390X,
	  ONE("clone", VALUE(1, ARGUMENT_CLONE_FLAGS, "flags", INT & ~(uint64_t)CSIGNAL)) },
	{ 1U << ABI_PPC64LE,
	  TWO("mmap", VALUE(2, ARGUMENT_MEMORY_PROTECTION, "prot", PROT_BITS),
	      VALUE(3, ARGUMENT_MAP_FLAGS, "flags", (MAP_BITS & ~MAP_LOCKED) | PPC_LOCKED)) },
	{ ON_ARM, TWO("open", VALUE(1, ARGUMENT_OPEN_FLAGS, "flags", ARM_OPEN),
		      VALUE(2, ARGUMENT_FILE_MODE, "mode", SET_ID)) },
	{ ON_ARM, TWO("openat", VALUE(2, ARGUMENT_OPEN_FLAGS, "flags", ARM_OPEN),
		      VALUE(3, ARGUMENT_FILE_MODE, "mode", SET_ID)) },
	{ ON_ARM, TWO("openat2", POINTEE(2, ARGUMENT_OPEN_FLAGS, "flags", 0, ARM_OPEN),
		      POINTEE(2, ARGUMENT_FILE_MODE, "mode", 8, SET_ID)) },
};
/* clang-format on */

static int compare_name(const void *name, const void *row)
{
	return strcmp(name, ((const struct syscall_arguments *)row)->name);
}

const struct syscall_arguments *syscall_arguments(const char *name)
{
	return bsearch(name, rows, ARRAY_SIZE(rows), sizeof(*rows), compare_name);
}

uint64_t syscall_argument_needs(const struct syscall_arguments *row, unsigned i)
{
	if (i == 0 || row->argument[i].kind != ARGUMENT_FILE_MODE ||
	    row->argument[i - 1].kind != ARGUMENT_OPEN_FLAGS)
		return 0;
	return O_CREAT | (O_TMPFILE & ~O_DIRECTORY);
}

const struct syscall_arguments *syscall_arguments_of(enum abi abi, const char *name)
{
	for (size_t i = 0; abi != ABI_X86_64 && i < ARRAY_SIZE(other_rows); i++)
		if (other_rows[i].abis & 1U << abi && strcmp(other_rows[i].row.name, name) == 0)
			return &other_rows[i].row;
	return syscall_arguments(name);
}

void syscall_arguments_that_matter(enum abi abi, const char *name, const uint64_t arguments[6],
				   uint64_t matter[6])
{
	const struct syscall_arguments *row = name ? syscall_arguments_of(abi, name) : NULL;

	memset(matter, 0, 6 * sizeof(*matter));
	for (unsigned i = 0; row && i < row->count; i++)
		if (row->argument[i].pointee_offset < 0)
			matter[row->argument[i].index] =
				arguments[row->argument[i].index] & row->argument[i].mask;
}

size_t syscall_arguments_table(const struct syscall_arguments **table)
{
	*table = rows;
	return ARRAY_SIZE(rows);
}
