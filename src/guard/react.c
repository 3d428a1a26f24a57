// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The reaction `relax` adds the denied calls to the recording as a run, decides a policy from that run
 * alone, and adds its rules, with their reasons, to the enforced policy. The other rules stay as they
 * are. The calls that the code can reach may have changed since, but a reaction is not the moment to
 * decide again.
 */
#include "guard/react.h"

#include "common/cleanup.h"
#include "decide/decide.h"
#include "denial/owner.h"
#include "import/denial_evidence.h"
#include "policy/policy.h"
#include "syscall/arguments.h"
#include "syscall/syscall.h"
#include "systemd/timer.h"
#include "systemd/unit.h"
#include "unit/apply.h"
#include "unit/drop_in.h"
#include "unit/own_filters.h"
#include "unit/progress.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

/* ---- starting the transient units ---- */

/* "whittle-react-UNIT"; an "@" would make it an instance of a template. NULL: out of memory. */
static char *service_name(const char *prefix, const char *unit)
{
	char *name = malloc(strlen(prefix) + 4 * strlen(unit) + 1), *out;

	if (!name)
		return NULL;
	out = stpcpy(name, prefix);
	for (; *unit; unit++)
		out = *unit == '@' ? stpcpy(out, "\\x40") : stpncpy(out, unit, 1);
	*out = '\0';
	return name;
}

static int start(struct manager *manager, const char *prefix, const char *what,
		 const char *const *argv, const char *unit, struct error *err)
{
	_cleanup_free_ char *name = service_name(prefix, unit), *description = NULL;

	if (!name || asprintf(&description, "%s %s", what, unit) < 0)
		return error_oom(err);
	return timer_start_now(
		manager, &(struct timer){ .name = name, .description = description, .argv = argv },
		err);
}

int react_start(struct manager *manager, const char *program, const char *unit, struct error *err)
{
	const char *const argv[] = { program, "guard", "--react", unit, NULL };

	return start(manager, "whittle-react-", "React to a denial of", argv, unit, err);
}

int react_start_attach(struct manager *manager, const char *program, const char *unit,
		       struct error *err)
{
	const char *const argv[] = { program,	  "attach",  "--phase=serving",
				     "--wait=2s", "--quiet", "--unit",
				     unit,	  NULL };

	return start(manager, "whittle-serving-", "Install the serving filter in new processes of",
		     argv, unit, err);
}

int react_start_drift(struct manager *manager, const char *program, struct error *err)
{
	const char *const argv[] = { program, "drift", "--quiet", "--journal", NULL };

	return timer_start_now(
		manager,
		&(struct timer){ .name = "whittle-drift",
				 .description = "Check enforced units for changed files",
				 .argv = argv,
				 .status_nothing = 1 },
		err);
}

/* ---- the denials ---- */

bool react_permits(const char *call)
{
	const struct syscall_info *info = syscall_info(call);

	return info && !decide_is_new_privilege(call) && info->risk != RISK_IDENTITY &&
	       info->risk != RISK_EXECUTE && info->risk != RISK_SYSTEM;
}

struct reacting {
	const struct react_options *options;
	struct react_result *result;
	struct store *store;
	struct managed_unit managed_unit;
	struct denial_evidence denial_evidence;
	struct policy *policy;
	struct own_filters *own; /* of the unit without the policy */
	int64_t uid; /* of the unit's user, as unit_uid() */
	bool has_own; /* denials by its own filter in its own processes */
};

static void reacting_clean(struct reacting *reacting)
{
	policy_freep(&reacting->policy);
	own_filters_freep(&reacting->own);
	denial_evidence_clean(&reacting->denial_evidence);
	managed_unit_clean(&reacting->managed_unit);
	store_closep(&reacting->store);
}

void react_result_clean(struct react_result *result)
{
	free(result->allowed);
	free(result->refused);
	*result = (struct react_result){ 0 };
}

