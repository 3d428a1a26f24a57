// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a drop-in means, against libseccomp: filters are made as systemd makes them from the lines of
 * the drop-in itself (read back here, as systemd reads them), and every call is run through them and
 * through the meaning. Names that this machine's libseccomp does not know are passed over.
 */
#include "common/cleanup.h"
#include "emit/emit.h"
#include "filter/filter.h"
#include "policy/policy.h"
#include "syscall/groups.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>

#include <cmocka.h>

static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* ---- a drop-in read as systemd reads it ---- */

struct drop_in {
	uint32_t action[1024]; /* of a name, by its place in `names`; 0: not listed */
	const char *names[1024];
	size_t count;
	uint32_t fallback;
	bool has_architectures, has_i386, has_x32;
	char *families, *namespaces; /* values; NULL not set */
	bool write_execute, personality, realtime, set_id;
};

static void drop_in_clear(struct drop_in *drop_in)
{
	free(drop_in->families);
	free(drop_in->namespaces);
}

static void list_name(struct drop_in *drop_in, const char *name, uint32_t verdict)
{
	const struct syscall_info *info = syscall_info(name);
	size_t i = 0;

	/* A static copy of the name. */
	if (info)
		name = info->name;
	while (i < drop_in->count && strcmp(drop_in->names[i], name) != 0)
		i++;
	if (i == drop_in->count) {
		assert_true(drop_in->count < ARRAY_SIZE(drop_in->names));
		drop_in->names[drop_in->count++] = name;
	}
	drop_in->action[i] = verdict;
}

static void list_group(struct drop_in *drop_in, unsigned version, const char *group)
{
	const char *const *members;
	size_t count = groups_members(version, group, &members);

	assert_true(count > 0);
	for (size_t i = 0; i < count; i++)
		list_name(drop_in, members[i], SCMP_ACT_ALLOW);
}

static uint32_t error_of(const char *name)
{
	for (int number = 1; number < 134; number++)
		if (strerrorname_np(number) && strcmp(strerrorname_np(number), name) == 0)
			return (uint32_t)number;
	return (uint32_t)atoi(name);
}

static void read_filter(struct drop_in *drop_in, unsigned version, char *value)
{
	bool is_inverted = *value == '~';
	char *rest = value + is_inverted, *word;

	if (!*value)
		return;
	/* config_parse_syscall_filter: the first line of an allow-list brings @default. */
	if (drop_in->count == 0)
		list_group(drop_in, version, "@default");
	while ((word = strsep(&rest, " "))) {
		char *colon = strchr(word, ':');

		assert_int_equal(!!colon, is_inverted);
		if (colon)
			*colon = '\0';
		if (*word == '@')
			list_group(drop_in, version, word);
		else
			list_name(drop_in, word,
				  colon ? SCMP_ACT_ERRNO(error_of(colon + 1)) : SCMP_ACT_ALLOW);
	}
}

static void read_line(struct drop_in *drop_in, unsigned version, char *line)
{
	char *value = strchr(line, '=');

	if (*line == '#' || *line == '[' || !*line)
		return;
	assert_non_null(value);
	*value++ = '\0';
	if (strcmp(line, "SystemCallFilter") == 0) {
		read_filter(drop_in, version, value);
	} else if (strcmp(line, "SystemCallErrorNumber") == 0) {
		drop_in->fallback =
			*value ? SCMP_ACT_ERRNO(error_of(value)) : SCMP_ACT_KILL_PROCESS;
	} else if (strcmp(line, "SystemCallArchitectures") == 0 && *value) {
		drop_in->has_architectures = strncmp(value, "native", 6) == 0;
		drop_in->has_i386 = strstr(value, "x86");
		drop_in->has_x32 = strstr(value, "x32");
	} else if (strcmp(line, "RestrictAddressFamilies") == 0 && *value) {
		drop_in->families = strdup(value);
	} else if (strcmp(line, "RestrictNamespaces") == 0 && *value) {
		drop_in->namespaces = strdup(value);
	} else if (*value) {
		assert_string_equal(value, "yes");
		drop_in->write_execute |= strcmp(line, "MemoryDenyWriteExecute") == 0;
		drop_in->personality |= strcmp(line, "LockPersonality") == 0;
		drop_in->realtime |= strcmp(line, "RestrictRealtime") == 0;
		drop_in->set_id |= strcmp(line, "RestrictSUIDSGID") == 0;
	}
}

