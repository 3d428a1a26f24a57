// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The level `closed`: the observed calls, closed under what the same program does next. Each step
 * adds calls, each with a reason:
 *
 *  - calls that the program's own code makes, anywhere in that code, followed through the C library to
 *    the end of each function that it calls there;
 *  - calls that the modules of the name service make for the lookups of that code;
 *  - calls that the other libraries make where that code calls them;
 *  - siblings of observed calls, if they are reachable in the same way: deeper in a library the
 *    library chooses among siblings, and one build of it makes one choice; if the programs cannot be
 *    read, or the policy must also fit other builds, siblings are added reachable or not;
 *  - if the policy must fit other builds: other calls that work on objects the program has;
 *  - calls that grant nothing more than a call that is allowed.
 *
 * bench/closed measures how complete this is: a short recording, then wide use under the filter.
 *
 * A call that grants a new privilege is never added unless it was observed: it is listed as
 * withheld, with its path. The level `reachable` adds every call that any code can make, including
 * those.
 */
#include "decide/closed.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "syscall/groups.h"
#include "syscall/siblings.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define PATH_ENDS 3 /* of a long path so many functions are told at each end */

struct closed {
	const struct decide_options *options;
	struct policy *policy;
	size_t seen_count; /* the policy's first rules: what the level below has added */
	struct closed_reach reach;
};

static void closed_free(struct closed *closed)
{
	closed_reach_free(&closed->reach);
}

