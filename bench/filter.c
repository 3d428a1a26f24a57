// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * bench/filter: how much work a filter is, for whittle, libseccomp (linear, tree) and systemd (its own
 * code, called in a child that then carries its stack of filters), all enforcing the same lists.
 * Instructions are counted by the interpreter, nanoseconds are taken in the kernel, in turns.
 */
#include "common/cleanup.h"
#include "filter/compare.h"
#include "filter/compile.h"
#include "filter/decode.h"
#include "filter/operation.h"
#include "syscall/syscall.h"

#include <dlfcn.h>
#include <errno.h>
#include <glob.h>
#include <math.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#define PROFILE_MAX   512
#define LOOPS	      100000
#define TURNS	      15
#define COMPILE_TURNS 5

#define NAMESPACES 0x7e020000 /* CLONE_NEW* */

static struct {
	char name[48];
	double count;
} profile[PROFILE_MAX];
static size_t profile_count;
static double profile_sum;

static void die(const char *what, const struct error *err)
{
	fprintf(stderr, "bench/filter: %s: %s\n", what, err ? err->message : strerror(errno));
	exit(1);
}

static void read_profile(const char *path)
{
	FILE *file = fopen(path, "re");
	char line[256];

	if (!file)
		die(path, NULL);
	while (profile_count < PROFILE_MAX && fgets(line, sizeof(line), file))
		if (sscanf(line, "%47[a-z0-9_] %lf", profile[profile_count].name,
			   &profile[profile_count].count) == 2)
			profile_sum += profile[profile_count++].count;
	fclose(file);
}

/* ---- the lists ---- */

/* What the argument directives of the systemd variant come to, for calls in the list. */
static const struct {
	const char *name;
	struct condition conditions[3]; /* any one of these */
	unsigned count;
} restricted[] = {
	{ "socket",
	  { { 0, COMPARE_EQUAL, 1, 0 }, { 0, COMPARE_EQUAL, 2, 0 }, { 0, COMPARE_EQUAL, 10, 0 } },
	  3 },
	{ "mmap", { { 2, COMPARE_MASKED_EQUAL, 0, 4 }, { 2, COMPARE_MASKED_EQUAL, 0, 2 } }, 2 },
	{ "mprotect", { { 2, COMPARE_MASKED_EQUAL, 0, 4 } }, 1 },
	{ "shmat", { { 2, COMPARE_MASKED_EQUAL, 0, 0100000 } }, 1 },
	{ "clone", { { 0, COMPARE_MASKED_EQUAL, 0, NAMESPACES } }, 1 },
	{ "personality", { { 0, COMPARE_EQUAL, 0, 0 } }, 1 },
	{ "chmod", { { 1, COMPARE_MASKED_EQUAL, 0, 06000 } }, 1 },
	{ "fchmod", { { 1, COMPARE_MASKED_EQUAL, 0, 06000 } }, 1 },
	{ "fchmodat", { { 2, COMPARE_MASKED_EQUAL, 0, 06000 } }, 1 },
	{ "mkdir", { { 1, COMPARE_MASKED_EQUAL, 0, 06000 } }, 1 },
	{ "mkdirat", { { 2, COMPARE_MASKED_EQUAL, 0, 06000 } }, 1 },
	{ "mknod", { { 1, COMPARE_MASKED_EQUAL, 0, 06000 } }, 1 },
	{ "mknodat", { { 2, COMPARE_MASKED_EQUAL, 0, 06000 } }, 1 },
	{ "creat", { { 1, COMPARE_MASKED_EQUAL, 0, 06000 } }, 1 },
	{ "open",
	  { { 1, COMPARE_MASKED_EQUAL, 0, 0100 }, { 2, COMPARE_MASKED_EQUAL, 0, 06000 } },
	  2 },
	{ "openat",
	  { { 2, COMPARE_MASKED_EQUAL, 0, 0100 }, { 3, COMPARE_MASKED_EQUAL, 0, 06000 } },
	  2 },
};

