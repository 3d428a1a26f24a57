// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a format writes is read back as the policy that it was given, that is the one that was widened to
 * what the format can say: for policies at random, compared over all calls and arguments.
 */
#include "common/cleanup.h"
#include "emit/emit.h"
#include "filter/compare.h"
#include "import/import.h"
#include "random_policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* A format and the importer that reads it. */
static const struct pair {
	const char *format, *source;
	action fallback; /* a default that it has */
	bool forgets_the_default; /* it has one, and no word for another */
} pairs[] = {
	{ "oci", "oci", SECCOMP_RET_ERRNO | EACCES, false },
	{ "docker", "oci", SECCOMP_RET_KILL_PROCESS, false },
	{ "kubernetes", "oci", SECCOMP_RET_TRAP, false },
	{ "seccomp-profile", "seccomp-profile", SECCOMP_RET_ERRNO | EPERM, false },
	{ "lxc", "lxc", SECCOMP_RET_ERRNO | ENOSYS, false },
	{ "nspawn", "nspawn", SECCOMP_RET_ERRNO | EPERM, true },
	{ "firejail", "firejail", SECCOMP_RET_ERRNO | EPERM, false },
	{ "minijail", "minijail", SECCOMP_RET_TRAP, false },
	{ "kafel", "kafel", SECCOMP_RET_ERRNO | EPERM, false },
	{ "firecracker", "firecracker", SECCOMP_RET_ERRNO | EPERM, false },
};

static void print_difference(void *context, const struct difference *difference)
{
	(void)context;
	print_message("# %s %d to %d: %#x, read back %#x\n",
		      difference->is_foreign ? "foreign" : abi_info(difference->abi)->name,
		      difference->nr, difference->last, difference->left, difference->right);
}

/* Of the ABIs that were read: some formats hold for others without naming them. */
static void keep_abis(struct policy *policy, const struct policy *read)
{
	for (size_t i = policy->rules_count; i-- > 0;)
		if (!policy_has_abi(read, policy->rules[i].abi))
			policy_remove_rule(policy, i);
	memcpy(policy->abis, read->abis, sizeof(policy->abis));
	policy->abis_count = read->abis_count;
	policy->foreign_action = read->foreign_action;
}

static void comes_back(const struct pair *pair, struct policy *policy)
{
	const struct emit_options options = { .systemd_version = 262, .with_reasons = true };
	const struct import_settings settings = { .abi = ABI_X86_64, .systemd = 262 };
	const struct emitter *emitter = emitter_find(pair->format);
	_cleanup_(policy_freep) struct policy *widened = NULL, *read = NULL;
	_cleanup_free_ char *text = NULL;
	struct error err = { 0 };
	size_t size;
	FILE *out = open_memstream(&text, &size);

	policy->default_action = pair->fallback;
	for (size_t i = 0; i < policy->rules_count; i++)
		rule_add_reason(&policy->rules[i], REASON_SEEN, "in # a \"test\": [x] // */");
	if (emit_policy(emitter, policy, &options, out, &err) < 0)
		fail_msg("%s", err.message);
	fclose(out);
	/* What it is is found by what it looks like. */
	if (import_policy_memory("a file", text, size, &settings, &read, &err) < 0)
		fail_msg("%s: %s\n%s", pair->format, err.message, text);
	/* What libseccomp adds to i386's rules is read too. */
	assert_int_equal(strcmp(pair->source, "oci") == 0 || strcmp(pair->source, "lxc") == 0 ||
					 strcmp(pair->source, "seccomp-profile") == 0
				 ? emit_meaning(emitter, policy, &options, &widened, &err)
				 : emit_widen(policy, emitter, &options, &widened, &err),
			 0);
	keep_abis(widened, read);
	if (filter_compare((struct side){ .policy = widened }, (struct side){ .policy = read },
			   print_difference, NULL, &err) != 0)
		fail_msg("%s: what was read back is another: %s\n%s", pair->format, err.message,
			 text);
}

