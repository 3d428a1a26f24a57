// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * systemd's directives that restrict calls by their arguments, each as the list of calls that it
 * denies (src/shared/seccomp-util.c). These calls answer two questions: may the directive be set (it
 * denies no observed call, and all arguments were observed), and what does the running unit's
 * filter mean then.
 */
#include "common/cleanup.h"
#include "emit/systemd.h"
#include "syscall/arguments.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define ON(abi)	   (1U << (abi))
#define EVERYWHERE (~0U)
/* Where sockets are not behind socketcall(2), or systemd does not filter them. */
#define HAS_SOCKET (ON(ABI_X86_64) | ON(ABI_X32) | ON(ABI_AARCH64) | ON(ABI_ARM) | ON(ABI_RISCV64))
/* Where shmat is not behind ipc(2). */
#define HAS_SHMAT HAS_SOCKET

/*
 * What came into the filters later, and in part into the stable releases of older versions too, whose
 * number does not tell: from `sure` on every release has it, before `maybe` none, and in between
 * those from `release` (of emit_options) on lack it.
 */
enum change { CHANGE_NONE, CHANGE_CLONE3, CHANGE_TIME, CHANGE_FCHMODAT2, CHANGE_SETNS_INT };

static const struct {
	unsigned sure, maybe, release;
} changes[] = {
	[CHANGE_NONE] = { 0, 0, 0 },
	[CHANGE_CLONE3] = { SYSTEMD_CLONE3_ENOSYS, SYSTEMD_CLONE3_ENOSYS, 0 },
	[CHANGE_TIME] = { 257, 252, 1 }, /* systemd#35449, December 2024 */
	[CHANGE_FCHMODAT2] = { 255, 252, 2 },
	[CHANGE_SETNS_INT] = { 262, 258,
			       1 }, /* no high half makes a 0 of setns(2) something else */
};
#define RELEASES 3

#define REFUSALS_MAX   128
#define CONDITIONS_MAX 2

/* Refused when all conditions hold; with `allowed`, whenever the argument is none of these. */
struct refusal {
	const char *call;
	struct condition conditions[CONDITIONS_MAX];
	size_t conditions_count;
	const unsigned *allowed;
	size_t allowed_count;
	enum systemd_directive directive;
	unsigned abis;
	uint32_t error;
	enum change change;
	uint8_t argument; /* of `allowed` */
};

struct refusals {
	struct refusal rows[REFUSALS_MAX];
	size_t count;
};

#define BITS(index, bits)                                                                 \
	{                                                                                 \
		.argument = (index), .comparison = COMPARE_MASKED_EQUAL, .value = (bits), \
		.mask = (bits)                                                            \
	}
#define REFUSE(directive_, call_, abis_, ...)                                                  \
	{                                                                                      \
		.directive = (directive_), .call = (call_), .abis = (abis_), .error = EPERM,   \
		.conditions = { __VA_ARGS__ },                                                 \
		.conditions_count =                                                            \
			sizeof((struct condition[]){ __VA_ARGS__ }) / sizeof(struct condition) \
	}

#define SET_ID(call_, mode)                                                 \
	REFUSE(RESTRICT_SUID_SGID, call_, EVERYWHERE, BITS(mode, S_ISUID)), \
		REFUSE(RESTRICT_SUID_SGID, call_, EVERYWHERE, BITS(mode, S_ISGID))
#define SET_ID_CREATE(call_, flags, mode)                                                         \
	REFUSE(RESTRICT_SUID_SGID, call_, EVERYWHERE, BITS(flags, O_CREAT), BITS(mode, S_ISUID)), \
		REFUSE(RESTRICT_SUID_SGID, call_, EVERYWHERE, BITS(flags, O_CREAT),               \
		       BITS(mode, S_ISGID))

static const unsigned time_sharing[] = { SCHED_OTHER, SCHED_BATCH, SCHED_IDLE };
static const unsigned no_personality[] = { PER_LINUX };

