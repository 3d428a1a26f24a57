// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * kernel_equivalence: random policies in the kernel. Each is compiled by whittle and by libseccomp
 * (linear, tree); a child puts each filter on itself and makes calls at and beside the values of the
 * conditions, as x86-64, as x32 and, by int 0x80, as i386. What the kernel answers must be what the
 * policy says. No call is made that the policy lets through: errors, traps and what has no tracer or
 * supervisor come back at once, and the last call of some children is their end.
 *
 * WHITTLE_SECONDS is how long it takes, WHITTLE_SEED which policies; both are printed. TAP.
 */
#include "common/cleanup.h"
#include "filter/compile.h"

#include "../unit/libseccomp_filter.h"
#include "../unit/random_policy.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CALLS	48
#define SECONDS 12

/* What a call came to: an errno, or the data of SIGSYS in the upper half. */
#define TRAPPED(data) ((uint32_t)(data) << 16 | 0x8000)

struct shared {
	size_t count; /* of calls */
	struct tried_call calls[CALLS];
	uint32_t wanted[CALLS], got[CALLS];
	volatile size_t made;
	volatile uint32_t trapped; /* by the handler */
	bool is_fatal; /* the last one is */
	bool is_loaded;
};

static struct shared *shared;

static void on_sigsys(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	shared->trapped = TRAPPED(info->si_errno);
}