/* Adds a name to a space-separated list, once. */
static int add_word(char **list, const char *word, struct error *err)
{
	size_t length = strlen(word);
	char *longer;

	for (const char *at = *list; at && *at; at += strcspn(at, " "), at += *at == ' ')
		if (strncmp(at, word, length) == 0 && (at[length] == ' ' || !at[length]))
			return 0;
	if (asprintf(&longer, "%s%s%s", *list ? *list : "", *list ? " " : "", word) < 0)
		return error_oom(err);
	free(*list);
	*list = longer;
	return 0;
}

static bool is_kill(action verdict)
{
	return verdict == SECCOMP_RET_KILL_PROCESS || verdict == SECCOMP_RET_KILL_THREAD;
}

/* Some calls differ in their arguments, which are unknown where too many kinds came. */
static bool lacks_arguments(const struct store_denial *denial)
{
	const char *name = syscall_name(denial->abi, denial->nr);

	return !denial->has_arguments && name && syscall_arguments(name);
}

/*
 * Whether the unit's own filter denied the call, to a process of the unit's own users. A process may install
 * further filters, which deny what it likes: the policy must deny the call in the same way. And an ordinary user
 * may have processes in the unit's control group, which inherit its filter: a job of cron.
 */
static bool is_own(const struct reacting *reacting, const struct store_denial *denial)
{
	const struct policy *policy = reacting->policy;
	action expected;

	if (denial->nr < 0 || !owner_is_own_user(denial->uid, reacting->uid))
		return false;
	expected = policy_evaluate(policy, denial->abi, denial->nr, denial->arguments);
	/* The serving filter denies what only the startup needed. */
	if (expected == SECCOMP_RET_ALLOW && reacting->managed_unit.is_two_phase)
		expected = policy_default(policy, denial->abi, denial->nr);
	return denial->action == expected || (is_kill(denial->action) && is_kill(expected));
}

static int find_user(struct reacting *reacting, struct error *err)
{
	_cleanup_(manager_closep) struct manager *manager = NULL;
	_cleanup_(unit_freep) struct unit *unit = NULL;
	int r = manager_open(&manager, err);

	if (r == 0)
		r = unit_load(manager, reacting->managed_unit.unit, &unit, err);
	if (r == 0)
		reacting->uid = unit_uid(unit);
	return r;
}

static int gather(struct reacting *reacting, struct error *err)
{
	struct store_denial *denials;
	size_t count;
	int r = store_denials(reacting->store, reacting->managed_unit.unit, &denials, &count, err);

	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < count; i++) {
		struct denial denial = store_denial_told(&denials[i], reacting->managed_unit.unit);

		if (!is_own(reacting, &denials[i]))
			continue;
		reacting->has_own = true;
		if (lacks_arguments(&denials[i]))
			r = add_word(&reacting->result->refused,
				     syscall_name(denials[i].abi, denials[i].nr), err);
		else
			r = denial_evidence_add(&reacting->denial_evidence, &denial,
						denials[i].count, NULL, err);
	}
	store_denials_free(denials, count);
	denial_evidence_sort(&reacting->denial_evidence);
	return r;
}

static bool allows(const struct policy *policy,
		   const struct denial_evidence_call *denial_evidence_call)
{
	return policy_evaluate(policy, denial_evidence_call->abi, denial_evidence_call->nr,
			       denial_evidence_call->arguments) == SECCOMP_RET_ALLOW;
}

/* Marks the calls to allow. */
static int choose(struct reacting *reacting, struct error *err)
{
	struct react_result *result = reacting->result;
	int r = 0;

	for (size_t i = 0; i < reacting->denial_evidence.count && r == 0; i++) {
		struct denial_evidence_call *denial_evidence_call =
			&reacting->denial_evidence.denial_evidence[i];
		char buffer[CALL_NAME_SIZE];
		const char *name =
			call_name(denial_evidence_call->abi, denial_evidence_call->nr, buffer);

		/* It was denied before the present policy. */
		if (allows(reacting->policy, denial_evidence_call))
			continue;
		denial_evidence_call->is_taken =
			policy_has_abi(reacting->policy, denial_evidence_call->abi) &&
			react_permits(name) &&
			!own_filters_deny(reacting->own, denial_evidence_call->abi,
					  denial_evidence_call->nr,
					  denial_evidence_call->arguments);
		r = add_word(denial_evidence_call->is_taken ? &result->allowed : &result->refused,
			     name, err);
	}
	return r;
}