/* What does not depend on what was recorded. */
/* clang-format off */
static const struct refusal fixed[] = {
	REFUSE(MEMORY_DENY_WRITE_EXECUTE, "mmap", EVERYWHERE & ~ON(ABI_I386) & ~ON(ABI_ARM),
	       BITS(2, PROT_WRITE | PROT_EXEC)),
	REFUSE(MEMORY_DENY_WRITE_EXECUTE, "mmap2", ON(ABI_I386) | ON(ABI_ARM),
	       BITS(2, PROT_WRITE | PROT_EXEC)),
	/* The old call takes its arguments in memory: it is refused whole. */
	{ .directive = MEMORY_DENY_WRITE_EXECUTE, .call = "mmap", .abis = ON(ABI_I386),
	  .error = EPERM },
	REFUSE(MEMORY_DENY_WRITE_EXECUTE, "mprotect", EVERYWHERE, BITS(2, PROT_EXEC)),
	REFUSE(MEMORY_DENY_WRITE_EXECUTE, "pkey_mprotect", EVERYWHERE, BITS(2, PROT_EXEC)),
	REFUSE(MEMORY_DENY_WRITE_EXECUTE, "shmat", HAS_SHMAT, BITS(2, SHM_EXEC)),
	{ .directive = LOCK_PERSONALITY, .call = "personality", .abis = EVERYWHERE, .error = EPERM,
	  .allowed = no_personality, .allowed_count = ARRAY_SIZE(no_personality), .argument = 0 },
	{ .directive = RESTRICT_REALTIME, .call = "sched_setscheduler", .abis = EVERYWHERE,
	  .error = EPERM, .allowed = time_sharing, .allowed_count = ARRAY_SIZE(time_sharing),
	  .argument = 1 },
	SET_ID("chmod", 1),
	SET_ID("creat", 1),
	SET_ID("fchmod", 1),
	SET_ID("fchmodat", 2),
	{ .directive = RESTRICT_SUID_SGID, .call = "fchmodat2", .abis = EVERYWHERE, .error = EPERM,
	  .conditions = { BITS(2, S_ISUID) }, .conditions_count = 1, .change = CHANGE_FCHMODAT2 },
	{ .directive = RESTRICT_SUID_SGID, .call = "fchmodat2", .abis = EVERYWHERE, .error = EPERM,
	  .conditions = { BITS(2, S_ISGID) }, .conditions_count = 1, .change = CHANGE_FCHMODAT2 },
	SET_ID("mkdir", 1),
	SET_ID("mkdirat", 2),
	SET_ID("mknod", 1),
	SET_ID("mknodat", 2),
	SET_ID_CREATE("open", 1, 2),
	SET_ID_CREATE("openat", 2, 3),
	/* Its flags are in memory: refused whole, so that the caller goes back to openat. */
	{ .directive = RESTRICT_SUID_SGID, .call = "openat2", .abis = EVERYWHERE, .error = ENOSYS },
};
/* clang-format on */

static const struct {
	const char *name;
	uint64_t flag;
} namespaces[] = {
	{ "cgroup", CLONE_NEWCGROUP }, { "ipc", CLONE_NEWIPC },	  { "net", CLONE_NEWNET },
	{ "mnt", CLONE_NEWNS },	       { "pid", CLONE_NEWPID },	  { "user", CLONE_NEWUSER },
	{ "uts", CLONE_NEWUTS },       { "time", CLONE_NEWTIME },
};

static uint64_t all_namespaces(void)
{
	uint64_t flags = 0;

	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++)
		flags |= namespaces[i].flag;
	return flags;
}

