/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A policy is a decision: the allowed calls, each with its reason, and the action for the rest. It
 * names calls and conditions, never instructions: the same policy is emitted as text for a service
 * manager or compiled to a filter. docs/policy.md documents the file, docs/policy.schema.json is
 * its JSON Schema.
 */
#ifndef WHITTLE_POLICY_POLICY_H
#define WHITTLE_POLICY_POLICY_H

#include "common/error.h"
#include "recording/recording.h"

#define POLICY_FORMAT  "whittle-policy"
#define POLICY_VERSION 2 /* is written; every version up to it is read */

/* One test of one argument; all 64 bits, unsigned, as seccomp_data holds them. */
enum comparison {
	COMPARE_EQUAL,
	COMPARE_NOT_EQUAL,
	COMPARE_LESS,
	COMPARE_LESS_EQUAL,
	COMPARE_GREATER,
	COMPARE_GREATER_EQUAL,
	COMPARE_MASKED_EQUAL, /* (argument & mask) == value */
};
#define COMPARISON_COUNT (COMPARE_MASKED_EQUAL + 1)

struct condition {
	uint8_t argument; /* 0 to 5 */
	enum comparison comparison;
	uint64_t value;
	uint64_t mask; /* of COMPARE_MASKED_EQUAL, else 0 */
};

/* Conditions of which all must hold. */
struct clause {
	struct condition *conditions;
	size_t count;
};

enum reason_kind {
	REASON_SEEN, /* in a recording */
	REASON_BASE, /* the service manager or the loader needs it whatever the program does */
	REASON_SIBLING, /* sibling of an observed call */
	REASON_REACHABLE, /* reachable from the program's code */
	REASON_RUNTIME, /* used by the run-time library on a path of its own */
	REASON_DENIED, /* learnt from a denial */
	REASON_ASKED, /* requested by the user */
	REASON_IMPORTED, /* from another tool's allowlist */
	REASON_COUNT,
};

struct reason {
	enum reason_kind kind;
	char *text; /* one sentence for people: "9,313 times, serving, nginx/worker, first from
		       libc.so.6!epoll_wait" */
	/* The call was observed on so many hosts, of so many that were recorded; 0 and 0: unknown. */
	uint64_t hosts, of_hosts;
};

/*
 * What the filter does with a call, in the kernel's encoding: SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO
 * | EPERM and so on (linux/seccomp.h). action.h has the names.
 */
typedef uint32_t action;

/*
 * A role that was observed serving: an executable with one title, "nginx: worker process".
 * Processes of one role cannot be told apart from outside, so they share one allowlist while they
 * serve.
 */
struct role {
	char *name; /* for people and files, unique in the policy: "nginx/worker" */
	char *executable; /* path in the target's mount namespace */
	char *title; /* as in struct process: several are separated by ", "; NULL none */
	unsigned depth; /* the least number of forks since the execve */
};

#define ROLES_MAX 64 /* a rule has a bit for each */

struct rule {
	enum abi abi;
	int nr;
	action action;
	/* The rule applies if any one of these is true; without clauses, to any arguments. */
	struct clause *clauses;
	size_t clauses_count;
	struct reason *reasons; /* at least one in a decided policy */
	size_t reasons_count;
	unsigned phases; /* bits 1 << enum phase: where the call is needed; 0 unknown: everywhere */
	/* Bits 1 << index of a role: the roles that make the call while they serve, by themselves
	 * or in a process that they fork then; and the roles that make it themselves while they
	 * start up. */
	uint64_t serving_roles, startup_roles;
	uint64_t frequency; /* recorded count: the compiler's weight, 0 unknown */
	/* The recorded tuples of syscall/arguments.h: evidence, from which a format may derive its
	 * own restrictions; not enforced by themselves. */
	struct argument_values *seen;
	size_t seen_count;
	/* The set stands for "any": there were more tuples, or none were recorded. Where it is
	 * false and `seen` is empty, a rule with no reason but REASON_BASE was never observed at
	 * all; about any other rule nothing is known. rule_seen_is_whole() decides. */
	bool seen_any;
};

/* A range of numbers of an ABI with its own default; unsigned, both ends included. */
struct span {
	enum abi abi;
	uint32_t first, last;
	action action;
};
#define SPANS_MAX 256 /* in a policy */

/* An executable, and the number of recorded runs that contain a start of it, from its execve on. */
struct start {
	char *executable; /* path in the target's mount namespace */
	uint64_t runs; /* not 0 */
};

/* A call that the code can make and the level left out: it would grant a new privilege. */
struct withheld_call {
	enum abi abi;
	int nr;
	char *path; /* through the code: "main > do_chroot > libc.so.6!chroot" */
	bool is_own; /* the main executable's own code makes it, directly or through the C library */
};

/* A setting of the service manager that restricts the unit beside its filter, or a setting that was
 * left out; with the reasons for either. */
struct directive {
	char *name; /* systemd's: "MemoryDenyWriteExecute" */
	char *value; /* NULL: it has a list of values, or it was left out */
	char **values; /* sorted; may be empty: "CapabilityBoundingSet=" is a restriction too */
	size_t values_count;
	struct reason *reasons;
	size_t reasons_count;
};