static void add_rule(struct policy *policy, const char *name, double count, bool with_arguments)
{
	int nr = syscall_number(ABI_X86_64, name);
	struct rule *rule;

	if (nr < 0)
		return;
	for (size_t i = 0; i < policy->rules_count; i++)
		if (policy->rules[i].nr == nr)
			return;
	rule = policy_add_rule(policy);
	*rule = (struct rule){ .abi = ABI_X86_64,
			       .nr = nr,
			       .action = SECCOMP_RET_ALLOW,
			       .frequency = (uint64_t)count,
			       .seen_any = true };
	for (size_t i = 0; with_arguments && i < ARRAY_SIZE(restricted); i++)
		for (unsigned j = 0;
		     strcmp(restricted[i].name, name) == 0 && j < restricted[i].count; j++)
			clause_add(rule_add_clause(rule), restricted[i].conditions[j]);
}

/* What is hot first, then what the measurement itself needs, then the table in its order. */
static struct policy *make_list(size_t calls, bool with_arguments)
{
	static const char *const needed[] = { "write", "read", "exit_group", "socket",
					      "clock_gettime" };
	struct policy *policy = policy_new();
	const struct syscall_entry *entries;
	size_t count = syscall_table(ABI_X86_64, &entries);
	struct error err = { 0 };

	policy->default_action = SECCOMP_RET_ERRNO | EPERM;
	policy->foreign_action = SECCOMP_RET_KILL_PROCESS;
	policy_add_abi(policy, ABI_X86_64);
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		double known = 0;

		for (size_t j = 0; j < profile_count; j++)
			if (strcmp(profile[j].name, needed[i]) == 0)
				known = profile[j].count;
		add_rule(policy, needed[i], known, with_arguments);
	}
	for (size_t i = 0; i < profile_count && policy->rules_count < calls; i++)
		add_rule(policy, profile[i].name, profile[i].count, with_arguments);
	for (size_t i = 0; i < count && policy->rules_count < calls; i++)
		if (seccomp_syscall_resolve_name(entries[i].name) == entries[i].nr)
			add_rule(policy, entries[i].name, 0, with_arguments);
	if (policy_finish(policy, &err) < 0)
		die("list", &err);
	return policy;
}

/* ---- the variants ---- */

static const enum scmp_compare comparisons[] = {
	[COMPARE_EQUAL] = SCMP_CMP_EQ,
	[COMPARE_MASKED_EQUAL] = SCMP_CMP_MASKED_EQ,
};

static void by_libseccomp(const struct policy *policy, bool tree, struct filter_stack *stack)
{
	scmp_filter_ctx context = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	_cleanup_close_ int fd = memfd_create("filter", MFD_CLOEXEC);
	_cleanup_free_ void *bytes = NULL;
	struct stat status;
	struct error err = { 0 };

	seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, tree ? 2 : 1);
	for (size_t i = 0; i < policy->rules_count; i++) {
		const struct rule *rule = &policy->rules[i];

		/* What it does know of frequencies: a priority from 0 to 255. */
		if (rule->frequency)
			seccomp_syscall_priority(context, rule->nr,
						 (uint8_t)(15 * log2((double)rule->frequency + 1)));
		if (rule->clauses_count == 0)
			seccomp_rule_add(context, SCMP_ACT_ALLOW, rule->nr, 0);
		for (size_t j = 0; j < rule->clauses_count; j++) {
			const struct condition *c = &rule->clauses[j].conditions[0];
			bool masked = c->comparison == COMPARE_MASKED_EQUAL;
			struct scmp_arg_cmp compare = { c->argument, comparisons[c->comparison],
							masked ? c->mask : c->value,
							masked ? c->value : 0 };

			seccomp_rule_add_array(context, SCMP_ACT_ALLOW, rule->nr, 1, &compare);
		}
	}
	if (seccomp_export_bpf(context, fd) < 0 || fstat(fd, &status) < 0)
		die("libseccomp", NULL);
	seccomp_release(context);
	bytes = malloc((size_t)status.st_size);
	if (pread(fd, bytes, (size_t)status.st_size, 0) != status.st_size)
		die("libseccomp", NULL);
	stack->filters = calloc(1, sizeof(*stack->filters));
	stack->count = 1;
	if (filter_from_bytes(bytes, (size_t)status.st_size, &stack->filters[0], NULL, &err) < 0)
		die("libseccomp", &err);
}

