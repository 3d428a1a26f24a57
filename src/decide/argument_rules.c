// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Conditions on arguments, for the calls that the user names. The kind of an argument, never its
 * values, decides how general its condition is. An argument that selects an operation (a domain, a
 * request, an option) may have the observed values. In a set of flags, those that grant a
 * privilege and were never observed are denied, and the rest is free. Sizes, addresses, descriptors and
 * memory contents are never tested. Where the set of values is open, because a value was not
 * recorded or there are too many, there is no condition, and a caveat reports that.
 *
 * A level that goes beyond the observed calls stays effective: it also allows the constants that
 * the programs' code passes, and an argument as which the code passes anything else has no condition.
 */
#include "common/array.h"
#include "common/cleanup.h"
#include "decide/levels.h"
#include "reach/graph/reach.h"
#include "reach/object/recorded.h"
#include "syscall/arguments.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define VALUES_MAX 32 /* that are listed; more is an open set */
#define NAMESPACES                                                                               \
	((uint64_t)(CLONE_NEWCGROUP | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | \
		    CLONE_NEWUSER | CLONE_NEWUTS))

enum generality {
	FREE, /* no condition on this one */
	VALUES, /* those that are known, under `mask` */
	POWERS, /* flags under `mask` that are not known are refused */
};

/* By the kind of the argument. What is not here is free: flags without power, modes of open() that
 * mean nothing without O_CREAT, protocols (the domain and the type say enough). */
static const struct {
	enum argument_kind kind;
	enum generality generality;
	uint64_t mask; /* 0: that of the argument */
} kinds[] = {
	{ ARGUMENT_SOCKET_DOMAIN, VALUES, 0 },
	{ ARGUMENT_SOCKET_LEVEL, VALUES, 0 },
	{ ARGUMENT_SOCKET_OPTION, VALUES, 0 },
	{ ARGUMENT_IOCTL_REQUEST, VALUES, 0 },
	{ ARGUMENT_FCNTL_COMMAND, VALUES, 0 },
	{ ARGUMENT_PRCTL_OPTION, VALUES, 0 },
	{ ARGUMENT_SIGNAL, VALUES, 0 },
	{ ARGUMENT_PERSONALITY, VALUES, 0 },
	{ ARGUMENT_KEYCTL_OPERATION, VALUES, 0 },
	{ ARGUMENT_BPF_COMMAND, VALUES, 0 },
	{ ARGUMENT_MADVICE, VALUES, 0 },
	{ ARGUMENT_SCHEDULER_POLICY, VALUES, 0 },
	{ ARGUMENT_FUTEX_OPERATION, VALUES, 0 },
	{ ARGUMENT_SOCKETCALL, VALUES, 0 },
	{ ARGUMENT_IPC_CALL, VALUES, 0 },
	{ ARGUMENT_PTRACE_REQUEST, VALUES, 0 },
	{ ARGUMENT_SECCOMP_OPERATION, VALUES, 0 },
	{ ARGUMENT_ARCH_PRCTL_CODE, VALUES, 0 },
	{ ARGUMENT_REBOOT_COMMAND, VALUES, 0 },
	{ ARGUMENT_QUOTA_COMMAND, VALUES, 0 },
	{ ARGUMENT_IO_URING_OPERATION, VALUES, 0 },
	{ ARGUMENT_MEMORY_PROTECTION, POWERS, PROT_EXEC },
	{ ARGUMENT_CLONE_FLAGS, POWERS, NAMESPACES },
	{ ARGUMENT_FILE_MODE, POWERS, S_ISUID | S_ISGID },
	{ ARGUMENT_SHM_FLAGS, POWERS, SHM_EXEC },
};

/* What --argument=default means: calls whose arguments choose between very different powers. */
static const char *const default_set[] = {
	"bpf",	       "chmod",		"clone",
	"creat",       "fchmod",	"fchmodat",
	"ioctl",       "keyctl",	"mkdir",
	"mkdirat",     "mknod",		"mknodat",
	"mmap",	       "mmap2",		"mprotect",
	"personality", "pkey_mprotect", "prctl",
	"ptrace",      "seccomp",	"setns",
	"shmat",       "socket",	"socketpair",
	"unshare",     "fchmodat2",	"sched_setscheduler",
};

/* What is known of a call's arguments. */
struct known {
	uint64_t (*tuples)[ARGUMENTS_MAX];
	size_t count;
	uint8_t unbounded; /* bits: the code may pass anything as argument I of the tuples */
};

