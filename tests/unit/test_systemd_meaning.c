// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a drop-in means to the kernel, call by call, for the versions and releases of systemd between which
 * that changes. The expectations are systemd's sources (src/shared/seccomp-util.c, src/core/exec-invoke.c)
 * and NEWS; test_emit.c has libseccomp make the filters of 252 and 257 beside it.
 *
 * - seccomp_restrict_namespaces(): CLONE_NEWTIME from 257 on and in stable releases from 252 on
 *   (systemd#35449); clone3 from 251 on; setns() with 0 only where some kinds stay allowed.
 * - seccomp_restrict_suid_sgid(): fchmodat2 from 255 on, and in stable releases from 252 on.
 * - apply_syscall_filter(): from 255 on what is not in @known gets ENOSYS.
 * - 247 gives an architecture that SystemCallArchitectures= shuts out the list all the same.
 */
#include "common/cleanup.h"
#include "emit/emit.h"
#include "policy/policy.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>

#include <cmocka.h>

#define ALLOW	     SECCOMP_RET_ALLOW
#define FAIL(number) (SECCOMP_RET_ERRNO | (number))
#define KILL	     SECCOMP_RET_KILL_PROCESS
#define KILL_THREAD  SECCOMP_RET_KILL_THREAD
#define LOG	     SECCOMP_RET_LOG

#define NEWTIME 0x80 /* linux/sched.h, CLONE_NEWTIME */
#define SETUID	04000
#define SETGID	02000

/* ---- policies ---- */

enum which { TIGHT, KILLS, TRIAL, ONLY_X32, WIDE, WHICH_COUNT };

static struct rule *allow(struct policy *policy, enum abi abi, const char *name)
{
	struct rule *rule = policy_add_verdict(policy, abi, syscall_number(abi, name), ALLOW);

	rule_add_reason(rule, REASON_SEEN, "in a test");
	return rule;
}

static void allow_seen(struct policy *policy, const char *name, uint64_t first, uint64_t second)
{
	struct rule *rule = allow(policy, ABI_X86_64, name);

	assert_int_equal(
		rule_add_seen(rule,
			      &(struct argument_values){ .count = 1, .value = { first, second } }),
		0);
}

/* Every directive is set: what was seen is within all of them. */
static void fill_tight(struct policy *policy)
{
	struct rule *clone3 = policy_add_verdict(
		policy, ABI_X86_64, syscall_number(ABI_X86_64, "clone3"), FAIL(ENOSYS));

	rule_add_reason(clone3, REASON_RUNTIME, "in a test");
	allow(policy, ABI_X86_64, "read");
	allow_seen(policy, "clone", CLONE_NEWNET, 0);
	allow_seen(policy, "setns", CLONE_NEWNET, 0);
	allow_seen(policy, "unshare", CLONE_NEWNET, 0);
	allow_seen(policy, "openat", O_CREAT, 0);
	allow_seen(policy, "open", O_CREAT, 0);
	allow_seen(policy, "chmod", 0, 0);
	allow_seen(policy, "fchmod", 0, 0);
	allow_seen(policy, "fchmodat", 0, 0);
	allow_seen(policy, "fchmodat2", 0, 0);
	allow_seen(policy, "creat", 0, 0);
	allow_seen(policy, "mkdir", 0, 0);
	allow_seen(policy, "mkdirat", 0, 0);
	allow_seen(policy, "mknod", 0, 0);
	allow_seen(policy, "mknodat", 0, 0);
	allow_seen(policy, "sched_setscheduler", SCHED_BATCH, 0);
	allow_seen(policy, "personality", 0, 0);
	allow_seen(policy, "socket", 1, 1);
	allow_seen(policy, "shmat", 0, 0);
	allow_seen(policy, "mprotect", PROT_READ, 0);
	allow_seen(policy, "pkey_mprotect", PROT_READ, 0);
	allow_seen(policy, "mmap", PROT_READ, 0);
}

static struct policy *make_policy(enum which which)
{
	struct policy *policy = policy_new();
	struct error err = { 0 };

	policy->level = strdup("observed");
	policy->default_action = which == KILLS ? KILL : which == TRIAL ? LOG : FAIL(EPERM);
	policy_add_abi(policy, which == ONLY_X32 ? ABI_X32 : ABI_X86_64);
	switch (which) {
	case TIGHT:
		fill_tight(policy);
		break;
	case ONLY_X32:
		allow(policy, ABI_X32, "read");
		break;
	case WIDE: /* nothing is known of the arguments */
		allow(policy, ABI_X86_64, "clone")->seen_any = true;
		allow(policy, ABI_X86_64, "openat")->seen_any = true;
		allow(policy, ABI_X86_64, "socket")->seen_any = true;
		break;
	default:
		allow(policy, ABI_X86_64, "read");
		allow(policy, ABI_X86_64, "socket");
	}
	if (policy_finish(policy, &err) < 0)
		fail_msg("%s", err.message);
	return policy;
}

static int meaning_of(enum which which, unsigned version, unsigned release, struct policy **meaning,
		      struct error *err)
{
	_cleanup_(policy_freep) struct policy *policy = make_policy(which);
	const struct emit_options options = { .systemd_version = version, .release = release };

	return emit_meaning(emitter_find("systemd"), policy, &options, meaning, err);
}

/* ---- calls ---- */

static const struct {
	enum which which;
	unsigned version, release;
	enum abi abi;
	const char *name; /* NULL: a number without one */
	uint64_t arguments[6];
	action wanted;
} rows[] = {
	/* RestrictNamespaces=net */
	{ TIGHT, 253, 0, ABI_X86_64, "clone", { 0 }, ALLOW },
	{ TIGHT, 253, 0, ABI_X86_64, "clone", { CLONE_NEWNET | 17 }, ALLOW },
	{ TIGHT, 253, 0, ABI_X86_64, "clone", { CLONE_NEWNS }, FAIL(EPERM) },
	{ TIGHT, 253, 0, ABI_X86_64, "clone", { CLONE_NEWNET | CLONE_NEWUSER }, FAIL(EPERM) },
	{ TIGHT, 253, 0, ABI_X86_64, "clone", { 0, CLONE_NEWNS }, ALLOW },
	{ TIGHT, 253, 0, ABI_X86_64, "unshare", { CLONE_NEWNET }, ALLOW },
	{ TIGHT, 253, 0, ABI_X86_64, "unshare", { CLONE_NEWUSER }, FAIL(EPERM) },
	{ TIGHT, 253, 0, ABI_X86_64, "setns", { 3, CLONE_NEWNET }, ALLOW },
	{ TIGHT, 253, 0, ABI_X86_64, "setns", { 3, CLONE_NEWPID }, FAIL(EPERM) },
	{ TIGHT, 253, 0, ABI_X86_64, "setns", { 3, 0 }, FAIL(EPERM) },
	{ TIGHT, 257, 0, ABI_X86_64, "setns", { 3, UINT64_C(1) << 32 }, ALLOW },
	{ TIGHT, 258, 1, ABI_X86_64, "setns", { 3, UINT64_C(1) << 32 }, ALLOW },
	{ TIGHT, 258, 0, ABI_X86_64, "setns", { 3, UINT64_C(1) << 32 }, FAIL(EPERM) },
	{ TIGHT, 262, 0, ABI_X86_64, "setns", { 3, UINT64_C(1) << 32 }, FAIL(EPERM) },
	{ TIGHT, 251, 0, ABI_X86_64, "clone", { NEWTIME }, ALLOW },
	{ TIGHT, 253, 0, ABI_X86_64, "clone", { NEWTIME }, FAIL(EPERM) },
	{ TIGHT, 253, 1, ABI_X86_64, "clone", { NEWTIME }, ALLOW },
	{ TIGHT, 256, 1, ABI_X86_64, "clone", { NEWTIME }, ALLOW },
	{ TIGHT, 257, 0, ABI_X86_64, "clone", { NEWTIME }, FAIL(EPERM) },
	{ TIGHT, 253, 1, ABI_X86_64, "clone", { CLONE_NEWUTS }, FAIL(EPERM) },
	{ TIGHT, 249, 0, ABI_X86_64, "clone3", { 0 }, FAIL(ENOSYS) },
	{ TIGHT, 251, 0, ABI_X86_64, "clone3", { 0 }, FAIL(ENOSYS) },
	{ TIGHT, 257, 0, ABI_X86_64, "clone3", { 0 }, FAIL(ENOSYS) },
	/* RestrictSUIDSGID=yes */
	{ TIGHT, 253, 0, ABI_X86_64, "chmod", { 0, 0777 }, ALLOW },
	{ TIGHT, 253, 0, ABI_X86_64, "chmod", { 0, SETUID }, FAIL(EPERM) },
	{ TIGHT, 253, 0, ABI_X86_64, "chmod", { 0, SETGID | 1 }, FAIL(EPERM) },
	{ TIGHT, 253, 0, ABI_X86_64, "chmod", { SETUID, 0 }, ALLOW },
	{ TIGHT, 253, 0, ABI_X86_64, "fchmod", { 0, SETGID }, FAIL(EPERM) },
	{ TIGHT, 253, 0, ABI_X86_64, "fchmodat", { 0, 0, SETUID }, FAIL(EPERM) },
	{ TIGHT, 253, 0, ABI_X86_64, "fchmodat", { 0, SETUID, 0 }, ALLOW },
	{ TIGHT, 253, 0, ABI_X86_64, "creat", { 0, SETUID }, FAIL(EPERM) },
	{ TIGHT, 253, 0, ABI_X86_64, "mkdir", { 0, SETGID }, FAIL(EPERM) },
	{ TIGHT, 253, 0, ABI_X86_64, "mkdirat", { 0, 0, SETGID }, FAIL(EPERM) },
	{ TIGHT, 253, 0, ABI_X86_64, "mkdirat", { 0, SETGID, 0 }, ALLOW },
	{ TIGHT, 253, 0, ABI_X86_64, "mknod", { 0, SETGID }, FAIL(EPERM) },
	{ TIGHT, 253, 0, ABI_X86_64, "mknodat", { 0, 0, SETUID }, FAIL(EPERM) },
	{ TIGHT, 253, 0, ABI_X86_64, "open", { 0, O_CREAT, SETUID }, FAIL(EPERM) },
	{ TIGHT, 253, 0, ABI_X86_64, "open", { 0, O_CREAT, SETGID }, FAIL(EPERM) },
	{ TIGHT, 253, 0, ABI_X86_64, "open", { 0, 0, SETUID }, ALLOW },
	{ TIGHT, 253, 0, ABI_X86_64, "open", { 0, O_CREAT, 0, SETUID }, ALLOW },
	{ TIGHT, 253, 0, ABI_X86_64, "openat", { 0, 0, O_CREAT, SETUID }, FAIL(EPERM) },
	{ TIGHT, 253, 0, ABI_X86_64, "openat", { 0, 0, O_CREAT, SETGID }, FAIL(EPERM) },
	{ TIGHT, 253, 0, ABI_X86_64, "openat", { 0, 0, 0, SETUID }, ALLOW },
	{ TIGHT, 253, 0, ABI_X86_64, "fchmodat2", { 0, 0, SETUID }, FAIL(EPERM) },
	{ TIGHT, 253, 1, ABI_X86_64, "fchmodat2", { 0, 0, SETGID }, FAIL(EPERM) },
	{ TIGHT, 253, 2, ABI_X86_64, "fchmodat2", { 0, 0, SETUID }, ALLOW },
	{ TIGHT, 253, 2, ABI_X86_64, "fchmodat", { 0, 0, SETUID }, FAIL(EPERM) },
	{ TIGHT, 254, 2, ABI_X86_64, "fchmodat2", { 0, 0, SETUID }, ALLOW },
	{ TIGHT, 255, 1, ABI_X86_64, "fchmodat2", { 0, 0, SETUID }, FAIL(EPERM) },
	/* MemoryDenyWriteExecute=yes, before the kernel did it by itself */
	{ TIGHT, 253, 0, ABI_X86_64, "mmap", { 0, 0, PROT_WRITE }, ALLOW },
	{ TIGHT, 253, 0, ABI_X86_64, "mmap", { 0, 0, PROT_EXEC }, ALLOW },
	{ TIGHT, 253, 0, ABI_X86_64, "mmap", { 0, 0, PROT_EXEC | PROT_WRITE }, FAIL(EPERM) },
	{ TIGHT, 253, 0, ABI_X86_64, "mprotect", { 0, 0, PROT_WRITE }, ALLOW },
	{ TIGHT, 253, 0, ABI_X86_64, "mprotect", { 0, 0, PROT_EXEC }, FAIL(EPERM) },
	{ TIGHT, 253, 0, ABI_X86_64, "pkey_mprotect", { 0, 0, PROT_EXEC }, FAIL(EPERM) },
	{ TIGHT, 253, 0, ABI_X86_64, "shmat", { 0, 0, SHM_EXEC }, FAIL(EPERM) },
	{ TIGHT, 253, 0, ABI_X86_64, "shmat", { 0, SHM_EXEC, SHM_RDONLY }, ALLOW },
	/* LockPersonality=, RestrictRealtime=, RestrictAddressFamilies= */
	{ TIGHT, 253, 0, ABI_X86_64, "personality", { 0 }, ALLOW },
	{ TIGHT, 253, 0, ABI_X86_64, "personality", { 8 }, FAIL(EPERM) },
	{ TIGHT, 253, 0, ABI_X86_64, "sched_setscheduler", { 0, SCHED_OTHER }, ALLOW },
	{ TIGHT, 253, 0, ABI_X86_64, "sched_setscheduler", { 0, SCHED_BATCH }, ALLOW },
	{ TIGHT, 253, 0, ABI_X86_64, "sched_setscheduler", { 0, SCHED_IDLE }, ALLOW },
	{ TIGHT, 253, 0, ABI_X86_64, "sched_setscheduler", { 0, SCHED_FIFO }, FAIL(EPERM) },
	{ TIGHT, 253, 0, ABI_X86_64, "sched_setscheduler", { 0, SCHED_RR }, FAIL(EPERM) },
	{ TIGHT, 253, 0, ABI_X86_64, "sched_setscheduler", { SCHED_FIFO, 0 }, ALLOW },
	{ TIGHT, 253, 0, ABI_X86_64, "socket", { 1 }, ALLOW },
	{ TIGHT, 253, 0, ABI_X86_64, "socket", { 2, 1 }, FAIL(EAFNOSUPPORT) },
	/* What is not listed, and what has no name */
	{ TIGHT, 254, 0, ABI_X86_64, "mount", { 0 }, FAIL(EPERM) },
	{ TIGHT, 255, 0, ABI_X86_64, "mount", { 0 }, FAIL(EPERM) },
	{ TIGHT, 254, 0, ABI_X86_64, NULL, { 0 }, FAIL(EPERM) },
	{ TIGHT, 255, 0, ABI_X86_64, NULL, { 0 }, FAIL(ENOSYS) },
	/* @known's own lines do not have what is in @obsolete. */
	{ TIGHT, 254, 0, ABI_X86_64, "create_module", { 0 }, FAIL(EPERM) },
	{ TIGHT, 255, 0, ABI_X86_64, "create_module", { 0 }, FAIL(ENOSYS) },
	{ KILLS, 254, 0, ABI_X86_64, NULL, { 0 }, KILL },
	{ KILLS, 255, 0, ABI_X86_64, NULL, { 0 }, FAIL(ENOSYS) },
	{ KILLS, 255, 0, ABI_X86_64, "mount", { 0 }, KILL },
	/* @default, and write where it is in every list */
	{ TIGHT, 253, 0, ABI_X86_64, "getuid", { 0 }, ALLOW },
	{ TIGHT, 255, 0, ABI_X86_64, "write", { 0 }, FAIL(EPERM) },
	{ TIGHT, 256, 0, ABI_X86_64, "write", { 0 }, ALLOW },
	/* SystemCallArchitectures=native */
	{ TIGHT, 253, 0, ABI_I386, "read", { 0 }, KILL_THREAD },
	{ TIGHT, 253, 0, ABI_X32, "read", { 0 }, KILL_THREAD },
	{ TIGHT, 247, 0, ABI_I386, "mount", { 0 }, KILL_THREAD },
	{ KILLS, 247, 0, ABI_I386, "read", { 0 }, KILL_THREAD },
	{ KILLS, 247, 0, ABI_I386, "mount", { 0 }, KILL },
	{ KILLS, 247, 0, ABI_X32, "read", { 0 }, KILL_THREAD },
	{ KILLS, 247, 0, ABI_X32, "mount", { 0 }, KILL },
	{ KILLS, 247, 0, ABI_AARCH64, "mount", { 0 }, KILL_THREAD },
	{ KILLS, 247, 0, ABI_I386, "socketcall", { 1 }, KILL_THREAD }, /* SYS_SOCKET */
	{ KILLS, 247, 0, ABI_I386, "socketcall", { 2 }, KILL }, /* SYS_BIND */
	{ KILLS, 248, 0, ABI_I386, "mount", { 0 }, KILL_THREAD },
	/* x32 alone lets x86-64 in, whose vDSO calls by it. */
	{ ONLY_X32, 253, 0, ABI_X32, "read", { 0 }, ALLOW },
	{ ONLY_X32, 253, 0, ABI_X86_64, "read", { 0 }, ALLOW },
	{ ONLY_X32, 253, 0, ABI_X86_64, "mount", { 0 }, FAIL(EPERM) },
	{ ONLY_X32, 253, 0, ABI_I386, "read", { 0 }, KILL_THREAD },
	/* SystemCallLog=~: nothing is refused, on no ABI of the machine. */
	{ TRIAL, 253, 0, ABI_X86_64, "read", { 0 }, ALLOW },
	{ TRIAL, 253, 0, ABI_X86_64, "mount", { 0 }, LOG },
	{ TRIAL, 253, 0, ABI_X86_64, "getuid", { 0 }, LOG },
	{ TRIAL, 255, 0, ABI_X86_64, NULL, { 0 }, LOG },
	{ TRIAL, 253, 0, ABI_I386, "read", { 0 }, ALLOW },
	{ TRIAL, 253, 0, ABI_I386, "mount", { 0 }, LOG },
	{ TRIAL, 253, 0, ABI_X32, "mount", { 0 }, LOG },
	{ TRIAL, 253, 0, ABI_AARCH64, "mount", { 0 }, ALLOW },
	/* Directives that would refuse what may have been seen are left out. */
	{ WIDE, 253, 0, ABI_X86_64, "clone", { CLONE_NEWUSER }, ALLOW },
	{ WIDE, 253, 0, ABI_X86_64, "openat", { 0, 0, O_CREAT, SETUID }, ALLOW },
	{ WIDE, 253, 0, ABI_X86_64, "socket", { 17 }, ALLOW },
	{ WIDE, 253, 0, ABI_X86_64, "mmap", { 0, 0, PROT_EXEC | PROT_WRITE }, FAIL(EPERM) },
};

static void each_call_gets_what_systemd_s_filters_make_of_it(void **state)
{
	(void)state;
	if (abi_native() != ABI_X86_64)
		skip(); /* "native", and the machine's other ABIs */
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(policy_freep) struct policy *meaning = NULL;
		int nr = rows[i].name ? syscall_number(rows[i].abi, rows[i].name) : 4000;
		struct error err = { 0 };
		action got;

		if (meaning_of(rows[i].which, rows[i].version, rows[i].release, &meaning, &err) < 0)
			fail_msg("row %zu: %s", i, err.message);
		got = policy_evaluate(meaning, rows[i].abi, nr, rows[i].arguments);
		if (got != rows[i].wanted)
			fail_msg("row %zu: systemd %u, release %u: %s of %s with %#llx %#llx %#llx "
				 "%#llx: expected %#x, got %#x",
				 i, rows[i].version, rows[i].release,
				 rows[i].name ? rows[i].name : "4000", abi_info(rows[i].abi)->name,
				 (unsigned long long)rows[i].arguments[0],
				 (unsigned long long)rows[i].arguments[1],
				 (unsigned long long)rows[i].arguments[2],
				 (unsigned long long)rows[i].arguments[3], rows[i].wanted, got);
	}
}