/* ---- its filters, by libseccomp ---- */

static void load(scmp_filter_ctx context, struct filter_stack *stack)
{
	struct filter *filter;
	int fd = memfd_create("filter", MFD_CLOEXEC);
	off_t size;

	assert_true(fd >= 0);
	assert_int_equal(seccomp_export_bpf(context, fd), 0);
	size = lseek(fd, 0, SEEK_END);
	stack->filters = reallocarray(stack->filters, stack->count + 1, sizeof(*stack->filters));
	filter = &stack->filters[stack->count++];
	filter->count = (size_t)size / sizeof(*filter->instructions);
	filter->instructions = malloc((size_t)size);
	assert_int_equal(pread(fd, filter->instructions, (size_t)size, 0), size);
	close(fd);
	seccomp_release(context);
}

static scmp_filter_ctx begin(uint32_t arch, uint32_t verdict)
{
	scmp_filter_ctx context = seccomp_init(verdict);

	assert_non_null(context);
	if (arch != seccomp_arch_native()) {
		assert_int_equal(seccomp_arch_remove(context, seccomp_arch_native()), 0);
		assert_int_equal(seccomp_arch_add(context, arch), 0);
	}
	assert_int_equal(seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ALLOW), 0);
	return context;
}

#define REFUSE(error, call, ...)                                                \
	seccomp_rule_add_exact(context, SCMP_ACT_ERRNO(error), SCMP_SYS(call),  \
			       sizeof((struct scmp_arg_cmp[]){ __VA_ARGS__ }) / \
				       sizeof(struct scmp_arg_cmp),             \
			       __VA_ARGS__)
#define REFUSE_ALL(error, call) \
	seccomp_rule_add_exact(context, SCMP_ACT_ERRNO(error), SCMP_SYS(call), 0)
#define HAS(index, bits) SCMP_CMP64(index, SCMP_CMP_MASKED_EQ, bits, bits)

static bool value_has(const char *value, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = value; (at = strstr(at, word)); at += length)
		if ((at == value || at[-1] == ' ') && (!at[length] || at[length] == ' '))
			return true;
	return false;
}

static void restrict_families(const struct drop_in *drop_in, uint32_t arch,
			      struct filter_stack *stack)
{
	scmp_filter_ctx context = begin(arch, SCMP_ACT_ALLOW);
	char name[64];

	if (strcmp(drop_in->families, "none") == 0) {
		REFUSE_ALL(EAFNOSUPPORT, socket);
	} else {
		REFUSE(EAFNOSUPPORT, socket, SCMP_A0(SCMP_CMP_LT, 1));
		REFUSE(EAFNOSUPPORT, socket, SCMP_A0(SCMP_CMP_GT, 45));
		for (unsigned family = 1; family < 46; family++)
			if (!value_has(drop_in->families,
				       argument_format(ABI_X86_64, ARGUMENT_SOCKET_DOMAIN, family,
						       0, name, sizeof(name))))
				REFUSE(EAFNOSUPPORT, socket, SCMP_A0(SCMP_CMP_EQ, family));
	}
	load(context, stack);
}

static void restrict_write_execute(uint32_t arch, struct filter_stack *stack)
{
	scmp_filter_ctx context = begin(arch, SCMP_ACT_ALLOW);

	if (arch == SCMP_ARCH_X86) {
		REFUSE(EPERM, mmap2, HAS(2, PROT_EXEC | PROT_WRITE));
		REFUSE_ALL(EPERM, mmap);
	} else {
		REFUSE(EPERM, mmap, HAS(2, PROT_EXEC | PROT_WRITE));
		REFUSE(EPERM, shmat, HAS(2, SHM_EXEC));
	}
	REFUSE(EPERM, mprotect, HAS(2, PROT_EXEC));
	REFUSE(EPERM, pkey_mprotect, HAS(2, PROT_EXEC));
	load(context, stack);
}

