// SPDX-License-Identifier: LGPL-2.1-or-later
#include "libseccomp_filter.h"

#include "common/cleanup.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS_MAX 2

static uint32_t to_scmp_action(action outcome)
{
	switch (outcome & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ERRNO:
		return SCMP_ACT_ERRNO(outcome & SECCOMP_RET_DATA);
	case SECCOMP_RET_TRACE:
		return SCMP_ACT_TRACE(outcome & SECCOMP_RET_DATA);
	default: /* without data they are the kernel's own numbers */
		return outcome;
	}
}

static struct scmp_arg_cmp to_scmp(const struct condition *condition)
{
	static const enum scmp_compare comparisons[] = {
		[COMPARE_EQUAL] = SCMP_CMP_EQ,
		[COMPARE_NOT_EQUAL] = SCMP_CMP_NE,
		[COMPARE_LESS] = SCMP_CMP_LT,
		[COMPARE_LESS_EQUAL] = SCMP_CMP_LE,
		[COMPARE_GREATER] = SCMP_CMP_GT,
		[COMPARE_GREATER_EQUAL] = SCMP_CMP_GE,
		[COMPARE_MASKED_EQUAL] = SCMP_CMP_MASKED_EQ,
	};
	struct scmp_arg_cmp made = { .arg = condition->argument,
				     .op = comparisons[condition->comparison],
				     .datum_a = condition->value };

	if (condition->comparison == COMPARE_MASKED_EQUAL) {
		made.datum_a = condition->mask;
		made.datum_b = condition->value;
	}
	return made;
}

static int add_rule(scmp_filter_ctx context, const struct rule *rule, struct error *err)
{
	/* It takes the number of the ABI that it was built for, and translates. */
	int nr = syscall_number(abi_native(), syscall_name(rule->abi, rule->nr)), r = 0;

	if (rule->clauses_count == 0)
		r = seccomp_rule_add(context, to_scmp_action(rule->action), nr, 0);
	for (size_t i = 0; r == 0 && i < rule->clauses_count; i++) {
		struct scmp_arg_cmp arguments[6];

		for (size_t j = 0; j < rule->clauses[i].count; j++)
			arguments[j] = to_scmp(&rule->clauses[i].conditions[j]);
		r = seccomp_rule_add_array(context, to_scmp_action(rule->action), nr,
					   (unsigned)rule->clauses[i].count, arguments);
		if (r == -EEXIST) /* the same clause twice */
			r = 0;
	}
	if (r < 0)
		return error_set(err, r, "libseccomp on %s", syscall_name(rule->abi, rule->nr));
	return 0;
}

static int add_rules(scmp_filter_ctx context, const struct policy *policy, enum abi abi,
		     struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < policy->rules_count; i++)
		if (policy->rules[i].abi == abi)
			r = add_rule(context, &policy->rules[i], err);
	return r;
}

/* The part of one ABI: their rules are not the same, so that each is a filter until they are merged. */
static int add_abi(scmp_filter_ctx *whole, const struct policy *policy, enum abi abi, bool tree,
		   struct error *err)
{
	scmp_filter_ctx context = seccomp_init(to_scmp_action(policy->default_action));
	int r;

	if (!context)
		return error_oom(err);
	seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, to_scmp_action(policy->foreign_action));
	seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, tree ? 2 : 1);
	if (abi != abi_native()) {
		seccomp_arch_remove(context, SCMP_ARCH_NATIVE);
		seccomp_arch_add(context, abi_info(abi)->scmp_arch);
	}
	r = add_rules(context, policy, abi, err);
	if (r == 0 && *whole) {
		r = seccomp_merge(*whole, context);
		if (r < 0)
			error_set(err, r, "libseccomp can't merge %s", abi_info(abi)->name);
		else
			return 0; /* it is part of the other now */
	}
	if (r < 0)
		seccomp_release(context);
	else
		*whole = context;
	return r;
}

static int build(const struct policy *policy, bool tree, int fd, struct error *err)
{
	scmp_filter_ctx whole = NULL;
	int r = 0;

	/* Else it asks the kernel what it can, by a call that valgrind does not know. */
	seccomp_api_set(6);
	for (size_t i = 0; r == 0 && i < policy->abis_count; i++)
		r = add_abi(&whole, policy, policy->abis[i], tree, err);
	if (r == 0 && seccomp_export_bpf(whole, fd) < 0)
		r = error_set_errno(err, -errno, "libseccomp's export");
	seccomp_release(whole);
	return r;
}

/* libseccomp 2.5.4 never comes back from some rules of many conditions: a child of its own builds, and is
 * killed by its alarm. */
static int build_in_time(const struct policy *policy, bool tree, int fd, struct error *err)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		alarm(SECONDS_MAX);
		_exit(build(policy, tree, fd, err) == 0 ? 0 : 1);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return error_set_errno(err, -errno, "a child for libseccomp");
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		return error_set(err, -ETIME, "libseccomp does not come to an end");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return error_set(err, -EINVAL, "libseccomp refuses the policy");
	return 0;
}

int filter_by_libseccomp(const struct policy *policy, bool tree, struct filter *filter,
			 struct error *err)
{
	_cleanup_close_ int fd = memfd_create("filter", MFD_CLOEXEC);
	_cleanup_free_ void *bytes = NULL;
	struct stat status;
	int r = fd < 0 ? error_set_errno(err, -errno, "memfd_create")
		       : build_in_time(policy, tree, fd, err);

	if (r < 0)
		return r;
	if (fstat(fd, &status) < 0)
		return error_set_errno(err, -errno, "libseccomp's export");
	bytes = malloc((size_t)status.st_size);
	if (!bytes || pread(fd, bytes, (size_t)status.st_size, 0) != status.st_size)
		return error_set_errno(err, -errno, "libseccomp's export");
	return filter_from_bytes(bytes, (size_t)status.st_size, filter, NULL, err);
}