/* Milliseconds of processor time: the first, when memory is new, and the least of a few. */
static struct compile_time {
	double first, least;
} by_whittle(const struct policy *policy, bool for_old_kernel, struct filter_stack *stack)
{
	struct compile_options options = { .for_old_kernel = for_old_kernel };
	struct compile_time times = { 0, INFINITY };

	stack->filters = calloc(1, sizeof(*stack->filters));
	stack->count = 1;
	for (unsigned turn = 0; turn < COMPILE_TURNS; turn++) {
		struct timespec start, end;
		struct error err = { 0 };
		double taken;

		filter_free(&stack->filters[0]);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
		if (filter_compile(policy, &options, &stack->filters[0], &err) < 0)
			die("compile", &err);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
		taken = (double)(end.tv_sec - start.tv_sec) * 1e3 +
			(double)(end.tv_nsec - start.tv_nsec) / 1e6;
		if (turn == 0)
			times.first = taken;
		if (taken < times.least)
			times.least = taken;
	}
	return times;
}

/* systemd's own functions (src/shared/seccomp-util.h), which its shared library exports. */
#define CALL(handle, type, name, ...) ((type)dlsym(handle, name))(__VA_ARGS__)
typedef void *make(const void *);
typedef int put(void *, const void *);
typedef int put_pair(void *, const void *, void *);
typedef int load_set(uint32_t, void *, uint32_t, int);
typedef int restrict_families(void *, int);
typedef int restrict_with(unsigned long);
typedef int restrict_plain(void);

static int systemd_child(const struct policy *policy, bool with_arguments, const char *library)
{
	static const uintptr_t families[] = { 1, 2, 10 };
	void *handle = dlopen(library, RTLD_NOW), *set, *map;
	int r = 0, least = 0;

	if (!handle || !dlsym(handle, "seccomp_restrict_suid_sgid"))
		return -ENOSYS;
	/* In the order of src/core/execute.c. */
	if (with_arguments) {
		set = CALL(handle, make *, "_set_new", NULL);
		for (size_t i = 0; i < ARRAY_SIZE(families); i++)
			CALL(handle, put *, "set_put", set, (void *)families[i]);
		r = CALL(handle, restrict_families *, "seccomp_restrict_address_families", set, 1);
		least = r < least ? r : least;
		r = CALL(handle, restrict_plain *, "seccomp_memory_deny_write_execute", );
		least = r < least ? r : least;
		r = CALL(handle, restrict_plain *, "seccomp_restrict_suid_sgid", );
		least = r < least ? r : least;
		r = CALL(handle, restrict_with *, "seccomp_restrict_namespaces", 0);
		least = r < least ? r : least;
	}
	set = CALL(handle, make *, "_set_new", NULL);
	CALL(handle, put *, "set_put", set, (void *)((uintptr_t)SCMP_ARCH_X86_64 + 1));
	r = CALL(handle, put *, "seccomp_restrict_archs", set, NULL);
	least = r < least ? r : least;
	if (with_arguments)
		r = CALL(handle, restrict_with *, "seccomp_lock_personality", 0);
	least = r < least ? r : least;
	map = CALL(handle, make *, "_hashmap_new", NULL);
	for (size_t i = 0; i < policy->rules_count; i++)
		CALL(handle, put_pair *, "hashmap_put", map,
		     (void *)(uintptr_t)(policy->rules[i].nr + 1), (void *)(intptr_t)-1);
	r = CALL(handle, load_set *, "seccomp_load_syscall_filter_set_raw", SCMP_ACT_ERRNO(EPERM),
		 map, SCMP_ACT_ALLOW, 0);
	least = r < least ? r : least;
	return least;
}