static void releases_of_a_version_end_where_they_no_longer_differ(void **state)
{
	static const struct {
		unsigned version, oldest;
	} releases[] = { { 247, 0 }, { 251, 0 }, { 252, 2 }, { 254, 2 }, { 255, 1 },
			 { 256, 1 }, { 257, 0 }, { 258, 1 }, { 261, 1 }, { 262, 0 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(releases); i++)
		for (unsigned release = 0; release < 5; release++) {
			_cleanup_(policy_freep) struct policy *meaning = NULL;
			struct error err = { 0 };
			int r = meaning_of(TIGHT, releases[i].version, release, &meaning, &err);

			assert_int_equal(r, release <= releases[i].oldest ? 0 : -ENOENT);
			assert_int_equal(!meaning, r < 0);
		}
}

/* ---- ABIs ---- */

/* A policy of one ABI that allows one call, which was observed with all arguments 0; socket with AF_UNIX. */
static struct policy *one_call_of(enum abi abi, const char *name)
{
	struct policy *policy = policy_new();
	struct error err = { 0 };

	policy->level = strdup("observed");
	policy->default_action = FAIL(EPERM);
	policy_add_abi(policy, abi);
	rule_add_seen(
		allow(policy, abi, name),
		&(struct argument_values){ .count = 1, .value = { strcmp(name, "socket") == 0 } });
	if (policy_finish(policy, &err) < 0)
		fail_msg("%s", err.message);
	return policy;
}

/* seccomp_memory_deny_write_execute(): mmap's protection is tested on 64-bit ABIs, mmap2's on i386 and arm,
 * shmat and socket (seccomp_restrict_address_families()) where ipc(2) and socketcall(2) do not stand for
 * them. seccomp_restrict_namespaces(): clone's flags are the second argument of s390x. */
static void each_abi_has_its_own_refusals(void **state)
{
	static const struct {
		enum abi abi;
		const char *name;
		uint64_t arguments[6];
		action wanted;
	} refusals[] = {
		{ ABI_X86_64, "mmap", { 0, 0, PROT_WRITE | PROT_EXEC }, FAIL(EPERM) },
		{ ABI_AARCH64, "mmap", { 0, 0, PROT_WRITE | PROT_EXEC }, FAIL(EPERM) },
		{ ABI_AARCH64, "mmap", { 0, 0, PROT_EXEC }, ALLOW },
		{ ABI_RISCV64, "mmap", { 0, 0, PROT_WRITE | PROT_EXEC }, FAIL(EPERM) },
		{ ABI_I386, "mmap2", { 0, 0, PROT_WRITE | PROT_EXEC }, FAIL(EPERM) },
		{ ABI_I386, "mmap2", { 0, 0, PROT_WRITE }, ALLOW },
		{ ABI_I386, "mmap2", { 0, 0, PROT_EXEC }, ALLOW },
		{ ABI_ARM, "mmap2", { 0, 0, PROT_WRITE | PROT_EXEC }, FAIL(EPERM) },
		{ ABI_ARM, "mmap2", { 0, 0, PROT_WRITE }, ALLOW },
		{ ABI_X32, "shmat", { 0, 0, SHM_EXEC }, FAIL(EPERM) },
		{ ABI_AARCH64, "shmat", { 0, 0, SHM_EXEC }, FAIL(EPERM) },
		{ ABI_ARM, "shmat", { 0, 0, SHM_EXEC }, FAIL(EPERM) },
		{ ABI_RISCV64, "shmat", { 0, 0, SHM_EXEC }, FAIL(EPERM) },
		{ ABI_I386, "shmat", { 0, 0, SHM_EXEC }, ALLOW },
		{ ABI_S390X, "shmat", { 0, 0, SHM_EXEC }, ALLOW },
		{ ABI_X32, "socket", { 16 }, FAIL(EAFNOSUPPORT) },
		{ ABI_AARCH64, "socket", { 16 }, FAIL(EAFNOSUPPORT) },
		{ ABI_ARM, "socket", { 16 }, FAIL(EAFNOSUPPORT) },
		{ ABI_RISCV64, "socket", { 16 }, FAIL(EAFNOSUPPORT) },
		{ ABI_I386, "socket", { 16 }, ALLOW },
		{ ABI_S390X, "socket", { 16 }, ALLOW },
		{ ABI_AARCH64, "clone", { CLONE_NEWNS }, FAIL(EPERM) },
		{ ABI_AARCH64, "clone", { 0, CLONE_NEWNS }, ALLOW },
		{ ABI_S390X, "clone", { CLONE_NEWNS }, ALLOW },
		{ ABI_S390X, "clone", { 0, CLONE_NEWNS }, FAIL(EPERM) },
		/* Registers of 32 bits: libseccomp compares the low half. */
		{ ABI_X86_64, "personality", { UINT64_C(1) << 32 }, FAIL(EPERM) },
		{ ABI_I386, "personality", { UINT64_C(1) << 32 }, ALLOW },
		{ ABI_I386, "personality", { 8 }, FAIL(EPERM) },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		_cleanup_(policy_freep) struct policy *meaning = NULL,
						      *policy = one_call_of(refusals[i].abi,
									    refusals[i].name);
		const struct emit_options options = { .systemd_version = 253 };
		struct error err = { 0 };
		action got;

		if (emit_meaning(emitter_find("systemd"), policy, &options, &meaning, &err) < 0)
			fail_msg("row %zu: %s", i, err.message);
		got = policy_evaluate(meaning, refusals[i].abi,
				      syscall_number(refusals[i].abi, refusals[i].name),
				      refusals[i].arguments);
		if (got != refusals[i].wanted)
			fail_msg("row %zu: %s of %s: expected %#x, got %#x", i, refusals[i].name,
				 abi_info(refusals[i].abi)->name, refusals[i].wanted, got);
	}
}

/* ---- directives that recorded arguments rule out ---- */

/* Says why a directive is missing, in a comment of the drop-in. */
static void a_missing_directive_has_its_reason(void **state)
{
	static const struct {
		enum abi abi;
		const char *name;
		uint64_t first;
		bool is_any;
		unsigned version;
		const char *words;
	} missing[] = {
		{ ABI_X86_64, "mprotect", PROT_EXEC, false, 253,
		  "MemoryDenyWriteExecute= is left out: mprotect was observed with arguments that it "
		  "denies" },
		{ ABI_X86_64, "mprotect", 0, true, 253,
		  "MemoryDenyWriteExecute= is left out: not all arguments of mprotect are known" },
		{ ABI_I386, "mmap", 0, false, 253,
		  "MemoryDenyWriteExecute= is left out: mmap was observed, and it denies that call" },
		{ ABI_X86_64, "openat2", 0, false, 253,
		  "RestrictSUIDSGID= is left out: openat2 was observed, and it denies that call" },
		{ ABI_X86_64, "clone3", 0, false, 253,
		  "RestrictNamespaces= is left out: clone3 was observed, and it denies that call" },
		{ ABI_X86_64, "setns", 0x7e020080, false, 253,
		  "RestrictNamespaces= is left out: every kind of namespace was observed" },
		{ ABI_X86_64, "personality", 8, false, 253,
		  "LockPersonality= is left out: personality was observed with arguments that it "
		  "denies" },
		{ ABI_X86_64, "sched_setscheduler", SCHED_RR, false, 253,
		  "RestrictRealtime= is left out: sched_setscheduler was observed with arguments that "
		  "it denies" },
		/* RestrictAddressFamilies=none: systemd.exec(5), NEWS of 249. */
		{ ABI_X86_64, "read", 0, false, 248,
		  "RestrictAddressFamilies= is left out: no socket was observed, and systemd 248 "
		  "cannot express an empty set" },
		{ ABI_X86_64, "socket", 0, true, 253,
		  "RestrictAddressFamilies= is left out: not all arguments of socket are known" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(missing); i++) {
		_cleanup_(policy_freep) struct policy *policy = policy_new();
		const struct emit_options options = { .systemd_version = missing[i].version,
						      .with_reasons = true };
		_cleanup_free_ char *text = NULL;
		struct error err = { 0 };
		struct rule *rule;
		size_t size, used = 0;
		FILE *out = open_memstream(&text, &size);

		policy->level = strdup("observed");
		policy->default_action = FAIL(EPERM);
		policy_add_abi(policy, missing[i].abi);
		rule = allow(policy, missing[i].abi, missing[i].name);
		rule_add_seen(rule, &(struct argument_values){ .count = 1,
							       .value = { missing[i].first } });
		rule->seen_any = missing[i].is_any;
		assert_int_equal(policy_finish(policy, &err), 0);
		assert_int_equal(emit_policy(emitter_find("systemd"), policy, &options, out, &err),
				 0);
		fclose(out);
		/* Comments are wrapped. */
		for (const char *at = text; *at; at++)
			if (strncmp(at, "\n# ", 3) == 0) {
				text[used++] = ' ';
				at += 2;
			} else {
				text[used++] = *at;
			}
		text[used] = '\0';
		if (!strstr(text, missing[i].words))
			fail_msg("row %zu: not \"%s\" in %s", i, missing[i].words, text);
	}
}

static bool is_set(struct policy *policy, const char *line)
{
	const struct emit_options options = { .systemd_version = 253 };
	_cleanup_free_ char *text = NULL;
	struct error err = { 0 };
	size_t size;
	FILE *out = open_memstream(&text, &size);
	char searched[128];

	assert_int_equal(policy_finish(policy, &err), 0);
	assert_int_equal(emit_policy(emitter_find("systemd"), policy, &options, out, &err), 0);
	fclose(out);
	snprintf(searched, sizeof(searched), "\n%s\n", line);
	return strstr(text, searched);
}

static void a_directive_is_set_only_where_it_refuses_nothing_that_was_seen(void **state)
{
	static const struct {
		const char *name;
		uint64_t first, second;
		const char *line;
		bool wanted;
	} seen[] = {
		{ "mmap", PROT_READ | PROT_WRITE, 0, "MemoryDenyWriteExecute=yes", true },
		{ "mmap", PROT_READ | PROT_EXEC, 0, "MemoryDenyWriteExecute=yes", true },
		{ "mmap", PROT_EXEC | PROT_WRITE, 0, "MemoryDenyWriteExecute=yes", false },
		{ "mprotect", PROT_EXEC, 0, "MemoryDenyWriteExecute=yes", false },
		{ "pkey_mprotect", PROT_EXEC, 0, "MemoryDenyWriteExecute=yes", false },
		{ "shmat", SHM_EXEC, 0, "MemoryDenyWriteExecute=yes", false },
		{ "shmat", SHM_RDONLY, 0, "MemoryDenyWriteExecute=yes", true },
		{ "mprotect", PROT_EXEC, 0, "LockPersonality=yes", true },
		{ "personality", 0, 0, "LockPersonality=yes", true },
		{ "personality", 8, 0, "LockPersonality=yes", false },
		{ "sched_setscheduler", SCHED_OTHER, 0, "RestrictRealtime=yes", true },
		{ "sched_setscheduler", SCHED_IDLE, 0, "RestrictRealtime=yes", true },
		{ "sched_setscheduler", SCHED_FIFO, 0, "RestrictRealtime=yes", false },
		{ "chmod", 0, 0, "RestrictSUIDSGID=yes", true },
		{ "chmod", SETGID, 0, "RestrictSUIDSGID=yes", false },
		{ "fchmodat", SETUID, 0, "RestrictSUIDSGID=yes", false },
		{ "openat", O_CREAT, 0, "RestrictSUIDSGID=yes", true },
		{ "openat", 0, SETUID, "RestrictSUIDSGID=yes", true },
		{ "openat", O_CREAT, SETUID, "RestrictSUIDSGID=yes", false },
		{ "openat2", 0, 0, "RestrictSUIDSGID=yes", false },
		{ "unshare", 0, 0, "RestrictNamespaces=yes", true },
		{ "unshare", CLONE_NEWUSER, 0, "RestrictNamespaces=user", true },
		{ "clone", CLONE_NEWNET | CLONE_NEWPID, 0, "RestrictNamespaces=net pid", true },
		{ "clone",
		  CLONE_NEWCGROUP | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID |
			  CLONE_NEWUSER | CLONE_NEWUTS,
		  0, "RestrictNamespaces=cgroup ipc net mnt pid user uts", true },
		{ "setns",
		  CLONE_NEWCGROUP | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID |
			  CLONE_NEWUSER | CLONE_NEWUTS | NEWTIME,
		  0, "RestrictNamespaces=", false },
		{ "clone3", 0, 0, "RestrictNamespaces=yes", false },
		{ "socket", 16, 0, "RestrictAddressFamilies=AF_NETLINK", true },
		{ "socket", 1, 0, "RestrictAddressFamilies=AF_UNIX", true },
		{ "personality", 0, 0, "RestrictAddressFamilies=none", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(seen); i++) {
		_cleanup_(policy_freep) struct policy *policy = policy_new();

		policy->level = strdup("observed");
		policy_add_abi(policy, ABI_X86_64);
		allow_seen(policy, seen[i].name, seen[i].first, seen[i].second);
		if (is_set(policy, seen[i].line) != seen[i].wanted)
			fail_msg("%s with %#llx %#llx: %s is %s", seen[i].name,
				 (unsigned long long)seen[i].first,
				 (unsigned long long)seen[i].second, seen[i].line,
				 seen[i].wanted ? "missing" : "there");
	}
}

/* Who speaks one version of IP speaks the other on another day; not at the tightest level. */
static void address_families_come_with_ip(void **state)
{
	static const struct {
		const char *level;
		uint64_t family;
		const char *line;
	} seen[] = {
		{ "observed", 2, "RestrictAddressFamilies=AF_INET" },
		{ "closed", 2, "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK" },
		{ "closed", 10, "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK" },
		{ "closed", 1, "RestrictAddressFamilies=AF_UNIX" },
		{ "closed", 17, "RestrictAddressFamilies=AF_PACKET" },
		{ NULL, 2, "RestrictAddressFamilies=AF_INET" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(seen); i++) {
		_cleanup_(policy_freep) struct policy *policy = policy_new();

		policy->level = seen[i].level ? strdup(seen[i].level) : NULL;
		policy_add_abi(policy, ABI_X86_64);
		allow_seen(policy, "socket", seen[i].family, 1);
		if (!is_set(policy, seen[i].line))
			fail_msg("family %llu at level %s: not %s",
				 (unsigned long long)seen[i].family, seen[i].level, seen[i].line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_call_gets_what_systemd_s_filters_make_of_it),
		cmocka_unit_test(releases_of_a_version_end_where_they_no_longer_differ),
		cmocka_unit_test(each_abi_has_its_own_refusals),
		cmocka_unit_test(a_missing_directive_has_its_reason),
		cmocka_unit_test(a_directive_is_set_only_where_it_refuses_nothing_that_was_seen),
		cmocka_unit_test(address_families_come_with_ip),
	};

	return cmocka_run_group_tests_name("meaning of drop-ins", tests, NULL, NULL);
}