static void restrict_namespaces(const struct drop_in *drop_in, uint32_t arch,
				struct filter_stack *stack)
{
	static const struct {
		const char *name;
		uint64_t flag;
	} kinds[] = {
		{ "cgroup", CLONE_NEWCGROUP }, { "ipc", CLONE_NEWIPC }, { "net", CLONE_NEWNET },
		{ "mnt", CLONE_NEWNS },	       { "pid", CLONE_NEWPID }, { "user", CLONE_NEWUSER },
		{ "uts", CLONE_NEWUTS },       { "time", 0x80 },
	};
	scmp_filter_ctx context = begin(arch, SCMP_ACT_ALLOW);
	bool is_all = strcmp(drop_in->namespaces, "yes") == 0;

	REFUSE_ALL(ENOSYS, clone3);
	if (is_all)
		REFUSE_ALL(EPERM, setns);
	else
		REFUSE(EPERM, setns, SCMP_A1(SCMP_CMP_EQ, 0));
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (value_has(drop_in->namespaces, kinds[i].name))
			continue;
		REFUSE(EPERM, unshare, HAS(0, kinds[i].flag));
		REFUSE(EPERM, clone, HAS(0, kinds[i].flag));
		if (!is_all)
			REFUSE(EPERM, setns, HAS(1, kinds[i].flag));
	}
	load(context, stack);
}

static void restrict_set_id(uint32_t arch, struct filter_stack *stack)
{
	scmp_filter_ctx context = begin(arch, SCMP_ACT_ALLOW);

	for (uint64_t mode = 02000; mode <= 04000; mode += 02000) {
		REFUSE(EPERM, chmod, HAS(1, mode));
		REFUSE(EPERM, fchmod, HAS(1, mode));
		REFUSE(EPERM, fchmodat, HAS(2, mode));
		seccomp_rule_add_exact(context, SCMP_ACT_ERRNO(EPERM),
				       seccomp_syscall_resolve_name("fchmodat2"), 1, HAS(2, mode));
		REFUSE(EPERM, mkdir, HAS(1, mode));
		REFUSE(EPERM, mkdirat, HAS(2, mode));
		REFUSE(EPERM, mknod, HAS(1, mode));
		REFUSE(EPERM, mknodat, HAS(2, mode));
		REFUSE(EPERM, open, HAS(1, O_CREAT), HAS(2, mode));
		REFUSE(EPERM, openat, HAS(2, O_CREAT), HAS(3, mode));
		REFUSE(EPERM, creat, HAS(1, mode));
	}
	REFUSE_ALL(ENOSYS, openat2);
	load(context, stack);
}

static void restrict_others(const struct drop_in *drop_in, uint32_t arch,
			    struct filter_stack *stack)
{
	if (drop_in->realtime) {
		scmp_filter_ctx context = begin(arch, SCMP_ACT_ALLOW);

		for (unsigned policy = 0; policy < SCHED_IDLE; policy++)
			if (policy != SCHED_OTHER && policy != SCHED_BATCH)
				REFUSE(EPERM, sched_setscheduler, SCMP_A1(SCMP_CMP_EQ, policy));
		REFUSE(EPERM, sched_setscheduler, SCMP_A1(SCMP_CMP_GT, SCHED_IDLE));
		load(context, stack);
	}
	if (drop_in->personality) {
		scmp_filter_ctx context = begin(arch, SCMP_ACT_ALLOW);

		REFUSE(EPERM, personality, SCMP_A0(SCMP_CMP_NE, 0));
		load(context, stack);
	}
}

static void filter_calls(const struct drop_in *drop_in, unsigned version, uint32_t arch,
			 struct filter_stack *stack)
{
	uint32_t other = version >= 255 ? SCMP_ACT_ERRNO(ENOSYS) : drop_in->fallback;
	scmp_filter_ctx context = begin(arch, other);
	const char *const *known;
	size_t count = groups_members(version, "@known", &known);

	for (size_t i = 0; i < drop_in->count; i++)
		if (drop_in->action[i] != other)
			seccomp_rule_add_exact(context, drop_in->action[i],
					       seccomp_syscall_resolve_name(drop_in->names[i]), 0);
	for (size_t i = 0; version >= 255 && drop_in->fallback != other && i < count; i++) {
		int nr = seccomp_syscall_resolve_name(known[i]);
		bool is_listed = false;

		for (size_t j = 0; j < drop_in->count; j++)
			is_listed |= strcmp(drop_in->names[j], known[i]) == 0;
		if (nr >= 0 && !is_listed && groups_name(version, "@known", known[i]))
			seccomp_rule_add_exact(context, drop_in->fallback, nr, 0);
	}
	load(context, stack);
}