static const struct {
	const char *name;
	const char *setting;
} directives[SYSTEMD_DIRECTIVES] = {
	[RESTRICT_ADDRESS_FAMILIES] = { "RestrictAddressFamilies", NULL },
	[MEMORY_DENY_WRITE_EXECUTE] = { "MemoryDenyWriteExecute", "yes" },
	[RESTRICT_NAMESPACES] = { "RestrictNamespaces", NULL },
	[LOCK_PERSONALITY] = { "LockPersonality", "yes" },
	[RESTRICT_REALTIME] = { "RestrictRealtime", "yes" },
	[RESTRICT_SUID_SGID] = { "RestrictSUIDSGID", "yes" },
};

const char *systemd_directive_name(enum systemd_directive directive)
{
	return directives[directive].name;
}

/* ---- the refusals of a set of directives ---- */

static struct refusal *add_refusal(struct refusals *refusals, enum systemd_directive directive,
				   const char *call, unsigned abis, uint32_t error)
{
	struct refusal *row = &refusals->rows[refusals->count++];

	*row = (struct refusal){
		.directive = directive, .call = call, .abis = abis, .error = error
	};
	return row;
}

static void add_flag(struct refusals *refusals, const char *call, unsigned abis, uint8_t argument,
		     uint64_t flag)
{
	struct refusal *row = add_refusal(refusals, RESTRICT_NAMESPACES, call, abis, EPERM);

	row->conditions[0] = (struct condition)BITS(argument, flag);
	row->conditions_count = 1;
	row->change = flag == CLONE_NEWTIME ? CHANGE_TIME : CHANGE_NONE;
}

static void add_namespaces(struct refusals *refusals, uint64_t retained)
{
	struct refusal *setns;

	/* Its flags are in memory: refused whole, so that the caller goes back to clone. */
	add_refusal(refusals, RESTRICT_NAMESPACES, "clone3", EVERYWHERE, ENOSYS)->change =
		CHANGE_CLONE3;
	setns = add_refusal(refusals, RESTRICT_NAMESPACES, "setns", EVERYWHERE, EPERM);
	if (retained) {
		setns->conditions[0] = (struct condition){ 1, COMPARE_EQUAL, 0, 0 };
		setns->conditions_count = 1;
		setns = add_refusal(refusals, RESTRICT_NAMESPACES, "setns", EVERYWHERE, EPERM);
		setns->conditions[0] = (struct condition){ 1, COMPARE_MASKED_EQUAL, 0, UINT32_MAX };
		setns->conditions_count = 1;
		setns->change = CHANGE_SETNS_INT;
	}
	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++) {
		uint64_t flag = namespaces[i].flag;

		if (retained & flag)
			continue;
		add_flag(refusals, "unshare", EVERYWHERE, 0, flag);
		/* CONFIG_CLONE_BACKWARDS2: the stack comes first. */
		add_flag(refusals, "clone", EVERYWHERE & ~ON(ABI_S390X), 0, flag);
		add_flag(refusals, "clone", ON(ABI_S390X), 1, flag);
		if (retained)
			add_flag(refusals, "setns", EVERYWHERE, 1, flag);
	}
}

static void list_refusals(const struct systemd_restrictions *restrictions,
			  struct refusals *refusals)
{
	struct refusal *families;

	refusals->count = 0;
	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		refusals->rows[refusals->count++] = fixed[i];
	add_namespaces(refusals, restrictions->namespaces);
	families = add_refusal(refusals, RESTRICT_ADDRESS_FAMILIES, "socket", HAS_SOCKET,
			       EAFNOSUPPORT);
	families->allowed = restrictions->families_count ? restrictions->families : NULL;
	families->allowed_count = restrictions->families_count;
}

/* ---- may a directive be set ---- */

/* The arguments of a recorded tuple at their places; false where one that a condition asks for was
 * not recorded. */
static bool place_values(const struct argument_values *values, const struct refusal *refusal,
			 enum abi abi, uint64_t arguments[6])
{
	const struct syscall_arguments *recorded = syscall_arguments(refusal->call);
	unsigned known = 0;