static bool by_systemd(const struct policy *policy, bool with_arguments, struct filter_stack *stack)
{
	glob_t found = { 0 };
	struct error err = { 0 };
	int ready[2], done[2], r = -ENOSYS;
	pid_t child;

	if (glob("/usr/lib/*/systemd/libsystemd-shared-*.so", 0, NULL, &found) != 0)
		return false;
	if (pipe(ready) < 0 || pipe(done) < 0)
		die("pipe", NULL);
	child = fork();
	if (child == 0) {
		close(done[1]);
		r = systemd_child(policy, with_arguments, found.gl_pathv[0]);
		if (write(ready[1], &r, sizeof(r)) == sizeof(r))
			(void)!read(done[0], &r, 1);
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &r, sizeof(r)) != sizeof(r))
		r = -EIO;
	if (r == 0 && filter_fetch(child, stack, &err) < 0)
		die("systemd's filters", &err);
	close(ready[0]);
	close(done[0]);
	close(done[1]);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	globfree(&found);
	return r == 0;
}

/* ---- instructions ---- */

static const struct rule *rule_of(const struct policy *policy, const char *name)
{
	size_t count;

	return policy_find(policy, ABI_X86_64, syscall_number(ABI_X86_64, name), &count);
}

static double steps_of(const struct filter_stack *stack, int nr, const uint64_t arguments[6],
		       uint32_t *outcome)
{
	struct seccomp_data data;
	struct error err = { 0 };
	double sum = 0;

	filter_data(ABI_X86_64, nr, arguments, &data);
	for (size_t i = 0; i < stack->count; i++) {
		uint32_t answer;
		size_t steps;

		if (filter_trace(&stack->filters[i], &data, &answer, NULL, &steps, &err) < 0)
			die("run", &err);
		sum += (double)steps;
	}
	if (filter_stack_simulate(stack, &data, outcome, &err) < 0)
		die("run", &err);
	return sum;
}

/* Arguments as nginx has them: a call passes its conditions. */
static void passing(const struct rule *rule, uint64_t arguments[6])
{
	memset(arguments, 0, 6 * sizeof(arguments[0]));
	for (size_t i = 0; rule && i < rule->clauses_count; i++) {
		const struct condition *c = &rule->clauses[i].conditions[0];

		if (c->comparison == COMPARE_EQUAL && !arguments[c->argument])
			arguments[c->argument] = c->value;
	}
}

/* kernel/seccomp.c: seccomp_is_const_allow(), the kernel's own emulation when a filter is installed:
 * whether it allows a number whatever the arguments, by instructions that look at nothing else. */
static bool is_constant_allow(const struct filter *filter, uint32_t nr)
{
	uint32_t a = 0;

	for (size_t at = 0; at < filter->count; at++) {
		const struct sock_filter *in = &filter->instructions[at];

		switch (in->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (in->k == offsetof(struct seccomp_data, nr))
				a = nr;
			else if (in->k == offsetof(struct seccomp_data, arch))
				a = abi_info(ABI_X86_64)->audit_arch;
			else
				return false;
			break;
		case BPF_RET | BPF_K:
			return in->k == SECCOMP_RET_ALLOW;
		case BPF_JMP | BPF_JA:
			at += in->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
		case BPF_JMP | BPF_JGE | BPF_K:
		case BPF_JMP | BPF_JGT | BPF_K:
		case BPF_JMP | BPF_JSET | BPF_K:
			at += operation_holds(BPF_OP(in->code), a, in->k) ? in->jt : in->jf;
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= in->k;
			break;
		default:
			return false;
		}
	}
	return false;
}

/* The kernel answers the call from its bitmap, and no program runs. */
static bool is_in_bitmap(const struct filter_stack *stack, int nr)
{
	for (size_t i = 0; i < stack->count; i++)
		if (!is_constant_allow(&stack->filters[i], (uint32_t)nr))
			return false;
	return true;
}

enum weighing {
	EVERY_CALL, /* runs the program: before Linux 5.11 */
	SINCE_BITMAP, /* none for a call that is in the bitmap */
	RUN_ONLY, /* the mean of the calls with argument rules alone */
};

/* Instructions a call of the profile. */
static double weighted(const struct policy *policy, const struct filter_stack *stack,
		       enum weighing weighing)
{
	double sum = 0, weight = 0;