static void shut_architectures(const struct drop_in *drop_in, struct filter_stack *stack)
{
	scmp_filter_ctx context = seccomp_init(SCMP_ACT_ALLOW);

	if (drop_in->has_i386)
		assert_int_equal(seccomp_arch_add(context, SCMP_ARCH_X86), 0);
	if (drop_in->has_x32)
		assert_int_equal(seccomp_arch_add(context, SCMP_ARCH_X32), 0);
	load(context, stack);
}

/* In the order of exec_invoke(); what SystemCallArchitectures= shuts out gets no list. */
static void install(const struct drop_in *drop_in, unsigned version, struct filter_stack *stack)
{
	static const uint32_t archs[] = { SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32 };

	for (size_t i = 0; i < ARRAY_SIZE(archs); i++) {
		if (drop_in->families && archs[i] != SCMP_ARCH_X86)
			restrict_families(drop_in, archs[i], stack);
		if (drop_in->write_execute && version < 254)
			restrict_write_execute(archs[i], stack);
		if (drop_in->namespaces)
			restrict_namespaces(drop_in, archs[i], stack);
		if (drop_in->set_id)
			restrict_set_id(archs[i], stack);
		restrict_others(drop_in, archs[i], stack);
	}
	assert_true(drop_in->has_architectures);
	shut_architectures(drop_in, stack);
	filter_calls(drop_in, version, SCMP_ARCH_X86_64, stack);
	if (drop_in->has_i386)
		filter_calls(drop_in, version, SCMP_ARCH_X86, stack);
	if (drop_in->has_x32)
		filter_calls(drop_in, version, SCMP_ARCH_X32, stack);
}

/* ---- random policies ---- */

static void add_rule(struct policy *policy, enum abi abi, const char *name, uint64_t *state)
{
	int nr = syscall_number(abi, name);
	struct rule *rule;
	size_t size;

	for (size_t i = 0; i < policy->rules_count; i++)
		if (policy->rules[i].abi == abi && policy->rules[i].nr == nr)
			return;
	if (nr < 0 || seccomp_syscall_resolve_name(name) == __NR_SCMP_ERROR)
		return;
	rule = policy_add_rule(policy);
	rule->abi = abi;
	rule->nr = nr;
	rule->action = next(state) % 16 ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(1 + next(state) % 40);
	rule_add_reason(rule, REASON_SEEN, "in a test");
	size = rule_tuple_size(rule);
	rule->seen_any = next(state) % 8 == 0;
	for (uint64_t i = size ? 1 + next(state) % 2 : 0; i > 0; i--) {
		struct argument_values values = { .count = 1 };

		for (size_t j = 0; j < size; j++)
			values.value[j] = next(state) % 3 ? next(state) % 4 : 0;
		if (strcmp(name, "setns") == 0 || strcmp(name, "unshare") == 0)
			values.value[0] = next(state) % 2 ? CLONE_NEWNET : CLONE_NEWNS;
		rule_add_seen(rule, &values);
	}
}

static struct policy *random_policy(uint64_t seed)
{
	static const char *const telling[] = {
		"socket",   "mmap",	 "mmap2",  "mprotect",	    "clone", "clone3",
		"unshare",  "setns",	 "openat", "openat2",	    "open",  "chmod",
		"fchmodat", "mknod",	 "creat",  "personality",   "shmat", "sched_setscheduler",
		"mkdir",    "fchmodat2", "send",   "pkey_mprotect", "bind",  "socketcall",
		"ipc",	    "write",	 "time",
	};
	static const uint32_t fallbacks[] = { SCMP_ACT_ERRNO(EPERM), SCMP_ACT_KILL_PROCESS,
					      SCMP_ACT_ERRNO(EACCES), SCMP_ACT_ERRNO(ENOSYS) };
	uint64_t state = seed * 0x9e3779b97f4a7c15ULL + 1;
	struct policy *policy = policy_new();
	struct error err = { 0 };