static int add_tuple(struct known *known, const uint64_t *values)
{
	uint64_t(*added)[ARGUMENTS_MAX] = array_grow_one(&known->tuples, known->count);

	if (!added)
		return -ENOMEM;
	memcpy(*added, values, sizeof(*added));
	known->count++;
	return 0;
}

static void known_free(struct known *known)
{
	free(known->tuples);
}

/* ---- what the code passes ---- */

struct code {
	struct reach_result *all; /* NULL: not looked at */
	bool is_unread; /* a program could not be followed */
};

static bool is_changed(const struct recording *recording, const struct reach *reach)
{
	const struct reach_object *objects;
	size_t count = reach_objects(reach, &objects);

	for (size_t i = 0; i < count; i++) {
		const char *recorded = recorded_build_id(recording, objects[i].path);

		if (recorded && *recorded &&
		    (!objects[i].build_id || strcmp(recorded, objects[i].build_id) != 0))
			return true;
	}
	return false;
}

static int read_program(const struct recording *recording, const struct decide_options *options,
			const struct recorded_program *program, struct code *code)
{
	const struct reach_options reach_options = {
		.program = program->path,
		.objects = (const char *const *)program->objects,
		.cache = options->reach_cache,
		.arguments = REACH_ASKED_ALL,
	};
	_cleanup_(reach_result_freep) struct reach_result *one = NULL;
	_cleanup_(reach_freep) struct reach *reach = NULL;
	struct error err = { 0 };
	int r = reach_open(&reach_options, &reach, &err);

	if (r == 0 && is_changed(recording, reach))
		r = -ESTALE;
	if (r == 0)
		r = reach_from_start(reach, &one, &err);
	if (r == 0 && code->all)
		r = reach_result_merge(code->all, one, &err);
	else if (r == 0)
		code->all = take(one);
	code->is_unread |= r < 0;
	return r == -ENOMEM ? r : 0;
}

static int read_code(const struct recording *recording, const struct decide_options *options,
		     struct code *code, struct error *err)
{
	struct recorded_program *programs = NULL;
	size_t count = 0;
	int r = recorded_programs(recording, &programs, &count, err);

	code->is_unread = count == 0;
	for (size_t i = 0; r == 0 && i < count; i++)
		if (read_program(recording, options, &programs[i], code) < 0)
			r = error_oom(err);
	recorded_programs_free(programs, count);
	return r;
}

/* ---- one rule ---- */

struct plan {
	enum generality generality;
	uint64_t mask;
	uint8_t index;
	enum argument_kind kind;
	enum abi abi;
	const char *label;
};

/* For each argument of the tuple what to ask of it; whether that is anything. */
static bool make_plans(enum abi abi, const struct syscall_arguments *table,
		       struct plan plans[ARGUMENTS_MAX])
{
	bool is_any = false;

	for (size_t i = 0; i < table->count; i++) {
		const struct argument *argument = &table->argument[i];

		plans[i] = (struct plan){ .kind = argument->kind,
					  .abi = abi,
					  .label = argument->label,
					  .index = argument->index };
		for (size_t j = 0; argument->pointee_offset < 0 && j < ARRAY_SIZE(kinds); j++) {
			if (kinds[j].kind != argument->kind)
				continue;
			plans[i].generality = kinds[j].generality;
			plans[i].mask = kinds[j].mask ? kinds[j].mask : argument->mask;
		}
		/* setns(2) takes one kind, or 0 for any. */
		if (strcmp(table->name, "setns") == 0)
			plans[i] = (struct plan){
				VALUES, argument->mask, argument->index, argument->kind,
				abi,	argument->label
			};
		/* Where the low byte is no signal, it holds one more. */
		if (strcmp(table->name, "unshare") == 0)
			plans[i].mask |= CLONE_NEWTIME;
		/* Its mode counts only with flags that make a file. */
		if (strncmp(table->name, "open", 4) == 0)
			plans[i].generality = FREE;
		is_any |= plans[i].generality != FREE;
	}
	return is_any;
}

/* Whether the rule is only there for what the code does: then the code alone says with what. */
static bool is_inferred_only(const struct rule *rule)
{
	for (size_t i = 0; i < rule->reasons_count; i++)
		if (rule->reasons[i].kind != REASON_SIBLING &&
		    rule->reasons[i].kind != REASON_REACHABLE &&
		    rule->reasons[i].kind != REASON_RUNTIME)
			return false;
	return rule->reasons_count > 0 && rule->frequency == 0;
}