	for (size_t i = 0; i < profile_count; i++) {
		const struct rule *rule = rule_of(policy, profile[i].name);
		uint64_t arguments[6];
		uint32_t outcome;

		if (!rule || (weighing == RUN_ONLY && rule->clauses_count == 0))
			continue;
		weight += profile[i].count;
		if (weighing == SINCE_BITMAP && is_in_bitmap(stack, rule->nr))
			continue;
		passing(rule, arguments);
		sum += profile[i].count * steps_of(stack, rule->nr, arguments, &outcome);
	}
	return weight > 0 ? sum / weight : 0;
}

/* Every number, with arguments that pass and that fail each condition. */
static double worst(const struct policy *policy, const struct filter_stack *stack)
{
	double most = 0;

	for (int nr = 0; nr < 600; nr++) {
		size_t count = 0;
		const struct rule *rule = policy_find(policy, ABI_X86_64, nr, &count);
		uint64_t tries[5][6] = { { 0 }, { ~0ull, ~0ull, ~0ull, ~0ull, ~0ull, ~0ull } };
		uint32_t outcome;

		passing(count ? rule : NULL, tries[2]);
		for (unsigned i = 0; i < 6; i++) {
			tries[3][i] = UINT32_MAX;
			tries[4][i] = 9;
		}
		for (unsigned i = 0; i < 5; i++) {
			double steps = steps_of(stack, nr, tries[i], &outcome);

			most = steps > most ? steps : most;
		}
	}
	return most;
}

static bool is_same(const struct rule *a, const struct rule *b)
{
	if (!a || !b)
		return a == b;
	if (a->clauses_count != b->clauses_count)
		return false;
	for (size_t i = 0; i < a->clauses_count; i++)
		if (memcmp(a->clauses[i].conditions, b->clauses[i].conditions,
			   sizeof(struct condition)) != 0)
			return false;
	return true;
}

/*
 * What no program can beat: loading architecture and number, testing the architecture, returning (4);
 * the entropy of the ranges of like outcome, in tests of one bit each; and a load and a test for each
 * half of an argument that the outcome hangs on.
 */
static double bound(const struct policy *policy, bool only_run)
{
	double ranges[1024] = { 0 }, whole = 0, entropy = 0, words = 0;
	size_t range = 0;
	const struct rule *before = NULL;

	for (int nr = 0; nr < 600; nr++) {
		size_t count = 0;
		const struct rule *rule = policy_find(policy, ABI_X86_64, nr, &count);
		uint64_t halves = 0;
		unsigned argument = 6;

		rule = count ? rule : NULL;
		if (nr > 0 && !is_same(rule, before))
			range++;
		before = rule;
		if (!rule || (only_run && rule->clauses_count == 0))
			continue;
		/* Of several arguments one is enough. */
		for (size_t i = 0; i < rule->clauses_count; i++)
			if (argument == 6 || argument == rule->clauses[i].conditions[0].argument) {
				const struct condition *c = &rule->clauses[i].conditions[0];

				argument = c->argument;
				halves |= c->comparison == COMPARE_EQUAL ? UINT64_MAX : c->mask;
			}
		ranges[range] += (double)rule->frequency;
		whole += (double)rule->frequency;
		words += (double)rule->frequency * (!!(halves >> 32) + !!(uint32_t)halves);
	}
	for (size_t i = 0; i <= range; i++)
		if (ranges[i] > 0)
			entropy -= ranges[i] / whole * log2(ranges[i] / whole);
	return whole > 0 ? 4 + entropy + 2 * words / whole : 0;
}

/* ---- nanoseconds ---- */

struct runner {
	pid_t pid;
	int order, answer;
	double best;
};

/* socket(AF_UNIX, nonsense): its first argument is looked at, and the call fails at once. */
static double measure(void)
{
	struct timespec start, end;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (unsigned i = 0; i < LOOPS; i++)
		syscall(SYS_socket, 1, -1, 0);
	clock_gettime(CLOCK_MONOTONIC, &end);
	return ((double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec)) /
	       LOOPS;
}

