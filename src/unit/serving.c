// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A process's serving filter depends on its executable, its title and the number of its parents with the
 * same executable. If several roles match, it gets a filter that allows the calls of all of them. A filter
 * is compiled when the first process needs it.
 *
 * A process serves once one of its threads sleeps in a call that waits for work. There is no event for
 * that, so this code polls, within a time limit.
 */
#include "unit/serving.h"

#include "attach/attach.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/title.h"
#include "decide/serving.h"
#include "filter/compile.h"
#include "systemd/unit.h"
#include "unit/live_filters.h"
#include "unit/process.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>

#define LOOK_AGAIN_MS 5
#define WRAPPER_NS    UINT64_C(2000000000) /* maximum age of a program that only executes another */

/* The calls that a set of roles keeps. */
struct serving_list {
	uint64_t roles; /* bits; 0: any serving process, of a policy without roles */
	char *name; /* of the roles */
	size_t removed; /* 0: the set needs the whole policy */
	struct filter filter;
};

/* A process with its serving filter. Filters are never removed, so it needs no further check. */
struct known_process {
	pid_t pid;
	uint64_t start_time;
	struct serving_list *list;
};

struct serving_lists {
	struct policy *policy;
	struct serving_list **lists;
	size_t lists_count;
	struct known_process *known;
	size_t known_count;
};

int serving_lists_new(const struct policy *policy, struct serving_lists **result, struct error *err)
{
	_cleanup_(serving_lists_freep) struct serving_lists *lists = calloc(1, sizeof(*lists));

	if (!lists)
		return error_oom(err);
	lists->policy = policy_copy(policy);
	if (!lists->policy)
		return error_oom(err);
	*result = take(lists);
	return 0;
}

static void list_free(struct serving_list *list)
{
	filter_free(&list->filter);
	free(list->name);
	free(list);
}

void serving_lists_freep(struct serving_lists **at)
{
	struct serving_lists *lists = *at;

	if (!lists)
		return;
	for (size_t i = 0; i < lists->lists_count; i++)
		list_free(lists->lists[i]);
	free(lists->lists);
	free(lists->known);
	policy_freep(&lists->policy);
	free(lists);
	*at = NULL;
}

/* ---- filters ---- */

/* "nginx/master or nginx/worker" */
static char *name_roles(const struct policy *policy, uint64_t roles)
{
	char *text = NULL;
	size_t size, shown = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < policy->roles_count; i++)
		if (roles >> i & 1)
			fprintf(out, "%s%s", shown++ ? " or " : "", policy->roles[i].name);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static int make_list(const struct policy *policy, uint64_t roles, struct serving_list **result,
		     struct error *err)
{
	_cleanup_(policy_freep) struct policy *serving = NULL;
	struct serving_list *list = calloc(1, sizeof(*list));
	int r;

	if (!list)
		return error_oom(err);
	list->roles = roles;
	list->name = name_roles(policy, roles);
	r = list->name ? serving_policy(policy, roles, &serving, &list->removed, err)
		       : error_oom(err);
	if (r == 0)
		r = filter_compile_local(serving, &list->filter, err);
	if (r < 0) {
		list_free(list);
		return r;
	}
	*result = list;
	return 0;
}

static int find_list(struct serving_lists *lists, uint64_t roles, struct serving_list **result,
		     struct error *err)
{
	struct serving_list **at;
	int r;

	for (size_t i = 0; i < lists->lists_count; i++) {
		*result = lists->lists[i];
		if ((*result)->roles == roles)
			return 0;
	}
	r = make_list(lists->policy, roles, result, err);
	if (r < 0)
		return r;
	at = array_grow_one(&lists->lists, lists->lists_count);
	if (!at) {
		list_free(*result);
		return error_oom(err);
	}
	*at = *result;
	lists->lists_count++;
	return 0;
}

/* ---- roles ---- */