	policy_add_abi(policy, ABI_X86_64);
	if (next(&state) % 3 == 0)
		policy_add_abi(policy, ABI_I386);
	if (next(&state) % 5 == 0)
		policy_add_abi(policy, ABI_X32);
	policy->default_action = fallbacks[next(&state) % ARRAY_SIZE(fallbacks)];
	for (size_t i = 0; i < policy->abis_count; i++) {
		const struct syscall_entry *calls;
		size_t count = syscall_table(policy->abis[i], &calls);

		for (size_t j = 0; j < ARRAY_SIZE(telling); j++)
			if (next(&state) % 2)
				add_rule(policy, policy->abis[i], telling[j], &state);
		for (uint64_t n = next(&state) % 60; n > 0; n--)
			add_rule(policy, policy->abis[i], calls[next(&state) % count].name, &state);
	}
	assert_int_equal(policy_finish(policy, &err), 0);
	return policy;
}

/* ---- the two against each other ---- */

static void compare_call(const struct filter_stack *stack, const struct policy *meaning,
			 enum abi abi, int nr, const uint64_t arguments[6], uint64_t seed)
{
	struct seccomp_data data = { .nr = nr, .arch = abi_info(abi)->audit_arch };
	uint32_t wanted = policy_evaluate(meaning, abi, nr, arguments), live;
	struct error err = { 0 };

	memcpy(data.args, arguments, sizeof(data.args));
	assert_int_equal(filter_stack_simulate(stack, &data, &live, &err), 0);
	if (wanted != live)
		fail_msg("seed %llu, %s %d (%s) with %#llx %#llx %#llx: meaning %#x, filters %#x",
			 (unsigned long long)seed, abi_info(abi)->name, nr, syscall_name(abi, nr),
			 (unsigned long long)arguments[0], (unsigned long long)arguments[1],
			 (unsigned long long)arguments[2], wanted, live);
}

static void compare_all(const struct filter_stack *stack, const struct policy *meaning,
			uint64_t seed)
{
	static const enum abi abis[] = { ABI_X86_64, ABI_I386, ABI_X32 };
	static const uint64_t values[] = { 0,	       1,	  2,	   3,	    4,
					   5,	       6,	  7,	   16,	    20,
					   21,	       45,	  46,	   0x80,    02000,
					   04000,      06000,	  0100000, 0x20000, 0x40000000,
					   0x10000000, UINT32_MAX };
	uint64_t state = seed + 77;

	for (size_t i = 0; i < ARRAY_SIZE(abis); i++) {
		const struct syscall_entry *calls;
		size_t count = syscall_table(abis[i], &calls);

		for (size_t j = 0; j < count; j++) {
			/* Below the multiplexed calls' are those that the ABI lacks. */
			if (seccomp_syscall_resolve_name(calls[j].name) == __NR_SCMP_ERROR ||
			    seccomp_syscall_resolve_name_arch(abi_info(abis[i])->scmp_arch,
							      calls[j].name) < -300)
				continue;
			for (unsigned n = 0; n < 24; n++) {
				uint64_t arguments[6];

				for (unsigned k = 0; k < 6; k++)
					arguments[k] =
						values[n < ARRAY_SIZE(values) && n % 2
							       ? n
							       : next(&state) % ARRAY_SIZE(values)];
				/* x32's registers have high halves too. */
				if (abis[i] != ABI_I386 && n == 23)
					arguments[next(&state) % 6] |= 1ULL << 32;
				compare_call(stack, meaning, abis[i], calls[j].nr, arguments, seed);
			}
		}
	}
}

static void check_meaning(uint64_t seed, unsigned version)
{
	const struct emit_options options = { .systemd_version = version, .is_compact = seed % 2 };
	_cleanup_(policy_freep) struct policy *policy = random_policy(seed), *meaning = NULL;
	_cleanup_(drop_in_clear) struct drop_in drop_in = { 0 };
	_cleanup_(filter_stack_free) struct filter_stack stack = { 0 };
	_cleanup_free_ char *text = NULL;
	const struct emitter *systemd = emitter_find("systemd");
	struct error err = { 0 };
	char *rest, *line;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(emit_policy(systemd, policy, &options, out, &err), 0);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(emit_meaning(systemd, policy, &options, &meaning, &err), 0);
	rest = text;
	while ((line = strsep(&rest, "\n")))
		read_line(&drop_in, version, line);
	if (version >= 256)
		list_name(&drop_in, "write", SCMP_ACT_ALLOW);
	install(&drop_in, version, &stack);
	compare_all(&stack, meaning, seed);
}