struct policy {
	char *target; /* the unit or program, "nginx.service"; NULL unknown */
	char *level; /* "observed"; NULL: no level decided it (it was read from a filter or an
		      * allowlist) */
	char *systemd; /* the target's, as recorded; NULL unknown */
	char *libc; /* likewise */
	/* The ABIs that the rules cover, sorted. A call of any other ABI gets foreign_action. */
	enum abi abis[ABI_COUNT];
	size_t abis_count;
	action default_action; /* for calls of these ABIs that no rule matches */
	/* Other defaults for some ABIs or numbers, as filters that are read may have them: sorted
	 * by ABI, and within an ABI the first that contains the number decides. */
	struct span *spans;
	size_t spans_count;
	action foreign_action;
	/* Sorted by ABI and number. Of several rules for one call the first that matches decides. */
	struct rule *rules;
	size_t rules_count;
	struct role *roles; /* observed serving; none: no recording shows any */
	size_t roles_count;
	char **open; /* NULL-terminated sentences: the policy's caveats */
	/* The starts in the recordings, sorted by executable. Without `starts_known` the policy is of
	 * version 1 or no decision made it: nothing is known about starts. */
	bool starts_known;
	struct start *starts;
	size_t starts_count;
	bool is_idle; /* the target listened while it was recorded, and served nobody */
	struct withheld_call *withheld; /* sorted by ABI and number, one a call */
	size_t withheld_count;
	struct directive *directives, *omitted; /* sorted by name; each name is in one of both */
	size_t directives_count, omitted_count;
	char (*recordings)[33]; /* ids of the runs it was decided from, sorted */
	size_t recordings_count;
};

/* Empty: denies with EPERM, kills calls of other ABIs. NULL: out of memory. */
struct policy *policy_new(void);
void policy_freep(struct policy **policy);
struct policy *policy_copy(const struct policy *policy); /* NULL: out of memory */

/* The arrays of a policy grow only through these: they keep no capacity beside the count. */

/* Appends a zeroed rule, or NULL when out of memory (earlier pointers to rules are then stale).
 * Call policy_finish() after the last one. */
struct rule *policy_add_rule(struct policy *policy);
/* The same for a call, with its action. */
struct rule *policy_add_verdict(struct policy *policy, enum abi abi, int nr, action verdict);
void policy_remove_rule(struct policy *policy, size_t index);
/* Fills a zeroed rule; after an error the rule owns what was filled in. */
int rule_copy(struct rule *to, const struct rule *from);
/* Number of values in a recorded tuple of the rule's call: 0 where no argument of it matters. */
size_t rule_tuple_size(const struct rule *rule);
int rule_add_seen(struct rule *rule, const struct argument_values *values);
/* Adds an ABI once, in order. -EINVAL for an unknown ABI. */
int policy_add_abi(struct policy *policy, enum abi abi);
bool policy_has_abi(const struct policy *policy, enum abi abi);
/* The action for a call of a listed ABI that no rule matches. */
action policy_default(const struct policy *policy, enum abi abi, int nr);
/* Appends; policy_finish sorts. -ENOMEM, or -E2BIG past SPANS_MAX. */
int policy_add_span(struct policy *policy, struct span span);
/* Appends a zeroed role, or NULL: out of memory, or there are ROLES_MAX. The policy owns its
 * strings. */
struct role *policy_add_role(struct policy *policy);
int policy_add_recording(struct policy *policy, const char *id);
int rule_add_reason(struct rule *rule, enum reason_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Appends an empty clause, or NULL. */
struct clause *rule_add_clause(struct rule *rule);
int clause_add(struct clause *clause, struct condition condition);
int policy_add_open(struct policy *policy, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* In parts.c. They append a zeroed element, or return NULL when out of memory; the policy owns its
 * strings. */
struct start *policy_add_start(struct policy *policy);
struct withheld_call *policy_add_withheld(struct policy *policy);
struct directive *policy_add_directive(struct policy *policy);
struct directive *policy_add_omitted(struct policy *policy);
int directive_add_value(struct directive *directive, const char *value);
/* Called by tests, and by decisions on directives. */
int directive_add_reason(struct directive *directive, enum reason_kind kind, const char *format,
			 ...) __attribute__((format(printf, 3, 4)));

/* Sorts (stable), merges duplicates and checks: ABIs listed, numbers and arguments in range.
 * -EINVAL. */
int policy_finish(struct policy *policy, struct error *err);

/* The same for a finished policy to which one rule was added since. After an error that rule is
 * still the last one. */
int policy_place_last_rule(struct policy *policy, struct error *err);

/* The first rule for the call, or NULL; *COUNT is the number of consecutive rules for the same
 * call. */
const struct rule *policy_find(const struct policy *policy, enum abi abi, int nr, size_t *count);

/* Whether `seen` has every combination of arguments that the call was made with (none, for a call
 * that was never made), so that others may be denied. */
bool rule_seen_is_whole(const struct rule *rule);

/* By ABI and number: the order of a policy's rules. */
int rule_compare_call(const struct rule *a, const struct rule *b);

/* Whether the kernel makes the calls that the rule applies to (action_allows() of its action). */
bool rule_allows(const struct rule *rule);
/* Whether the rule applies to a call with these arguments. */
bool rule_matches(const struct rule *rule, const uint64_t arguments[6]);
bool condition_holds(const struct condition *condition, const uint64_t arguments[6]);

/* The action for this very call. The ABI may be one that the policy does not list. */
action policy_evaluate(const struct policy *policy, enum abi abi, int nr,
		       const uint64_t arguments[6]);

int policy_read(const char *path, struct policy **policy, struct error *err);
int policy_parse(const char *path, const char *data, size_t size, struct policy **policy,
		 struct error *err);
int policy_write(const struct policy *policy, FILE *out, struct error *err);
/* Replaces the file at that path atomically; MODE as for open(2). */
int policy_save(const struct policy *policy, const char *path, mode_t mode, struct error *err);

const char *reason_kind_name(enum reason_kind kind);
const char *comparison_name(enum comparison comparison); /* "==", "<", "&==" */

#endif