static uint64_t roles_of_executable(const struct policy *policy, pid_t pid)
{
	char path[PATH_MAX];
	uint64_t roles = 0;

	if (process_executable(pid, path) < 0)
		return 0;
	for (size_t i = 0; i < policy->roles_count; i++)
		if (strcmp(policy->roles[i].executable, path) == 0)
			roles |= UINT64_C(1) << i;
	return roles;
}

/* The roles that a running process may have; 0: no known one. */
static uint64_t find_roles(const struct policy *policy, pid_t pid)
{
	uint64_t roles = roles_of_executable(policy, pid), titled = 0, deep = 0;
	char title[TITLE_SIZE];
	unsigned depth;

	if ((roles & (roles - 1)) == 0)
		return roles;
	if (title_read(pid, title) == 0)
		for (size_t i = 0; i < policy->roles_count; i++)
			if (roles >> i & 1 && title_is_among(policy->roles[i].title, title))
				titled |= UINT64_C(1) << i;
	if (titled)
		return titled;
	/* Parents may have ended (a daemon's), so this is a lower bound of its depth. */
	depth = process_depth(pid);
	for (size_t i = 0; i < policy->roles_count; i++)
		if (roles >> i & 1 && policy->roles[i].depth >= depth)
			deep |= UINT64_C(1) << i;
	return deep ? deep : roles;
}

/* For a role that no recording has: the calls of all roles. */
int serving_filter_of(struct serving_lists *lists, pid_t pid, const struct filter **filter,
		      const char **role, struct error *err)
{
	struct serving_list *list = NULL;
	int r = find_list(lists, find_roles(lists->policy, pid), &list, err);

	if (r < 0)
		return r;
	*filter = &list->filter;
	*role = *list->name ? list->name : NULL;
	return 0;
}

/* ---- one process ---- */

static struct known_process *find_known(struct serving_lists *lists, pid_t pid)
{
	for (size_t i = 0; i < lists->known_count; i++)
		if (lists->known[i].pid == pid)
			return &lists->known[i];
	return NULL;
}

static int remember(struct serving_lists *lists, pid_t pid, struct serving_list *list,
		    struct error *err)
{
	struct known_process *known = find_known(lists, pid);

	if (!known) {
		known = array_grow_one(&lists->known, lists->known_count);
		if (!known)
			return error_oom(err);
		lists->known_count++;
	}
	*known = (struct known_process){ pid, process_start_time(pid), list };
	return 0;
}

static int has_filter(pid_t pid, const struct filter *filter, struct error *err)
{
	_cleanup_(filter_stack_free) struct filter_stack stack = { 0 };
	int r;

	if (process_count_filters(pid) == 0)
		return 0;
	r = filter_fetch(pid, &stack, err);
	for (size_t i = 0; r == 0 && i < stack.count; i++)
		if (live_filters_equal(&stack.filters[i], filter))
			return 1;
	return r;
}

static int fail(struct serving_process *process, struct error *failure)
{
	bool is_gone = failure->code == -ESRCH;

	process->state = is_gone ? SERVING_GONE : SERVING_FAILED;
	if (!is_gone)
		process->err = *failure;
	return 0;
}

static int put_list(struct serving_lists *lists, struct serving_list *list,
		    const struct serving_options *given, struct serving_process *process,
		    struct error *err)
{
	const struct attach_options options = { .log = given->log };
	struct attach_result result = { 0 };
	struct error failure = { 0 };
	int r = has_filter(process->pid, &list->filter, &failure);

	if (r < 0)
		return fail(process, &failure);
	process->state = SERVING_HAS_IT;
	if (r == 0) {
		if (given->only_look || !process_waits_for_work(process->pid)) {
			process->state = SERVING_NOT_YET;
			return 0;
		}
		if (attach_filter(process->pid, &list->filter, &options, &result, &failure) < 0)
			return fail(process, &failure);
		process->state = SERVING_PUT;
	}
	return remember(lists, process->pid, list, err);
}

/* A program that served in no recording: systemd's child, or a wrapper, which may be about to execute
 * the program that does. */