	for (size_t i = 0; recorded && i < recorded->count; i++) {
		const struct argument *argument = &recorded->argument[i];
		uint8_t index = argument->index;

		if (argument->pointee_offset >= 0)
			continue;
		/* CONFIG_CLONE_BACKWARDS2: the stack comes first. */
		if (abi == ABI_S390X && strcmp(refusal->call, "clone") == 0)
			index = 1;
		arguments[index] = values->value[i];
		known |= 1U << index;
	}
	for (size_t i = 0; i < refusal->conditions_count; i++)
		if (!(known & 1U << refusal->conditions[i].argument))
			return false;
	return !refusal->allowed || known & 1U << refusal->argument;
}

static bool is_refused(const struct refusal *refusal, const uint64_t arguments[6])
{
	for (size_t i = 0; i < refusal->allowed_count; i++)
		if (arguments[refusal->argument] == refusal->allowed[i])
			return false;
	for (size_t i = 0; i < refusal->conditions_count; i++)
		if (!condition_holds(&refusal->conditions[i], arguments))
			return false;
	return true;
}

/* Whether the refusal meets what was seen of a rule's call; says so in WHY. */
static bool meets(const struct refusal *refusal, const struct rule *rule, char *why, size_t size)
{
	if (!rule_seen_is_whole(rule)) {
		snprintf(why, size, "not all arguments of %s are known", refusal->call);
		return true;
	}
	for (size_t i = 0; i < rule->seen_count; i++) {
		uint64_t arguments[6] = { 0 };

		if (place_values(&rule->seen[i], refusal, rule->abi, arguments) &&
		    !is_refused(refusal, arguments))
			continue;
		if (refusal->conditions_count || refusal->allowed)
			snprintf(why, size, "%s was observed with arguments that it denies",
				 refusal->call);
		else
			snprintf(why, size, "%s was observed, and it denies that call",
				 refusal->call);
		return true;
	}
	return false;
}

static void judge(const struct policy *policy, struct systemd_restrictions *restrictions)
{
	struct refusals refusals;

	list_refusals(restrictions, &refusals);
	for (unsigned i = 0; i < SYSTEMD_DIRECTIVES; i++)
		restrictions->is_set[i] = true;
	for (size_t i = 0; i < refusals.count; i++) {
		const struct refusal *refusal = &refusals.rows[i];
		char *why = restrictions->why_not[refusal->directive];

		for (size_t j = 0; j < policy->abis_count; j++) {
			enum abi abi = policy->abis[j];
			int nr = refusal->abis & ON(abi) ? syscall_number(abi, refusal->call)
							 : -ENOENT;
			const struct rule *rule =
				nr < 0 ? NULL : policy_find(policy, abi, nr, NULL);

			if (rule && rule_allows(rule) && restrictions->is_set[refusal->directive])
				restrictions->is_set[refusal->directive] = !meets(
					refusal, rule, why, sizeof(restrictions->why_not[0]));
		}
	}
}

bool systemd_family_is_seen(const struct policy *policy, unsigned family)
{
	for (size_t i = 0; i < policy->rules_count; i++) {
		const struct rule *rule = &policy->rules[i];

		if (!(HAS_SOCKET & ON(rule->abi)) ||
		    rule->nr != syscall_number(rule->abi, "socket"))
			continue;
		for (size_t j = 0; j < rule->seen_count; j++)
			if (rule->seen[j].value[0] == family)
				return true;
	}
	return false;
}

/* A policy that goes beyond what was seen does so here too: who speaks one version of IP speaks the other
 * on another day, and the resolver asks the kernel (netlink) and local daemons for addresses. */
static bool family_is_close(const struct policy *policy, unsigned family)
{
	if (!policy->level || strcmp(policy->level, "observed") == 0)
		return false;
	return (family == AF_INET || family == AF_INET6 || family == AF_UNIX ||
		family == AF_NETLINK) &&
	       (systemd_family_is_seen(policy, AF_INET) ||
		systemd_family_is_seen(policy, AF_INET6));
}