static void start_runner(struct runner *runner, const struct filter_stack *stack)
{
	int order[2], answer[2];

	if (pipe(order) < 0 || pipe(answer) < 0)
		die("pipe", NULL);
	runner->best = INFINITY;
	runner->pid = fork();
	if (runner->pid == 0) {
		char go;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(order[1]);
		for (size_t i = 0; i < stack->count; i++) {
			struct sock_fprog program = { (unsigned short)stack->filters[i].count,
						      stack->filters[i].instructions };

			if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
				_exit(1);
		}
		while (read(order[0], &go, 1) == 1) {
			double taken = measure();

			if (write(answer[1], &taken, sizeof(taken)) != sizeof(taken))
				break;
		}
		_exit(0);
	}
	close(order[0]);
	close(answer[1]);
	runner->order = order[1];
	runner->answer = answer[0];
}

static void time_all(struct runner *runners, size_t count)
{
	for (unsigned turn = 0; turn < TURNS; turn++)
		for (size_t i = 0; i < count; i++) {
			double taken;

			if (write(runners[i].order, "", 1) != 1 ||
			    read(runners[i].answer, &taken, sizeof(taken)) != sizeof(taken))
				taken = INFINITY;
			if (taken < runners[i].best)
				runners[i].best = taken;
		}
	for (size_t i = 0; i < count; i++) {
		close(runners[i].order);
		close(runners[i].answer);
		kill(runners[i].pid, SIGKILL); /* others hold its pipe's end too */
		waitpid(runners[i].pid, NULL, 0);
	}
}

/* ---- the tables ---- */

static size_t length_of(const struct filter_stack *stack)
{
	size_t length = 0;

	for (size_t i = 0; i < stack->count; i++)
		length += stack->filters[i].count;
	return length;
}

/* Where every call runs the program the entropy of the choice itself may be more than half of what the
 * tree takes: then no program meets that bar, and what the best could have is printed beside it. */
static void print_ratios(const struct policy *policy, const struct filter_stack *ours,
			 const struct filter_stack *ours_old, const struct filter_stack *tree)
{
	double run = weighted(policy, ours, RUN_ONLY);
	double before = weighted(policy, ours_old, EVERY_CALL);
	double theirs = weighted(policy, tree, EVERY_CALL), least = bound(policy, false);

	if (run > 0)
		printf("mean since 5.11: %.2f of the tree's (bar 0.50), %.2f of the bound (bar 1.30)\n",
		       weighted(policy, ours, SINCE_BITMAP) / weighted(policy, tree, SINCE_BITMAP),
		       run / bound(policy, true));
	else
		puts("mean since 5.11: no instruction at all, of either: the bitmap answers");
	printf("mean before 5.11 (--old-kernel): %.2f of the tree's, and the bound itself is %.2f of it; "
	       "%.2f of the bound (bar 1.30)\n",
	       before / theirs, least / theirs, before / least);
	printf("worst: %.0f, the tree's %.0f\n", worst(policy, ours), worst(policy, tree));
}

static void bench_list(size_t calls, bool with_arguments, bool with_time)
{
	static const char *const names[] = { "whittle", "whittle --old-kernel", "libseccomp linear",
					     "libseccomp tree", "systemd" };
	struct filter_stack stacks[ARRAY_SIZE(names)] = { 0 }, none = { 0 };
	struct runner runners[ARRAY_SIZE(names) + 1];
	_cleanup_(policy_freep) struct policy *policy = make_list(calls, with_arguments);
	size_t count = ARRAY_SIZE(names);
	struct compile_time compiled = by_whittle(policy, false, &stacks[0]);

	by_whittle(policy, true, &stacks[1]);
	by_libseccomp(policy, false, &stacks[2]);
	by_libseccomp(policy, true, &stacks[3]);
	if (!by_systemd(policy, with_arguments, &stacks[4]))
		count--;
	printf("\n%zu calls, %s argument rules (compiled and proved in %.1f ms of processor time, then %.1f%s)\n",
	       policy->rules_count, with_arguments ? "with" : "without", compiled.first,
	       compiled.least, calls == 300 ? ", bar 5" : "");
	printf("%-22s %7s %10s %10s %10s %7s", "", "length", "before", "since", "run", "worst");
	if (with_time) {
		printf(" %10s", "ns a call");
		start_runner(&runners[0], &none);
		for (size_t i = 0; i < count; i++)
			start_runner(&runners[i + 1], &stacks[i]);
		time_all(runners, count + 1);
	}
	putchar('\n');
	for (size_t i = 0; i < count; i++) {
		printf("%-22s %7zu %10.2f %10.3f %10.2f %7.0f", names[i], length_of(&stacks[i]),
		       weighted(policy, &stacks[i], EVERY_CALL),
		       weighted(policy, &stacks[i], SINCE_BITMAP),
		       weighted(policy, &stacks[i], RUN_ONLY), worst(policy, &stacks[i]));
		if (with_time)
			printf(" %10.1f", runners[i + 1].best);
		putchar('\n');
	}
	printf("%-22s %7s %10.2f %10s %10.2f %7s", "bound by entropy", "", bound(policy, false), "",
	       bound(policy, true), "");
	if (with_time)
		printf(" %10.1f", runners[0].best);
	putchar('\n');
	print_ratios(policy, &stacks[0], &stacks[1], &stacks[3]);
	if (with_time && count == ARRAY_SIZE(names))
		printf("ns of an argument-checked call: %.2f of systemd's (bar 0.60); over no filter %.2f\n",
		       runners[1].best / runners[5].best,
		       (runners[1].best - runners[0].best) / (runners[5].best - runners[0].best));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		filter_stack_free(&stacks[i]);
}