static bool may_execute_yet(pid_t pid, uint64_t start_time)
{
	return process_is_before_execve(pid) || process_age_ns(start_time) < WRAPPER_NS;
}

/* One process, once, without waiting: what became of it is in *PROCESS. An error is only want of
 * right or memory. */
static int attach_process(struct serving_lists *lists, pid_t pid,
			  const struct serving_options *options, struct serving_process *process,
			  struct error *err)
{
	const struct known_process *known = find_known(lists, pid);
	struct serving_list *list = NULL;
	uint64_t roles, start_time = process_start_time(pid);
	int r;

	*process = (struct serving_process){ .pid = pid, .state = SERVING_GONE };
	snprintf(process->command, sizeof(process->command), "%s",
		 process_command(pid, (char[32]){ "" }, 32));
	if (start_time == 0)
		return 0;
	if (known && known->start_time == start_time) {
		process->state = SERVING_HAS_IT;
		process->role = known->list->name;
		return 0;
	}
	roles = find_roles(lists->policy, pid);
	if (roles == 0 && lists->policy->roles_count) {
		process->state = may_execute_yet(pid, start_time) ? SERVING_NOT_YET : SERVING_WHOLE;
		return 0;
	}
	r = find_list(lists, roles, &list, err);
	if (r < 0)
		return r;
	process->role = *list->name ? list->name : NULL;
	if (list->removed)
		return put_list(lists, list, options, process, err);
	process->state = SERVING_WHOLE;
	return 0;
}

/* ---- a unit ---- */

struct pids {
	pid_t *pids;
	size_t count;
};

static int read_group(const char *directory, struct pids *pids, struct error *err)
{
	_cleanup_fclose_ FILE *file = NULL;
	_cleanup_free_ char *path = NULL;
	int pid;

	if (asprintf(&path, "%s/cgroup.procs", directory) < 0) {
		path = NULL;
		return error_oom(err);
	}
	file = fopen(path, "re");
	while (file && fscanf(file, "%d", &pid) == 1) {
		pid_t *at;

		if (pid <= 0 || process_is_whittle(pid))
			continue;
		at = array_grow_one(&pids->pids, pids->count);
		if (!at)
			return error_oom(err);
		*at = pid;
		pids->count++;
	}
	return 0;
}

/* Control groups may be nested deep, but each level has a name of its own in the path, which has a
 * bound. */
static int read_groups(const char *directory, struct pids *pids, struct error *err)
{
	_cleanup_closedir_ DIR *dir = opendir(directory);
	const struct dirent *entry;
	int r = read_group(directory, pids, err);

	while (r == 0 && dir && (entry = readdir(dir))) {
		_cleanup_free_ char *path = NULL;

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		if (asprintf(&path, "%s/%s", directory, entry->d_name) < 0) {
			path = NULL;
			return error_oom(err);
		}
		r = strlen(path) < PATH_MAX ? read_groups(path, pids, err) : 0;
	}
	return r;
}

/* A process of this call, with its last reported state. */
struct told {
	pid_t pid;
	enum serving_state state;
};

struct pass {
	struct serving_lists *lists;
	const struct serving_options *options;
	struct told *told;
	size_t told_count;
	size_t not_yet, changed; /* of the current pass */
};

static struct told *find_told(struct pass *pass, pid_t pid)
{
	for (size_t i = 0; i < pass->told_count; i++)
		if (pass->told[i].pid == pid)
			return &pass->told[i];
	return NULL;
}

static bool is_final(enum serving_state state)
{
	return state != SERVING_NOT_YET;
}