/* ---- relax ---- */

/* Rules that refuse the call whatever its arguments come before one that is added. */
static void drop_refusals(struct policy *policy,
			  const struct denial_evidence_call *denial_evidence_call)
{
	for (size_t i = policy->rules_count; i-- > 0;) {
		const struct rule *rule = &policy->rules[i];

		if (rule->abi == denial_evidence_call->abi &&
		    rule->nr == denial_evidence_call->nr && !rule->clauses_count &&
		    rule->action != SECCOMP_RET_ALLOW)
			policy_remove_rule(policy, i);
	}
}

static int add_rules(struct policy *policy, const struct policy *learnt,
		     const struct denial_evidence *denial_evidence, struct error *err)
{
	for (size_t i = 0; i < denial_evidence->count; i++) {
		const struct denial_evidence_call *denial_evidence_call =
			&denial_evidence->denial_evidence[i];
		const struct rule *rule = policy_find(learnt, denial_evidence_call->abi,
						      denial_evidence_call->nr, NULL);
		struct rule *added;

		if (!denial_evidence_call->is_taken || !rule ||
		    allows(policy, denial_evidence_call))
			continue;
		drop_refusals(policy, denial_evidence_call);
		added = policy_add_rule(policy);
		if (!added || rule_copy(added, rule) < 0)
			return error_oom(err);
		/* The bits of roles are of the other policy's. */
		added->phases = 0;
		added->serving_roles = added->startup_roles = 0;
		if (policy_finish(policy, err) < 0)
			return err->code;
	}
	return 0;
}

/* Adds the calls to the recording, and their rules to the policy's copy. */
static int learn(struct reacting *reacting, struct policy *policy, struct error *err)
{
	_cleanup_(recording_freep) struct recording *alone = recording_new(), *recording = NULL;
	_cleanup_(policy_freep) struct policy *learnt = NULL;
	const struct decide_options options = { .level = "observed",
						.default_action = policy->default_action,
						.foreign_action = policy->foreign_action };
	struct run *run = NULL, *again = NULL;
	int r = alone ? denial_evidence_run(&reacting->denial_evidence, reacting->managed_unit.unit,
					    &run, err)
		      : error_oom(err);

	if (r == 0)
		r = recording_add(alone, run, err);
	if (r == 0)
		r = decide_policy(alone, &options, &learnt, err);
	if (r == 0)
		r = add_rules(policy, learnt, &reacting->denial_evidence, err);
	if (r < 0 || !reacting->managed_unit.recording)
		return r;
	r = recording_read(reacting->managed_unit.recording, &recording, err);
	if (r == 0)
		r = denial_evidence_run(&reacting->denial_evidence, reacting->managed_unit.unit,
					&again, err);
	if (r == 0)
		r = recording_add(recording, again, err);
	return r < 0 ? r : recording_save(recording, reacting->managed_unit.recording, 0644, err);
}

static struct apply_options apply_options(const struct reacting *reacting,
					  const struct policy *policy)
{
	const struct react_options *options = reacting->options;

	return (struct apply_options){ .unit = reacting->managed_unit.unit,
				       .policy = policy,
				       .two_phase = reacting->managed_unit.is_two_phase,
				       .keeps_widened = true,
				       .settle_ns = options->settle_ns,
				       .cancel_fd = options->cancel_fd,
				       .progress = options->progress,
				       .warn = options->warn,
				       .context = options->context };
}

/* Where the effective drop-in is: only in /run, or in /etc. */
static int is_runtime(const char *unit, bool *answer, struct error *err)
{
	_cleanup_(drop_in_closep) struct drop_in *drop_in = NULL;
	int r = drop_in_open("", unit, false, &drop_in, err);

	if (r == 0)
		*answer = !drop_in_is_applied(drop_in);
	return r;
}