/* decode of 1,000 instructions, compare of two such */
static void bench_reading(void)
{
	_cleanup_(policy_freep) struct policy *policy = make_list(340, false), *decoded = NULL;
	struct filter_stack linear = { 0 }, tree = { 0 }, ours = { 0 };
	struct compile_time compiled;
	const enum abi abi = ABI_X86_64;
	struct timespec times[3];
	struct error err = { 0 };

	/* Conditions that whittle could not make from a service: as many as fit the length. */
	for (size_t i = 0; i < policy->rules_count; i += 2)
		if (policy->rules[i].clauses_count == 0)
			clause_add(rule_add_clause(&policy->rules[i]),
				   (struct condition){ 1, COMPARE_EQUAL, 0x100000000u + i, 0 });
	compiled = by_whittle(policy, false, &ours);
	by_libseccomp(policy, false, &linear);
	by_libseccomp(policy, true, &tree);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &times[0]);
	if (filter_decode(&linear, &abi, 1, &decoded, &err) < 0)
		die("decode", &err);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &times[1]);
	if (filter_compare((struct side){ .stack = &linear }, (struct side){ .stack = &tree }, NULL,
			   NULL, &err) != 0)
		die("compare", &err);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &times[2]);
	printf("\ndecode of %zu instructions: %.1f ms (bar 50); compare with %zu others: %.1f ms (bar 200)\n",
	       length_of(&linear),
	       (double)(times[1].tv_sec - times[0].tv_sec) * 1e3 +
		       (double)(times[1].tv_nsec - times[0].tv_nsec) / 1e6,
	       length_of(&tree),
	       (double)(times[2].tv_sec - times[1].tv_sec) * 1e3 +
		       (double)(times[2].tv_nsec - times[1].tv_nsec) / 1e6);
	printf("compile of %zu rules, every second with a 64-bit condition of its own: %.1f ms, then %.1f\n",
	       policy->rules_count, compiled.first, compiled.least);
	filter_stack_free(&linear);
	filter_stack_free(&tree);
	filter_stack_free(&ours);
}

int main(int argc, char *argv[])
{
	static const size_t sizes[] = { 20, 80, 300 };

	if (argc != 2) {
		fprintf(stderr, "usage: bench_filter PROFILE\n");
		return 64;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	read_profile(argv[1]);
	printf("profile: %zu calls, made %.0f times\n"
	       "before: instructions a call, where the program is run for each (until Linux 5.10)\n"
	       "since: the same where the kernel answers what it can from its bitmap\n"
	       "run: of the calls that have argument rules alone\n",
	       profile_count, profile_sum);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		for (unsigned with_arguments = 0; with_arguments < 2; with_arguments++)
			bench_list(sizes[i], with_arguments, with_arguments);
	bench_reading();
	return 0;
}