static int look_at(struct pass *pass, pid_t pid, bool is_last, struct error *err)
{
	const struct serving_options *options = pass->options;
	struct told *told = find_told(pass, pid);
	struct serving_process process;
	int r;

	if (told && is_final(told->state))
		return 0;
	r = attach_process(pass->lists, pid, options, &process, err);
	if (r < 0)
		return r;
	if (!told) {
		told = array_grow_one(&pass->told, pass->told_count);
		if (!told)
			return error_oom(err);
		pass->told_count++;
		told->pid = pid;
	}
	told->state = process.state;
	pass->not_yet += process.state == SERVING_NOT_YET;
	pass->changed += process.state == SERVING_PUT;
	if (options->tell && (is_final(process.state) || is_last))
		options->tell(options->context, &process);
	return 0;
}

static int look_at_all(struct pass *pass, const char *directory, bool is_last, struct error *err)
{
	struct pids pids = { 0 };
	int r = read_groups(directory, &pids, err);

	pass->not_yet = pass->changed = 0;
	for (size_t i = 0; r == 0 && i < pids.count; i++)
		r = look_at(pass, pids.pids[i], is_last, err);
	free(pids.pids);
	return r;
}

/* Forgets processes that have ended, so that a guard that runs for months does not grow. */
static void forget_ended(struct serving_lists *lists)
{
	size_t kept = 0;

	for (size_t i = 0; i < lists->known_count; i++)
		if (process_start_time(lists->known[i].pid) == lists->known[i].start_time)
			lists->known[kept++] = lists->known[i];
	if (kept == lists->known_count)
		return;
	/* The array's capacity follows its count: a smaller one is made anew. */
	struct known_process *smaller = NULL, *at;

	for (size_t i = 0; i < kept; i++) {
		at = array_grow_one(&smaller, i);
		if (!at)
			break;
		*at = lists->known[i];
		lists->known_count = i + 1;
	}
	if (kept == 0)
		lists->known_count = 0;
	free(lists->known);
	lists->known = smaller;
}

/* Pauses between two polls; -EINTR if the cancel descriptor becomes readable. */
static int pause_between(const struct serving_options *options, struct error *err)
{
	struct pollfd waited = { .fd = options->cancel_fd, .events = POLLIN };

	return poll(&waited, 1, LOOK_AGAIN_MS) > 0 ? error_set(err, -EINTR, "interrupted") : 0;
}

static uint64_t later(uint64_t time_ns, uint64_t span_ns)
{
	return span_ns > UINT64_MAX - time_ns ? UINT64_MAX : time_ns + span_ns;
}

int serving_attach_unit(struct serving_lists *lists, const char *directory,
			const struct serving_options *options, struct serving_result *result,
			struct error *err)
{
	struct pass pass = { .lists = lists, .options = options };
	const uint64_t started = clock_now_ns(), linger_end = later(started, options->linger_ns);
	const uint64_t end = later(linger_end, options->wait_ns);
	bool is_last = options->wait_ns == 0 && options->linger_ns == 0, is_settled = false;
	int r = 0;

	*result = (struct serving_result){ 0 };
	forget_ended(lists);
	while (r == 0 && !is_settled) {
		uint64_t now;

		r = look_at_all(&pass, directory, is_last, err);
		now = clock_now_ns();
		/* Processes forked meanwhile are complete only after a pass that changes nothing. */
		is_settled = is_last || (!pass.not_yet && !pass.changed && now >= linger_end);
		is_last = now >= end;
		if (r == 0 && !is_settled && !is_last && !pass.changed)
			r = pause_between(options, err);
	}
	for (size_t i = 0; i < pass.told_count; i++)
		result->counts[pass.told[i].state]++;
	free(pass.told);
	return r;
}

int serving_look_at_unit(const struct policy *policy, const struct unit *unit,
			 struct serving_result *result, struct error *err)
{
	const struct serving_options options = { .cancel_fd = -1, .only_look = true };
	_cleanup_(serving_lists_freep) struct serving_lists *lists = NULL;
	int r = serving_lists_new(policy, &lists, err);

	*result = (struct serving_result){ 0 };
	if (r < 0 || !unit->cgroup_directory)
		return r;
	return serving_attach_unit(lists, unit->cgroup_directory, &options, result, err);
}