static void find_families(const struct policy *policy, struct systemd_restrictions *restrictions)
{
	char text[64];

	for (unsigned family = 1; family < FAMILIES_MAX; family++) {
		/* What has no name was refused by the kernel too, with the same error. */
		argument_format(ABI_X86_64, ARGUMENT_SOCKET_DOMAIN, family, 0, text, sizeof(text));
		if (strncmp(text, "AF_", 3) != 0)
			continue;
		if (systemd_family_is_seen(policy, family) || family_is_close(policy, family))
			restrictions->families[restrictions->families_count++] = family;
	}
}

static void find_namespaces(const struct policy *policy, struct systemd_restrictions *restrictions)
{
	for (size_t i = 0; i < policy->rules_count; i++) {
		const struct rule *rule = &policy->rules[i];
		const char *name = syscall_name(rule->abi, rule->nr);

		if (!name || (strcmp(name, "clone") != 0 && strcmp(name, "unshare") != 0 &&
			      strcmp(name, "setns") != 0))
			continue;
		for (size_t j = 0; j < rule->seen_count; j++)
			restrictions->namespaces |= rule->seen[j].value[0] & all_namespaces();
	}
}

/* The decision knows of code that needs more than was observed. */
static void leave_out_omitted(const struct policy *policy,
			      struct systemd_restrictions *restrictions)
{
	for (size_t i = 0; i < policy->omitted_count; i++) {
		const struct directive *omitted = &policy->omitted[i];

		for (unsigned k = 0; k < SYSTEMD_DIRECTIVES; k++) {
			if (strcmp(omitted->name, directives[k].name) != 0)
				continue;
			restrictions->is_set[k] = false;
			snprintf(restrictions->why_not[k], sizeof(restrictions->why_not[0]), "%s",
				 omitted->reasons_count ? omitted->reasons[0].text
							: "the policy leaves it out");
		}
	}
}

void systemd_restrict(const struct policy *policy, const struct systemd_target *target,
		      struct systemd_restrictions *restrictions)
{
	*restrictions = (struct systemd_restrictions){ 0 };
	if (target->is_trial)
		return; /* each of them refuses */
	find_families(policy, restrictions);
	find_namespaces(policy, restrictions);
	judge(policy, restrictions);
	leave_out_omitted(policy, restrictions);
	if (restrictions->is_set[RESTRICT_ADDRESS_FAMILIES] && !restrictions->families_count &&
	    target->version < SYSTEMD_FAMILIES_NONE) {
		restrictions->is_set[RESTRICT_ADDRESS_FAMILIES] = false;
		snprintf(restrictions->why_not[RESTRICT_ADDRESS_FAMILIES],
			 sizeof(restrictions->why_not[0]),
			 "no socket was observed, and systemd %u cannot express an empty set",
			 target->version);
	}
	if (restrictions->is_set[RESTRICT_NAMESPACES] &&
	    restrictions->namespaces == all_namespaces()) {
		restrictions->is_set[RESTRICT_NAMESPACES] = false;
		snprintf(restrictions->why_not[RESTRICT_NAMESPACES],
			 sizeof(restrictions->why_not[0]), "every kind of namespace was observed");
	}
}

const char *systemd_directive_value(const struct systemd_restrictions *restrictions,
				    enum systemd_directive directive, char *buffer, size_t size)
{
	size_t used = 0;
	char text[64];

	snprintf(buffer, size, "%s",
		 directives[directive].setting		  ? directives[directive].setting
		 : directive == RESTRICT_ADDRESS_FAMILIES ? "none"
							  : "yes");
	if (directive == RESTRICT_ADDRESS_FAMILIES)
		for (size_t i = 0; i < restrictions->families_count && used < size; i++)
			used += (size_t)snprintf(buffer + used, size - used, "%s%s", i ? " " : "",
						 argument_format(ABI_X86_64, ARGUMENT_SOCKET_DOMAIN,
								 restrictions->families[i], 0, text,
								 sizeof(text)));
	if (directive == RESTRICT_NAMESPACES)
		for (size_t i = 0; i < ARRAY_SIZE(namespaces) && used < size; i++)
			if (restrictions->namespaces & namespaces[i].flag)
				used += (size_t)snprintf(buffer + used, size - used, "%s%s",
							 used ? " " : "", namespaces[i].name);
	return buffer;
}