static void round_trip(const struct pair *pair)
{
	static const enum abi alone[] = { ABI_X86_64, ABI_COUNT };
	static const enum abi family[] = { ABI_X86_64, ABI_I386, ABI_COUNT };

	/* Fewer where each instruction is checked (valgrind). */
	uint64_t seeds = getenv("WHITTLE_TEST_SLOW_MACHINE") ? 2 : 8;

	for (uint64_t seed = 1; seed <= seeds; seed++) {
		_cleanup_(policy_freep) struct policy *policy = NULL;

		random_seed(seed);
		policy = random_policy(seed % 2 ? alone : family, 12, 3);
		/* jansson's numbers end at 2^63 - 1, and so does what it reads back. */
		for (size_t i = 0; i < policy->rules_count; i++)
			for (size_t j = 0; j < policy->rules[i].clauses_count; j++)
				for (size_t k = 0; k < policy->rules[i].clauses[j].count; k++) {
					policy->rules[i].clauses[j].conditions[k].value &=
						INT64_MAX;
					policy->rules[i].clauses[j].conditions[k].mask &= INT64_MAX;
				}
		comes_back(pair, policy);
	}
}

static void every_format_is_read_back_as_it_was_written(void **state)
{
	(void)state;
	if (abi_native() != ABI_X86_64)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		round_trip(&pairs[i]);
}

static void refuse(const char *source, const char *text, const char *words)
{
	const struct import_settings settings = { .from = source,
						  .abi = ABI_X86_64,
						  .systemd = 257 };
	struct policy *policy = NULL;
	struct error err = { 0 };

	assert_true(import_policy_memory("a file", text, strlen(text), &settings, &policy, &err) <
		    0);
	if (!strstr(err.message, words))
		fail_msg("expected \"%s\" in: %s", words, err.message);
}