/* Fewer where each instruction is checked (valgrind). */
static uint64_t seeds(void)
{
	return getenv("WHITTLE_TEST_SLOW_MACHINE") ? 1 : 12;
}

static void the_meaning_is_what_systemd_252_would_install(void **state)
{
	(void)state;
	if (abi_native() != ABI_X86_64)
		skip();
	for (uint64_t seed = 1; seed <= seeds(); seed++)
		check_meaning(seed, 252);
}

static void the_meaning_is_what_systemd_257_would_install(void **state)
{
	(void)state;
	if (abi_native() != ABI_X86_64)
		skip();
	for (uint64_t seed = 101; seed <= 100 + seeds(); seed++)
		check_meaning(seed, 257);
}

/* ---- widening ---- */

static void count_warning(void *context, const char *message)
{
	size_t *count = context;

	assert_non_null(strstr(message, "ioctl"));
	++*count;
}

static void a_condition_that_the_format_lacks_is_widened_and_named(void **state)
{
	size_t warnings = 0;
	const struct emit_options options = { .warn = count_warning, .context = &warnings };
	const struct emitter with_arguments = { .can = EMIT_ARGUMENTS | EMIT_ORDER };
	const struct emitter without = { .can = EMIT_ACTION_PER_CALL };
	_cleanup_(policy_freep) struct policy *policy = policy_new(), *widened = NULL;
	struct error err = { 0 };
	struct rule *rule;

	(void)state;
	policy_add_abi(policy, ABI_X86_64);
	for (unsigned i = 0; i < 2; i++) {
		rule = policy_add_rule(policy);
		*rule = (struct rule){ .abi = ABI_X86_64, .nr = 16 };
		rule->action = i ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EACCES);
		clause_add(rule_add_clause(rule),
			   (struct condition){ 1, COMPARE_EQUAL, 0x5401 + i, 0 });
	}
	assert_int_equal(policy_finish(policy, &err), 0);
	assert_int_equal(emit_widen(policy, &with_arguments, &options, &widened, &err), 0);
	assert_int_equal(widened->rules_count, 1);
	policy_freep(&widened);
	warnings = 0;
	assert_int_equal(emit_widen(policy, &without, &options, &widened, &err), 0);
	assert_int_equal(warnings, 1);
	assert_int_equal(widened->rules_count, 1);
	assert_int_equal(policy_evaluate(widened, ABI_X86_64, 16, (uint64_t[6]){ 0, 1 }),
			 SCMP_ACT_ALLOW);
}

static void a_default_of_one_abi_alone_is_no_format_s(void **state)
{
	const struct emit_options options = { 0 };
	const struct emitter both = { .can = EMIT_ABIS | EMIT_ARGUMENTS | EMIT_ACTION_PER_CALL };
	const struct emitter one = { .can = EMIT_ARGUMENTS };
	_cleanup_(policy_freep) struct policy *policy = policy_new(), *widened = NULL;
	struct error err = { 0 };

	(void)state;
	policy_add_abi(policy, ABI_X86_64);
	policy_add_abi(policy, ABI_I386);
	policy_add_span(policy, (struct span){ ABI_I386, 0, UINT32_MAX, SCMP_ACT_ALLOW });
	assert_int_equal(policy_finish(policy, &err), 0);
	assert_int_equal(emit_widen(policy, &both, &options, &widened, &err), -EOPNOTSUPP);
	assert_non_null(strstr(err.message, "i386"));
	/* Where there is one ABI only, its default is the default. */
	assert_int_equal(emit_widen(policy, &one, &options, &widened, &err), 0);
	assert_int_equal(widened->default_action, SCMP_ACT_ERRNO(EPERM));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_meaning_is_what_systemd_252_would_install),
		cmocka_unit_test(the_meaning_is_what_systemd_257_would_install),
		cmocka_unit_test(a_condition_that_the_format_lacks_is_widened_and_named),
		cmocka_unit_test(a_default_of_one_abi_alone_is_no_format_s),
	};

	/* Else libseccomp asks the kernel what it can, by a call that valgrind does not know. */
	assert_int_equal(seccomp_api_set(6), 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