/* ---- what the filters mean ---- */

static int add_rule(struct policy *policy, enum abi abi, int nr, uint32_t verdict,
		    struct rule **result)
{
	*result = policy_add_rule(policy);
	if (!*result)
		return -ENOMEM;
	(*result)->abi = abi;
	(*result)->nr = nr;
	(*result)->action = verdict;
	return 0;
}

/* libseccomp compares the low half only where the ABI has 32 bits, x32 among them. */
static struct condition narrow(struct condition condition, enum abi abi)
{
	if (abi_info(abi)->is_64_bit || condition.comparison != COMPARE_EQUAL)
		return condition;
	condition.comparison = COMPARE_MASKED_EQUAL;
	condition.mask = UINT32_MAX;
	return condition;
}

static int add_refused(struct policy *policy, const struct refusal *refusal, enum abi abi, int nr)
{
	struct rule *rule;
	struct clause *clause;
	int r;

	/* A rule that lets the listed values through, and behind it one that refuses the rest. */
	if (refusal->allowed_count) {
		r = add_rule(policy, abi, nr, SECCOMP_RET_ALLOW, &rule);
		for (size_t i = 0; r == 0 && i < refusal->allowed_count; i++) {
			const struct condition is_value = { refusal->argument, COMPARE_EQUAL,
							    refusal->allowed[i], 0 };

			clause = rule_add_clause(rule);
			r = clause ? clause_add(clause, narrow(is_value, abi)) : -ENOMEM;
		}
		return r < 0 ? r
			     : add_rule(policy, abi, nr, SECCOMP_RET_ERRNO | refusal->error, &rule);
	}
	r = add_rule(policy, abi, nr, SECCOMP_RET_ERRNO | refusal->error, &rule);
	if (r < 0 || refusal->conditions_count == 0)
		return r;
	clause = rule_add_clause(rule);
	if (!clause)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < refusal->conditions_count; i++)
		r = clause_add(clause, narrow(refusal->conditions[i], abi));
	return r;
}

static bool has_change(const struct systemd_target *target, enum change change)
{
	if (target->version >= changes[change].sure)
		return true;
	return target->version >= changes[change].maybe &&
	       target->release < changes[change].release;
}

bool systemd_has_release(const struct systemd_target *target)
{
	bool differs = target->release == 0;

	for (size_t i = 0; i < ARRAY_SIZE(changes); i++)
		differs |= changes[i].release == target->release &&
			   target->version < changes[i].sure && target->version >= changes[i].maybe;
	return differs && target->release < RELEASES;
}

int systemd_add_restricted(struct policy *policy, const struct systemd_target *target,
			   const struct systemd_restrictions *restrictions, enum abi abi,
			   const char *name, int nr)
{
	struct refusals refusals;
	struct rule *rule;

	list_refusals(restrictions, &refusals);
	for (size_t i = 0; i < refusals.count; i++) {
		const struct refusal *refusal = &refusals.rows[i];

		if (!restrictions->is_set[refusal->directive] || !(refusal->abis & ON(abi)) ||
		    !has_change(target, refusal->change) || strcmp(refusal->call, name) != 0)
			continue;
		/* Then the kernel does it by itself, without a filter. */
		if (refusal->directive == MEMORY_DENY_WRITE_EXECUTE && target->has_mdwe &&
		    target->version >= SYSTEMD_PRCTL_MDWE)
			continue;
		if (add_refused(policy, refusal, abi, nr) < 0)
			return -ENOMEM;
	}
	return add_rule(policy, abi, nr, SECCOMP_RET_ALLOW, &rule);
}