static long call_64(long nr, const uint64_t a[6])
{
	register uint64_t r10 __asm__("r10") = a[3], r8 __asm__("r8") = a[4],
			      r9 __asm__("r9") = a[5];
	long status;

	__asm__ volatile("syscall"
			 : "=a"(status)
			 : "a"(nr), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return status;
}

/* The sixth argument is in ebp, which the compiler may want for itself. */
static long call_32(int nr, const uint64_t a[6])
{
	uint64_t sixth = a[5];
	long status = nr;

	__asm__ volatile("pushq %%rbp\n\t"
			 "movq %[sixth], %%rbp\n\t"
			 "int $0x80\n\t"
			 "popq %%rbp"
			 : "+a"(status)
			 : "b"(a[0]), "c"(a[1]), "d"(a[2]), "S"(a[3]), "D"(a[4]), [sixth] "r"(sixth)
			 : "r8", "r9", "r10", "r11", "memory", "cc");
	return (int)status;
}

/* Answers that come back without the call being made. */
static action harmless_action(void)
{
	switch (random_below(8)) {
	case 0: /* libseccomp has no data for it */
		return SECCOMP_RET_TRAP;
	case 1: /* without a tracer: ENOSYS */
		return SECCOMP_RET_TRACE | random_below(100);
	case 2:
		return random_below(4) ? SECCOMP_RET_USER_NOTIF : SECCOMP_RET_KILL_PROCESS;
	default:
		return SECCOMP_RET_ERRNO | (200 + random_below(3000));
	}
}

static bool is_fatal(uint32_t outcome)
{
	return (outcome & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_KILL_PROCESS ||
	       (outcome & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_KILL_THREAD;
}

static uint32_t expected(uint32_t outcome)
{
	switch (outcome & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ERRNO:
		return outcome & SECCOMP_RET_DATA;
	case SECCOMP_RET_TRAP:
		return TRAPPED(outcome & SECCOMP_RET_DATA);
	default: /* TRACE, USER_NOTIF */
		return ENOSYS;
	}
}

/* Nothing is let through but the end, and the return from the handler. */
static struct policy *make_policy(const enum abi *family)
{
	struct policy *policy = random_policy(family, 1 + random_below(30), 1);
	struct error err = { 0 };

	policy->default_action = SECCOMP_RET_ERRNO | 199;
	policy->foreign_action = SECCOMP_RET_ERRNO | 198;
	for (size_t i = policy->rules_count; i-- > 0;) {
		if (policy->rules[i].abi == ABI_X86_64 && (policy->rules[i].nr == SYS_exit_group ||
							   policy->rules[i].nr == SYS_rt_sigreturn))
			policy_remove_rule(policy, i);
		else
			policy->rules[i].action = harmless_action();
	}
	for (unsigned i = 0; i < 2; i++) {
		struct rule *rule = policy_add_rule(policy);

		rule->abi = ABI_X86_64;
		rule->nr = i ? SYS_exit_group : SYS_rt_sigreturn;
		rule->action = SECCOMP_RET_ALLOW;
	}
	if (policy_finish(policy, &err) < 0)
		policy_freep(&policy);
	return policy;
}

static void draw_calls(const struct policy *policy)
{
	shared->count = 0;
	shared->is_fatal = false;
	for (unsigned tries = 0; tries < 2 * CALLS && shared->count < CALLS; tries++) {
		struct tried_call call = random_call(policy);
		uint32_t outcome;

		/* -1 is the number that the kernel itself puts where a call is skipped. */
		if (call.nr == -1)
			continue;
		outcome =
			action_outcome(policy_evaluate(policy, call.abi, call.nr, call.arguments));
		if (outcome == SECCOMP_RET_ALLOW)
			continue;
		shared->calls[shared->count] = call;
		shared->is_fatal = is_fatal(outcome);
		shared->wanted[shared->count++] = expected(outcome);
		if (shared->is_fatal)
			break;
	}
}

static void live(const struct filter *filter)
{
	struct sock_fprog program = { (unsigned short)filter->count, filter->instructions };
	static const uint64_t none[6];
	struct sigaction handler = { .sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO };

	sigaction(SIGSYS, &handler, NULL);
	/* Should a filter be wrong, what it lets through is done by nobody. */
	if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
		_exit(2);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		_exit(3);
	shared->is_loaded = true;
	for (size_t i = 0; i < shared->count; i++) {
		const struct tried_call *call = &shared->calls[i];
		long status;

		shared->trapped = 0;
		status = call->abi == ABI_I386 ? call_32(call->nr, call->arguments)
					       : call_64(call->nr, call->arguments);
		shared->got[i] = shared->trapped ? shared->trapped
				 : status < 0	 ? (uint32_t)-status
						 : 0;
		shared->made = i + 1;
	}
	call_64(SYS_exit_group, none);
}

/* False, with a word on it, where the kernel differs. */
static bool try_filter(const struct filter *filter, const char *by)
{
	size_t made = shared->is_fatal ? shared->count - 1 : shared->count;
	int status = 0;
	pid_t child;

	shared->made = 0;
	shared->is_loaded = false;
	child = fork();
	if (child == 0)
		live(filter);
	if (child < 0 || waitpid(child, &status, 0) < 0) {
		printf("# fork: %s\n", strerror(errno));
		return false;
	}
	for (size_t i = 0; i < shared->made; i++) {
		if (shared->got[i] == shared->wanted[i])
			continue;
		printf("# %s: %s call %d: 0x%x wanted, the kernel has 0x%x\n", by,
		       abi_info(shared->calls[i].abi)->name, shared->calls[i].nr, shared->wanted[i],
		       shared->got[i]);
		return false;
	}
	if (shared->made == made && shared->is_loaded &&
	    (shared->is_fatal ? WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS
			      : WIFEXITED(status) && WEXITSTATUS(status) == 0))
		return true;
	printf("# %s: the child made %zu calls of %zu and ended with status 0x%x\n", by,
	       shared->made, made, (unsigned)status);
	return false;
}

static bool try_policy(const struct policy *policy)
{
	_cleanup_(filter_free) struct filter ours = { 0 }, linear = { 0 }, tree = { 0 };
	struct error err = { 0 };

	shared->count = 0;
	shared->is_fatal = false;
	if (filter_compile(policy, NULL, &ours, &err) < 0 ||
	    filter_by_libseccomp(policy, false, &linear, &err) < 0 ||
	    filter_by_libseccomp(policy, true, &tree, &err) < 0) {
		if (err.code == -ETIME)
			return true;
		printf("# %s\n", err.message);
		return false;
	}
	draw_calls(policy);
	return try_filter(&ours, "whittle") && try_filter(&linear, "libseccomp, linear") &&
	       try_filter(&tree, "libseccomp, tree");
}

/* Whether this kernel serves int 0x80: else the call is a fault. */
static bool has_i386(void)
{
	static const uint64_t none[6];
	int status = 0;
	pid_t child = fork();

	if (child == 0)
		_exit(call_32(20, none) == getpid() ? 0 : 1);
	return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(void)
{
	static const enum abi with_i386[] = { ABI_X86_64, ABI_I386, ABI_X32 };
	static const enum abi without[] = { ABI_X86_64, ABI_X32, ABI_COUNT };
	const char *asked = getenv("WHITTLE_SEED"), *limit = getenv("WHITTLE_SECONDS");
	uint64_t seed = asked ? strtoull(asked, NULL, 0) : (uint64_t)(now() * 1e6);
	double seconds = limit ? strtod(limit, NULL) : SECONDS, end = now() + seconds;
	const enum abi *family = has_i386() ? with_i386 : without;
	size_t policies = 0, calls = 0, ends = 0, i386 = 0;
	bool is_right = true;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("# WHITTLE_SEED=%llu WHITTLE_SECONDS=%g\n", (unsigned long long)seed, seconds);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		return 1;
	for (; is_right && now() < end; policies++) {
		_cleanup_(policy_freep) struct policy *policy = NULL;

		random_seed(seed + policies);
		policy = make_policy(family);
		is_right = policy && try_policy(policy);
		calls += shared->count;
		ends += shared->is_fatal;
		for (size_t i = 0; i < shared->count; i++)
			i386 += shared->calls[i].abi == ABI_I386;
	}
	printf("# %zu policies, three filters each, %zu calls (%zu as i386), of which %zu were the "
	       "end\n",
	       policies, 3 * calls, 3 * i386, 3 * ends);
	printf("%sok 1 - the kernel does what policies say, by whittle's filters and libseccomp's\n",
	       is_right && calls > 0 ? "" : "not ");
	printf("%sok 2 - calls by int 0x80 among them%s\n",
	       family == without || i386 > 0 ? "" : "not ",
	       family == without ? " # SKIP this kernel does not serve them" : "");
	printf("1..2\n");
	return !(is_right && calls > 0);
}