/* A restriction that is not understood is never skipped. */
static void what_can_t_be_read_exactly_is_no_policy(void **state)
{
	(void)state;
	refuse("minijail", "read: 1\nioctl: arg1 == 1; return 1\n", "line 2");
	refuse("minijail", "@include /nonexistent/other.policy\n", "can't include");
	refuse("minijail", "read@group: 1\n", "groups of calls");
	refuse("minijail", "write: return 1; arg0 == 1\n", "text behind the end");
	refuse("minijail", "open: arg7 == 1\n", "argN");
	refuse("minijail", "nosuchcall: 1\n", "no system call");
	refuse("kafel", "POLICY a { ALLOW { read { fd == count } } } USE a DEFAULT KILL",
	       "two arguments are compared");
	refuse("kafel", "POLICY a { ALLOW { read(x) { fd == 1 } } } USE a DEFAULT KILL",
	       "declared argument");
	refuse("kafel", "POLICY a { ALLOW { read { NOSUCH == 1 } } }", "declare the arguments");
	refuse("kafel", "POLICY a { USE b } USE a", "no policy of this name");
	refuse("kafel", "ALLOW { SYSCALL[-1] } DEFAULT KILL", "number of a system call");
	refuse("kafel", "#include \"/nonexistent/x\"\nDEFAULT KILL", "can't include");
	refuse("kafel", "POLICY a { ALLOW { read(a { a == 1 } } }", "\")\"");
	refuse("kafel", "POLICY a { PERMIT { read } }", "an action");
	refuse("lxc", "3\nallowlist\n5\n", "version");
	refuse("lxc", "1\ndenylist\n5\n", "must be allowlist: version 1");
	refuse("lxc", "1\nallowlist\nread\n", "number of a system call");
	refuse("lxc", "2\nallowlist\nread allow [0,1]\n", "[index,value,operator,mask]");
	refuse("lxc", "2\nallowlist\nread permit\n", "line 3");
	refuse("firejail", "noroot\n", "no seccomp, seccomp.drop or seccomp.keep");
	refuse("firejail", "seccomp.drop mount:ENOSYS\n", "an error for a single call");
	refuse("firejail", "seccomp.keep read,$x\n", "not a system call number");
	refuse("firecracker",
	       "{\"vmm\": {\"default_action\": \"x\", \"filter_action\": \"allow\"}}",
	       "without known actions");
	refuse("oci", "{\"defaultAction\": \"SCMP_ACT_PERMIT\"}", "not a seccomp profile");
	refuse("oci",
	       "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": [\"read\"], "
	       "\"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 9, \"value\": 1, \"op\": "
	       "\"SCMP_CMP_EQ\"}]}]}",
	       "unreadable condition");
	refuse(NULL, "hello\n", "can't be read as a policy");
}

static void read_seccomp(const char *text, struct policy **policy)
{
	const struct import_settings settings = { .abi = ABI_X86_64 };
	struct error err = { 0 };

	if (import_policy_memory("profile.json", text, strlen(text), &settings, policy, &err) < 0)
		fail_msg("%s", err.message);
}

static uint32_t outcome(const struct policy *policy, const char *name, uint64_t first)
{
	const uint64_t arguments[6] = { first };

	return policy_evaluate(policy, ABI_X86_64, syscall_number(ABI_X86_64, name), arguments);
}

static void a_docker_profile_is_read_as_docker_reads_it(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = NULL;

	(void)state;
	read_seccomp("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 38,"
		     "\"archMap\": [{\"architecture\": \"SCMP_ARCH_AARCH64\","
		     "  \"subArchitectures\": [\"SCMP_ARCH_ARM\"]},"
		     " {\"architecture\": \"SCMP_ARCH_X86_64\","
		     "  \"subArchitectures\": [\"SCMP_ARCH_X86\", \"SCMP_ARCH_X32\"]}],"
		     "\"syscalls\": ["
		     " {\"names\": [\"ptrace\"], \"action\": \"SCMP_ACT_ALLOW\","
		     "  \"includes\": {\"minKernel\": \"4.8\"}},"
		     " {\"names\": [\"mount\"], \"action\": \"SCMP_ACT_ALLOW\","
		     "  \"includes\": {\"caps\": [\"CAP_SYS_ADMIN\"]}},"
		     " {\"names\": [\"personality\"], \"action\": \"SCMP_ACT_ALLOW\","
		     "  \"args\": [{\"index\": 0, \"value\": 0, \"op\": \"SCMP_CMP_EQ\"},"
		     "   {\"index\": 0, \"value\": 8, \"op\": \"SCMP_CMP_EQ\"}]},"
		     " {\"names\": [\"clone\"], \"action\": \"SCMP_ACT_ALLOW\","
		     "  \"args\": [{\"index\": 0, \"value\": 2114060288, \"valueTwo\": 0,"
		     "   \"op\": \"SCMP_CMP_MASKED_EQ\"}],"
		     "  \"excludes\": {\"caps\": [\"CAP_SYS_ADMIN\"], \"arches\": [\"s390x\"]}}]}",
		     &policy);
	assert_int_equal(policy->abis_count, 3);
	assert_int_equal(policy->default_action, SECCOMP_RET_ERRNO | ENOSYS);
	assert_int_equal(outcome(policy, "ptrace", 0), SECCOMP_RET_ALLOW);
	assert_int_equal(outcome(policy, "mount", 0), SECCOMP_RET_ERRNO | ENOSYS);
	/* Two conditions on one argument are alternatives. */
	assert_int_equal(outcome(policy, "personality", 8), SECCOMP_RET_ALLOW);
	assert_int_equal(outcome(policy, "personality", 9), SECCOMP_RET_ERRNO | ENOSYS);
	assert_int_equal(outcome(policy, "clone", 17), SECCOMP_RET_ALLOW);
	assert_int_equal(outcome(policy, "clone", 0x10000000), SECCOMP_RET_ERRNO | ENOSYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_format_is_read_back_as_it_was_written),
		cmocka_unit_test(what_can_t_be_read_exactly_is_no_policy),
		cmocka_unit_test(a_docker_profile_is_read_as_docker_reads_it),
	};

	/* Else libseccomp asks the kernel what it can, by a call that valgrind does not know. */
	assert_int_equal(seccomp_api_set(6), 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