static int read_own(struct reacting *reacting, struct error *err)
{
	_cleanup_(manager_closep) struct manager *manager = NULL;
	_cleanup_(unit_freep) struct unit *unit = NULL;
	int r = manager_open(&manager, err);

	if (r == 0)
		r = unit_load(manager, reacting->managed_unit.unit, &unit, err);
	return r < 0 ? r : own_filters_read(unit, &reacting->own, err);
}

static int relax(struct reacting *reacting, struct error *err)
{
	_cleanup_(policy_freep) struct policy *policy = NULL;
	_cleanup_(apply_freep) struct apply *apply = NULL;
	struct apply_options options;
	int r = read_own(reacting, err);

	if (r == 0)
		r = choose(reacting, err);
	if (r < 0 || !reacting->result->allowed)
		return r;
	policy = policy_copy(reacting->policy);
	if (!policy)
		return error_oom(err);
	options = apply_options(reacting, policy);
	r = learn(reacting, policy, err);
	if (r == 0)
		r = is_runtime(reacting->managed_unit.unit, &options.is_runtime, err);
	if (r == 0)
		r = apply_prepare(&options, &apply, err);
	if (r == 0)
		r = apply_run(apply, err);
	/* The unit runs under the new policy, so the stored policy changes too. */
	if (r == 0)
		r = policy_save(policy, reacting->managed_unit.policy, 0644, err);
	if (r == 0)
		r = store_forget_denials(reacting->store, reacting->managed_unit.unit, err);
	if (r == 0)
		reacting->result->end = REACT_RELAXED;
	return r;
}

/* ---- revert ---- */

static int revert(struct reacting *reacting, struct error *err)
{
	struct apply_options options = apply_options(reacting, NULL);
	_cleanup_(revert_clean) struct revert reverted = { 0 };
	struct managed_unit *managed_unit = &reacting->managed_unit;
	int r;

	/* A rollback is not interrupted. */
	options.cancel_fd = -1;
	r = revert_run(&options, &reverted, err);
	if (r < 0)
		return r;
	managed_unit->stage = STAGE_ROLLED_BACK;
	managed_unit->since_us = progress_now_us();
	free(managed_unit->note);
	managed_unit->note =
		strdup("the guard removed the filter after a denial (reaction: revert)");
	r = managed_unit->note ? store_put(reacting->store, managed_unit, err) : error_oom(err);
	if (r == 0)
		reacting->result->end = REACT_REVERTED;
	return r;
}

/* ---- the reaction ---- */

int react_run(const struct react_options *options, struct react_result *result, struct error *err)
{
	_cleanup_(reacting_clean) struct reacting reacting = { .options = options,
							       .result = result };
	int r = store_open(options->directory, &reacting.store, err);

	if (r == 0)
		r = store_get(reacting.store, options->unit, &reacting.managed_unit, err);
	if (r == -ENOENT && !err->message[0])
		return error_set(
			err, -ENOENT,
			"unit %s: it is not managed by whittle; 'whittle status' lists the managed units",
			options->unit);
	if (r < 0)
		return r;
	/* In earlier stages harden manages the rollback. */
	if (reacting.managed_unit.stage != STAGE_GUARDED ||
	    reacting.managed_unit.reaction == REACTION_REPORT)
		return 0;
	if (!reacting.managed_unit.policy)
		return error_set(err, -ENOENT, "unit %s: its policy is unknown", options->unit);
	r = policy_read(reacting.managed_unit.policy, &reacting.policy, err);
	if (r == 0)
		r = find_user(&reacting, err);
	if (r == 0)
		r = gather(&reacting, err);
	if (r < 0 || !reacting.has_own)
		return r;
	return reacting.managed_unit.reaction == REACTION_REVERT ? revert(&reacting, err)
								 : relax(&reacting, err);
}