static int gather(const struct rule *rule, const struct code *code, struct known *known,
		  const char **why)
{
	const struct reach_call *call =
		code->all ? reach_find(code->all, rule->abi, rule->nr) : NULL;

	if (!rule_seen_is_whole(rule) && !(call && is_inferred_only(rule)))
		*why = "not all of its arguments were recorded";
	else if (code->is_unread)
		*why = "a program could not be read, so the other values it may pass are unknown";
	for (size_t i = 0; !*why && i < rule->seen_count; i++)
		if (add_tuple(known, rule->seen[i].value) < 0)
			return -ENOMEM;
	for (size_t i = 0; !*why && call && i < call->arguments_count; i++)
		if (add_tuple(known, call->arguments[i].value) < 0)
			return -ENOMEM;
	if (call)
		known->unbounded = call->unbounded;
	if (!*why && known->count == 0)
		*why = "it was never observed";
	return 0;
}

/* What the code passes as anything is free; whether something is asked still. */
static bool plans_keep_bounded(struct plan *plans, size_t count, const struct known *known)
{
	bool is_any = false;

	for (size_t i = 0; i < count; i++) {
		if (known->unbounded & 1U << i)
			plans[i].generality = FREE;
		is_any |= plans[i].generality != FREE;
	}
	return is_any;
}

/* What POWERS asks for in one masked comparison; of writable and executable memory, which are seen
 * each but never together, it is one of two. */
static size_t privilege_masks(const struct plan *plan, const struct known *known, size_t at,
			      uint64_t masks[2])
{
	uint64_t all = 0, write_execute = PROT_WRITE | PROT_EXEC;
	bool is_both = false;

	for (size_t i = 0; i < known->count; i++) {
		all |= known->tuples[i][at];
		is_both |= (known->tuples[i][at] & write_execute) == write_execute;
	}
	masks[0] = plan->mask & ~all;
	if (plan->kind != ARGUMENT_MEMORY_PROTECTION || is_both ||
	    (all & write_execute) != write_execute)
		return 1;
	masks[1] = masks[0] | PROT_WRITE;
	masks[0] |= PROT_EXEC;
	return 2;
}

static bool clause_is_there(const struct rule *rule, const struct condition *conditions,
			    size_t count)
{
	for (size_t i = 0; i < rule->clauses_count; i++) {
		const struct clause *clause = &rule->clauses[i];
		bool is_same = clause->count == count;

		for (size_t j = 0; is_same && j < count; j++)
			is_same = clause->conditions[j].argument == conditions[j].argument &&
				  clause->conditions[j].value == conditions[j].value &&
				  clause->conditions[j].mask == conditions[j].mask;
		if (is_same)
			return true;
	}
	return false;
}

static int add_clause(struct rule *rule, const struct condition *conditions, size_t count)
{
	struct clause *clause;

	if (clause_is_there(rule, conditions, count))
		return 0;
	clause = rule_add_clause(rule);
	for (size_t i = 0; clause && i < count; i++)
		if (clause_add(clause, conditions[i]) < 0)
			return -ENOMEM;
	return clause ? 0 : -ENOMEM;
}

/* One clause for each distinct tuple of what is asked by value; what is asked by power is one
 * condition in each of them. */
static int add_clauses(struct rule *rule, const struct plan *plans, size_t plans_count,
		       const struct known *known)
{
	uint64_t masks[2] = { 0 };
	size_t halves = 1, power = plans_count;

	for (size_t i = 0; i < plans_count; i++)
		if (plans[i].generality == POWERS) {
			power = i;
			halves = privilege_masks(&plans[i], known, i, masks);
		}
	for (size_t i = 0; i < known->count; i++) {
		for (size_t half = 0; half < halves; half++) {
			struct condition conditions[ARGUMENTS_MAX];
			size_t count = 0;

			for (size_t j = 0; j < plans_count; j++) {
				uint64_t mask = j == power ? masks[half] : plans[j].mask;
				uint64_t value = j == power ? 0 : known->tuples[i][j] & mask;

				if (plans[j].generality != FREE && mask)
					conditions[count++] = (struct condition){
						plans[j].index, COMPARE_MASKED_EQUAL, value, mask
					};
			}
			if (count && add_clause(rule, conditions, count) < 0)
				return -ENOMEM;
		}
	}
	return 0;
}

static void drop_clauses(struct rule *rule)
{
	for (size_t i = 0; i < rule->clauses_count; i++)
		free(rule->clauses[i].conditions);
	free(rule->clauses);
	rule->clauses = NULL;
	rule->clauses_count = 0;
}