/* "main > ngx_init > ... > libc.so.6!madvise"; data objects on the way are left out. */
static char *path_text(char *const *path)
{
	size_t count = 0, size, at = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (char *const *step = path; *step; step++)
		count += !strchr(*step, '[');
	for (char *const *step = path; *step; step++) {
		if (strchr(*step, '['))
			continue;
		if (count > 2 * PATH_ENDS + 1 && at >= PATH_ENDS && at + PATH_ENDS < count) {
			if (at == PATH_ENDS)
				fputs(" > ...", out);
		} else {
			fprintf(out, "%s%s", at ? " > " : "", *step);
		}
		at++;
	}
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

/* Of a call that was never seen nothing is known about its arguments. */
static int allow(struct policy *policy, enum abi abi, int nr, enum reason_kind kind,
		 const char *sentence, char *const *path)
{
	_cleanup_free_ char *way = path ? path_text(path) : NULL;
	struct rule *rule;

	if (path && !way)
		return -ENOMEM;
	rule = decide_allow(policy, abi, nr);
	if (!rule)
		return -ENOMEM;
	if (rule->reasons_count == 0)
		rule->seen_any = true;
	return rule_add_reason(rule, kind, "%s%s%s", sentence, way && *way ? ": " : "",
			       way ? way : "");
}

static bool is_new_privilege(const struct reach_call *call)
{
	return closed_is_new_privilege(syscall_name(call->abi, call->nr)) && !call->is_pipe_only;
}

/* Whether the call may be added though it was not seen. */
static bool is_open_to(const struct closed *closed, const struct reach_call *call)
{
	const char *name = syscall_name(call->abi, call->nr);

	return name && policy_has_abi(closed->policy, call->abi) &&
	       !decide_has(closed->policy, call->abi, call->nr) && !is_new_privilege(call);
}

/* The family that CALL shares with one that was seen, and that one's name; NULL: none. */
static const struct sibling_family *find_seen_sibling(const struct closed *closed, enum abi abi,
						      const char *name, const char **seen)
{
	struct sibling_of siblings[SIBLINGS_MAX];
	size_t count = siblings_of(name, siblings);

	for (size_t i = 0; i < closed->seen_count; i++) {
		const struct rule *rule = &closed->policy->rules[i];

		*seen = syscall_name(rule->abi, rule->nr);
		for (size_t k = 0; *seen && rule->abi == abi && k < count; k++)
			if (strcmp(siblings[k].sibling->name, *seen) == 0)
				return siblings[k].family;
	}
	return NULL;
}

/* The first object on the path that is the program's own and not the executable; NULL: none. */
static const struct closed_label *find_label(const struct closed *closed, char *const *path)
{
	for (; *path; path++) {
		const char *mark = strchr(*path, '!');
		size_t length = mark ? (size_t)(mark - *path) : 0;

		for (size_t i = 0; mark && i < closed->reach.labels_count; i++)
			if (strlen(closed->reach.labels[i].object) == length &&
			    strncmp(closed->reach.labels[i].object, *path, length) == 0)
				return &closed->reach.labels[i];
	}
	return NULL;
}

/* "stands in for open (open a file); called by the program's own code (liba.so: a module ...)" */
static char *reached_sentence(const char *who, const char *seen,
			      const struct sibling_family *family, const struct closed_label *label)
{
	char *sentence = NULL;
	size_t size;
	FILE *out = open_memstream(&sentence, &size);

	if (!out)
		return NULL;
	if (family)
		fprintf(out, "stands in for %s (%s); ", seen, family->name);
	fputs(who, out);
	if (label)
		fprintf(out, " (%s: %s)", label->object, label->text);
	if (fclose(out) == 0)
		return sentence;
	free(sentence);
	return NULL;
}

static int allow_reached(struct closed *closed, const struct reach_call *call, const char *who)
{
	const char *name = syscall_name(call->abi, call->nr), *seen = NULL;
	const struct sibling_family *family = find_seen_sibling(closed, call->abi, name, &seen);
	_cleanup_free_ char *sentence =
		reached_sentence(who, seen, family, find_label(closed, call->path));

	if (!sentence)
		return -ENOMEM;
	return allow(closed->policy, call->abi, call->nr,
		     family ? REASON_SIBLING : REASON_REACHABLE, sentence, call->path);
}

static int add_reached(struct closed *closed, const struct reach_result *result, const char *who)
{
	for (size_t i = 0; result && i < result->calls_count; i++)
		if (is_open_to(closed, &result->calls[i]) &&
		    allow_reached(closed, &result->calls[i], who) < 0)
			return -ENOMEM;
	return 0;
}

/* ---- calls that grant nothing more ---- */

/* The first of NAMES that the policy allows; NULL none. */
static const char *find_allowed(const struct policy *policy, enum abi abi,
				const char *const names[GIVEN_MAX])
{
	for (size_t i = 0; i < GIVEN_MAX && names[i]; i++) {
		int nr = syscall_number(abi, names[i]);

		if (nr >= 0 && decide_has(policy, abi, nr))
			return names[i];
	}
	return NULL;
}

static int add_equal(struct policy *policy, enum abi abi, const struct equal_row *row)
{
	int nr = syscall_number(abi, row->name);
	const char *given = find_allowed(policy, abi, row->given);
	const char *too = row->given_too[0] ? find_allowed(policy, abi, row->given_too) : NULL;
	_cleanup_free_ char *sentence = NULL;

	if (nr < 0 || !given || (row->given_too[0] && !too) || decide_has(policy, abi, nr))
		return 0;
	if (asprintf(&sentence, "grants nothing more than %s%s%s, which %s allowed", given,
		     too ? " and " : "", too ? too : "", too ? "are" : "is") < 0)
		return -ENOMEM;
	return allow(policy, abi, nr, REASON_SIBLING, sentence, NULL);
}

static int add_equals(struct closed *closed)
{
	struct policy *policy = closed->policy;
	const struct equal_row *rows;
	size_t count = closed_equals(&rows);

	for (size_t i = 0; i < policy->abis_count; i++)
		for (size_t k = 0; k < count; k++)
			if (add_equal(policy, policy->abis[i], &rows[k]) < 0)
				return -ENOMEM;
	return 0;
}

/* ---- siblings ---- */

/* Newer calls that a C library goes back from on ENOSYS get that answer (fallback.c) where they
 * could do more than the one that was seen; other builds shall meet no refusal, and are allowed them
 * where the older call is bounded by nothing that the newer one hides in memory. */
static bool is_answered(const struct closed *closed, const struct sibling_of *sibling)
{
	bool is_bounded = closed->options->arguments && *closed->options->arguments;

	return sibling->adds_power && (sibling->sibling->flags & SIBLING_GLIBC_FALLS_BACK) &&
	       (!closed->options->portable || is_bounded);
}

static int add_siblings_of(struct closed *closed, enum abi abi, const char *name)
{
	struct sibling_of siblings[SIBLINGS_MAX];
	size_t count = siblings_of(name, siblings);

	for (size_t i = 0; i < count; i++) {
		const char *sibling = siblings[i].sibling->name;
		int nr = syscall_number(abi, sibling);
		_cleanup_free_ char *sentence = NULL;

		if (nr < 0 || decide_has(closed->policy, abi, nr) ||
		    closed_is_new_privilege(sibling) || is_answered(closed, &siblings[i]) ||
		    (!closed->options->portable && (siblings[i].sibling->flags & SIBLING_AHEAD)))
			continue;
		if (asprintf(&sentence, "stands in for %s (%s)", name, siblings[i].family->name) <
			    0 ||
		    allow(closed->policy, abi, nr, REASON_SIBLING, sentence, NULL) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Of what was seen; portable: of whatever the program is allowed so far. A sibling has no siblings
 * of its own: clone stands in for fork, and nothing for both. */
static int add_siblings(struct closed *closed)
{
	size_t count = closed->options->portable ? closed->policy->rules_count : closed->seen_count;

	if (closed->reach.is_whole && !closed->options->portable)
		return 0;
	for (size_t i = 0; i < count; i++) {
		const struct rule *rule = &closed->policy->rules[i];
		const char *name = syscall_name(rule->abi, rule->nr);

		if (name && add_siblings_of(closed, rule->abi, name) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* ---- other builds ---- */

static bool has_equivalent(const struct policy *policy, enum abi abi,
			   const struct equivalent_row *row)
{
	for (const char *const *name = row->names; *name; name++)
		if (decide_has(policy, abi, syscall_number(abi, *name)))
			return true;
	return false;
}

static int add_equivalents_of(struct policy *policy, enum abi abi, const struct equivalent_row *row)
{
	_cleanup_free_ char *sentence = NULL;

	if (asprintf(&sentence, "may be made by another version or C library to %s", row->purpose) <
	    0)
		return -ENOMEM;
	for (const char *const *name = row->names; *name; name++) {
		int nr = syscall_number(abi, *name);

		if (nr >= 0 && !decide_has(policy, abi, nr) &&
		    allow(policy, abi, nr, REASON_SIBLING, sentence, NULL) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int add_equivalents(struct closed *closed)
{
	struct policy *policy = closed->policy;
	const struct equivalent_row *rows;
	size_t count = closed_equivalents(&rows);

	for (size_t i = 0; closed->options->portable && i < policy->abis_count; i++)
		for (size_t k = 0; k < count; k++)
			if (has_equivalent(policy, policy->abis[i], &rows[k]) &&
			    add_equivalents_of(policy, policy->abis[i], &rows[k]) < 0)
				return -ENOMEM;
	return 0;
}

/* ---- what is said and not allowed ---- */

static bool is_asked_for(const struct closed *closed, const char *name)
{
	unsigned version = decide_systemd_version(closed->policy);

	for (const char *const *asked = closed->options->allow; asked && *asked; asked++)
		if (strcmp(*asked, name) == 0 ||
		    (**asked == '@' && groups_contain(version, *asked, name)))
			return true;
	return false;
}

static bool is_reachable_level(const struct decide_options *options)
{
	return options->level && strcmp(options->level, "reachable") == 0;
}

/* The withheld calls: each of the first few has a sentence, the others share one. */
#define WITHHELD_SENTENCES 9

struct withheld {
	struct closed *closed;
	const char **names; /* borrowed from the table */
	size_t count;
	char *rest;
	size_t rest_size;
	FILE *out; /* to rest */
};

static bool is_withheld(const struct withheld *withheld, const struct reach_call *call)
{
	const struct closed *closed = withheld->closed;
	const char *name = syscall_name(call->abi, call->nr);

	/* The base lets execve through for the start, and open.c speaks of it. */
	if (!name || !is_new_privilege(call) || !policy_has_abi(closed->policy, call->abi) ||
	    decide_has(closed->policy, call->abi, call->nr) || is_asked_for(closed, name) ||
	    strcmp(name, "execve") == 0)
		return false;
	for (size_t i = 0; i < withheld->count; i++)
		if (strcmp(withheld->names[i], name) == 0)
			return false;
	return true;
}

static int add_withheld_call(struct policy *policy, const struct reach_call *call, const char *way,
			     bool is_own)
{
	struct withheld_call *added = policy_add_withheld(policy);

	if (!added)
		return -ENOMEM;
	added->abi = call->abi;
	added->nr = call->nr;
	added->is_own = is_own;
	added->path = strdup(way);
	return added->path ? 0 : -ENOMEM;
}

static int withhold(struct withheld *withheld, const struct reach_call *call, const char *program,
		    bool is_own)
{
	const char *name = syscall_name(call->abi, call->nr);
	_cleanup_free_ char *way = path_text(call->path);
	const char **added = array_grow_one(&withheld->names, withheld->count);

	if (!way || !added || add_withheld_call(withheld->closed->policy, call, way, is_own) < 0)
		return -ENOMEM;
	*added = name;
	withheld->count++;
	if (withheld->count > WITHHELD_SENTENCES) {
		fprintf(withheld->out, "%s%s", withheld->count > WITHHELD_SENTENCES + 1 ? ", " : "",
			name);
		return 0;
	}
	return policy_add_open(withheld->closed->policy,
			       "reachable, withheld: %s, on the path %s%s%s; it would grant a new "
			       "privilege and was never observed (--allow %s allows it)",
			       name, program ? program : "", program ? ": " : "", way, name);
}

static int withhold_all(struct withheld *withheld, const struct reach_result *result,
			const char *program)
{
	bool is_own = result && result == withheld->closed->reach.own;

	for (size_t i = 0; result && i < result->calls_count; i++)
		if (is_withheld(withheld, &result->calls[i]) &&
		    withhold(withheld, &result->calls[i], program, is_own) < 0)
			return -ENOMEM;
	return 0;
}

/* The nearest to the program's own code first. */
static int add_withheld(struct closed *closed)
{
	struct withheld withheld = { .closed = closed };
	const struct closed_reach *reach = &closed->reach;
	int r;

	/* The next level allows them. */
	if (is_reachable_level(closed->options))
		return 0;
	withheld.out = open_memstream(&withheld.rest, &withheld.rest_size);
	if (!withheld.out)
		return -ENOMEM;
	r = withhold_all(&withheld, reach->own, NULL);
	if (r == 0)
		r = withhold_all(&withheld, reach->name_services, NULL);
	if (r == 0)
		r = withhold_all(&withheld, reach->libraries, NULL);
	for (size_t i = 0; r == 0 && i < reach->executed_count; i++)
		r = withhold_all(&withheld, reach->executed[i].calls, reach->executed[i].path);
	if (r == 0)
		r = withhold_all(&withheld, reach->all, NULL);
	if (fclose(withheld.out) != 0)
		r = -ENOMEM;
	if (r == 0 && withheld.count > WITHHELD_SENTENCES)
		r = policy_add_open(closed->policy,
				    "reachable, withheld: %s; each would grant a new privilege and "
				    "was never observed",
				    withheld.rest);
	free((void *)withheld.names);
	free(withheld.rest);
	return r;
}

/* ---- gaps ---- */

/* The first gap of the kind in own code and its libraries; NULL: none. */
static const struct reach_gap *find_gap(const struct closed *closed, enum reach_gap_kind kind)
{
	const struct reach_result *results[] = { closed->reach.own, closed->reach.libraries };

	for (size_t i = 0; i < ARRAY_SIZE(results); i++)
		for (size_t k = 0; results[i] && k < results[i]->gaps_count; k++)
			if (results[i]->gaps[k].kind == kind)
				return &results[i]->gaps[k];
	return NULL;
}

/* Whether the recording has a call that made memory executable without a file. */
static bool makes_code(const struct policy *policy)
{
	for (size_t i = 0; i < policy->rules_count; i++) {
		const struct rule *rule = &policy->rules[i];
		const char *name = syscall_name(rule->abi, rule->nr);
		bool is_map = name && strcmp(name, "mmap") == 0;

		for (size_t k = 0;
		     name && (is_map || strcmp(name, "mprotect") == 0) && k < rule->seen_count; k++)
			if (rule->seen[k].value[0] & PROT_EXEC &&
			    (!is_map || rule->seen[k].value[1] & MAP_ANONYMOUS))
				return true;
	}
	return false;
}

static int add_unfollowed(struct closed *closed)
{
	struct policy *policy = closed->policy;
	const struct reach_gap *object = find_gap(closed, GAP_OBJECT_UNKNOWN);
	const struct reach_gap *program = find_gap(closed, GAP_PROGRAM_UNKNOWN);
	int r = 0;

	if (object)
		r = policy_add_open(
			policy,
			"objects are loaded by names that are not constant (in %s): the "
			"calls of objects that were not loaded while recording may be missing",
			object->place);
	if (r == 0 && program)
		r = policy_add_open(policy,
				    "programs are executed by names that are not constant (in %s): "
				    "record the target while it executes them",
				    program->place);
	if (r == 0 && closed->reach.has_ffi)
		r = policy_add_open(policy,
				    "functions may be called through an FFI, by names that are "
				    "not in the code: calls that were not observed may be "
				    "missing");
	if (r == 0 && makes_code(policy))
		r = policy_add_open(policy,
				    "code is generated at run time (JIT) and was not analysed: "
				    "calls that were not observed may be missing");
	return r;
}

static int add_executed_sentences(struct closed *closed)
{
	for (size_t i = 0; i < closed->reach.executed_count; i++) {
		const struct closed_executed *executed = &closed->reach.executed[i];
		int r;

		if (executed->calls)
			r = policy_add_open(closed->policy,
					    "%s is executed by own code and was not recorded: its "
					    "code was analysed, the programs that it executes were "
					    "not",
					    executed->path);
		else
			r = policy_add_open(closed->policy,
					    "%s is executed by own code and is not in this policy: "
					    "record it too (whittle record -o executed.rec -- %s), "
					    "and decide from both",
					    executed->path, executed->path);
		if (r < 0)
			return r;
	}
	return 0;
}

static int add_sentences(struct closed *closed)
{
	for (size_t i = 0; i < closed->reach.unread_count; i++)
		if (policy_add_open(closed->policy,
				    "%s: its code was not analysed; beyond the observed calls, "
				    "only their siblings are allowed",
				    closed->reach.unread[i]) < 0)
			return -ENOMEM;
	if (find_gap(closed, GAP_NUMBER) &&
	    policy_add_open(closed->policy,
			    "the number of some system call in the code is unknown; whittle reach "
			    "lists the places") < 0)
		return -ENOMEM;
	if (add_unfollowed(closed) < 0 || add_executed_sentences(closed) < 0)
		return -ENOMEM;
	return add_withheld(closed);
}

static int add_executed(struct closed *closed)
{
	for (size_t i = 0; i < closed->reach.executed_count; i++) {
		const struct closed_executed *executed = &closed->reach.executed[i];
		_cleanup_free_ char *who = NULL;

		if (asprintf(&who, "called by %s, which own code executes", executed->path) < 0)
			return -ENOMEM;
		if (add_reached(closed, executed->calls, who) < 0)
			return -ENOMEM;
	}
	return 0;
}

int closed_add(const struct recording *recording, const struct decide_options *options,
	       struct policy *policy, struct error *err)
{
	_cleanup_(closed_free) struct closed closed = { .options = options,
							.policy = policy,
							.seen_count = policy->rules_count };
	int r = closed_reach_find(recording, options, &closed.reach, err);

	if (r < 0)
		return r;
	if (add_reached(&closed, closed.reach.own, "called by the program's own code") < 0 ||
	    add_reached(&closed, closed.reach.name_services,
			"called by a module that /etc/nsswitch.conf names") < 0 ||
	    add_reached(&closed, closed.reach.libraries,
			"called by a library that the program uses") < 0 ||
	    add_executed(&closed) < 0 || add_siblings(&closed) < 0 ||
	    add_equivalents(&closed) < 0 || add_equals(&closed) < 0 || add_sentences(&closed) < 0 ||
	    sandbox_add(&closed.reach, recording, policy) < 0)
		return error_oom(err);
	return 0;
}

/* What was not followed is said by the level below. */
int closed_add_reachable(const struct recording *recording, const struct decide_options *options,
			 struct policy *policy, struct error *err)
{
	_cleanup_(closed_free) struct closed closed = { .options = options, .policy = policy };
	int r = closed_reach_find(recording, options, &closed.reach, err);
	const struct reach_result *all = closed.reach.all;

	for (size_t i = 0; r == 0 && all && i < all->calls_count; i++) {
		const struct reach_call *call = &all->calls[i];

		if (!syscall_name(call->abi, call->nr) || !policy_has_abi(policy, call->abi) ||
		    decide_has(policy, call->abi, call->nr))
			continue;
		if (allow(policy, call->abi, call->nr, REASON_REACHABLE,
			  "called by code of the program or of a library", call->path) < 0)
			return error_oom(err);
	}
	return r;
}