static void print_condition(FILE *out, const struct plan *plan, const struct condition *condition,
			    uint64_t context)
{
	char text[ARGUMENT_TEXT_MAX];

	if (plan->generality == POWERS) {
		fprintf(out, "%s without %s", plan->label,
			argument_format(plan->abi, plan->kind, condition->mask, 0, text,
					sizeof(text)));
		return;
	}
	fprintf(out, "%s %s", plan->label,
		argument_format(plan->abi, plan->kind, condition->value, context, text,
				sizeof(text)));
}

/* "only with domain AF_UNIX, or domain AF_INET" */
static int add_reason(struct rule *rule, const struct plan *plans, size_t plans_count)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return -ENOMEM;
	fputs("only with ", out);
	for (size_t i = 0; i < rule->clauses_count; i++) {
		const struct clause *clause = &rule->clauses[i];
		uint64_t context = 0;

		for (size_t j = 0; j < clause->count; j++) {
			const struct condition *condition = &clause->conditions[j];

			for (size_t k = 0; k < plans_count; k++) {
				if (plans[k].index != condition->argument)
					continue;
				fputs(j ? " and " : i ? ", or " : "", out);
				print_condition(out, &plans[k], condition, context);
				/* An option's name depends on its level. */
				context = plans[k].kind == ARGUMENT_SOCKET_LEVEL ? condition->value
										 : 0;
			}
		}
	}
	if (fclose(out) != 0)
		return -ENOMEM;
	return rule_add_reason(rule, REASON_SEEN, "%s", text);
}

/* On i386, arm and s390x mmap(2)'s old form takes all its arguments in memory. */
static bool is_in_memory(enum abi abi, const char *name)
{
	return strcmp(name, "mmap") == 0 && (abi == ABI_I386 || abi == ABI_ARM || abi == ABI_S390X);
}

static int restrict_rule(struct policy *policy, struct rule *rule, const struct code *code,
			 struct error *err)
{
	const char *name = syscall_name(rule->abi, rule->nr), *why = NULL;
	const struct syscall_arguments *table = syscall_arguments_of(rule->abi, name);
	_cleanup_(known_free) struct known known = { 0 };
	struct plan plans[ARGUMENTS_MAX];

	if (is_in_memory(rule->abi, name) || !make_plans(rule->abi, table, plans))
		why = "its arguments are ones that no filter can read, or should restrict";
	else if (gather(rule, code, &known, &why) < 0)
		return error_oom(err);
	if (!why && !plans_keep_bounded(plans, table->count, &known))
		why = "the code can pass values that are not constants";
	if (!why && add_clauses(rule, plans, table->count, &known) < 0)
		return error_oom(err);
	if (!why && rule->clauses_count > VALUES_MAX) {
		drop_clauses(rule);
		why = "there are too many combinations of values";
	}
	if (!why && rule->clauses_count == 0)
		why = "everything that a condition could deny is needed";
	if (why)
		return policy_add_open(policy, "%s stays allowed with every argument: %s", name,
				       why) < 0
			       ? error_oom(err)
			       : 0;
	return add_reason(rule, plans, table->count) < 0 ? error_oom(err) : 0;
}

/* ---- which calls ---- */

static bool is_asked(const char *const *names, const char *name)
{
	for (; *names; names++) {
		if (strcmp(*names, name) == 0)
			return true;
		for (size_t i = 0; strcmp(*names, "default") == 0 && i < ARRAY_SIZE(default_set);
		     i++)
			if (strcmp(default_set[i], name) == 0)
				return true;
	}
	return false;
}

static int check_names(const char *const *names, struct error *err)
{
	for (; *names; names++) {
		if (strcmp(*names, "default") == 0 || syscall_arguments(*names))
			continue;
		return error_set(
			err, -EINVAL,
			syscall_is_known(*names)
				? "--argument: %s has no argument that a condition can test"
				: "--argument: no system call is named \"%s\"",
			*names);
	}
	return 0;
}

int argument_rules_add(const struct recording *recording, const struct decide_options *options,
		       struct policy *policy, struct error *err)
{
	struct code code = { 0 };
	int r = options->arguments ? check_names(options->arguments, err) : 0;

	if (r < 0 || !options->arguments)
		return r;
	if (policy->level && strcmp(policy->level, "observed") != 0)
		r = read_code(recording, options, &code, err);
	for (size_t i = 0; r == 0 && i < policy->rules_count; i++) {
		struct rule *rule = &policy->rules[i];
		const char *name = syscall_name(rule->abi, rule->nr);

		if (name && rule->action == SECCOMP_RET_ALLOW && rule->clauses_count == 0 &&
		    syscall_arguments(name) && is_asked(options->arguments, name))
			r = restrict_rule(policy, rule, &code, err);
	}
	reach_result_freep(&code.all);
	return r;
}
