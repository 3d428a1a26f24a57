// SPDX-License-Identifier: LGPL-2.1-or-later
#include "reach/guards.h"

#include "common/cleanup.h"
#include "reach/graph.h"
#include "reach/value.h"
#include "reach/vector.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>

/* A function of the library's interface, with an argument (1: the second) and bits that it must
 * have; 0: whatever the arguments. FROM_OUTSIDE: only when another object calls it. */
struct key_row {
	const char *symbol;
	unsigned argument;
	uint64_t mask;
};

#define FROM_OUTSIDE UINT64_MAX

/* What only the keys ask for. */
struct branch_row {
	const char *calls[8]; /* by system call, ... */
	const char *targets; /* or by the start of the names of the functions that are called */
	struct key_row keys[GUARD_KEYS_MAX];
};

/*
 * In which function of which library: one that is not exported, so that it has no name once the
 * library is stripped. It is known by the system calls that it, or what it calls directly, makes
 * (all of `signature`), or by a function that it refers to. Several may match.
 */
struct context_row {
	const char *library; /* a symbol that the library defines */
	const char *signature[8];
	const char *refers_to;
	const struct branch_row *branches;
};

/* glibc, nptl/tpp.c: __init_sched_fifo_prio, __pthread_tpp_change_priority and
 * __pthread_current_priority are for mutexes of PTHREAD_PRIO_PROTECT (2). */
static const struct branch_row mutex_branches[] = {
	{ .calls = { "sched_getparam", "sched_getscheduler", "sched_setscheduler",
		     "sched_get_priority_max", "sched_get_priority_min" },
	  .keys = { { "pthread_mutexattr_setprotocol", 1, 2 },
		    { "pthread_mutexattr_setprioceiling", 0, 0 },
		    { "pthread_mutex_setprioceiling", 0, 0 } } },
	{ .targets = NULL },
};

/* glibc, sysdeps/unix/sysv/linux/spawni.c: __spawni_child does what the attributes' flags and the
 * file actions say; both are opaque, and filled by these functions alone. */
static const struct branch_row spawn_branches[] = {
	{ .calls = { "setsid" },
	  .keys = { { "posix_spawnattr_setflags", 1, POSIX_SPAWN_SETSID } } },
	{ .calls = { "setpgid" },
	  .keys = { { "posix_spawnattr_setflags", 1, POSIX_SPAWN_SETPGROUP } } },
	{ .calls = { "setresuid", "setresgid", "getuid", "getgid" },
	  .keys = { { "posix_spawnattr_setflags", 1, POSIX_SPAWN_RESETIDS } } },
	{ .calls = { "sched_setparam" },
	  .keys = { { "posix_spawnattr_setflags", 1, POSIX_SPAWN_SETSCHEDPARAM } } },
	{ .calls = { "sched_setscheduler" },
	  .keys = { { "posix_spawnattr_setflags", 1, POSIX_SPAWN_SETSCHEDULER } } },
	{ .calls = { "chdir" }, .keys = { { "posix_spawn_file_actions_addchdir_np", 0, 0 } } },
	{ .calls = { "fchdir" }, .keys = { { "posix_spawn_file_actions_addfchdir_np", 0, 0 } } },
	{ .calls = { "close_range" },
	  .keys = { { "posix_spawn_file_actions_addclosefrom_np", 0, 0 } } },
	{ .calls = { "getpgrp", "getpgid" },
	  .keys = { { "posix_spawn_file_actions_addtcsetpgrp_np", 0, 0 } } },
	{ .targets = NULL },
};

/* glibc, nss/nss_module.c: the resolver is a module for the databases of hosts and networks. */
static const struct branch_row resolver_branches[] = {
	{ .targets = "_nss_dns_",
	  .keys = { { "getaddrinfo", 0, 0 },
		    { "getnameinfo", 0, 0 },
		    { "gethostbyname", 0, 0 },
		    { "gethostbyname2", 0, 0 },
		    { "gethostbyname_r", 0, 0 },
		    { "gethostbyname2_r", 0, 0 },
		    { "gethostbyaddr", 0, 0 },
		    { "gethostbyaddr_r", 0, 0 },
		    { "gethostent", 0, 0 },
		    { "gethostent_r", 0, 0 },
		    { "getnetbyname", 0, 0 },
		    { "getnetbyname_r", 0, 0 },
		    { "getnetbyaddr", 0, 0 },
		    { "getnetbyaddr_r", 0, 0 },
		    { "getnetent", 0, 0 },
		    { "getnetent_r", 0, 0 },
		    { "__nss_lookup_function", 0, FROM_OUTSIDE },
		    { "__nss_database_lookup", 0, FROM_OUTSIDE },
		    { "__nss_hosts_lookup2", 0, FROM_OUTSIDE } } },
	{ .targets = NULL },
};

static const struct context_row contexts[] = {
	{ .library = "pthread_mutexattr_setprotocol",
	  .signature = { "sched_getparam", "sched_getscheduler" },
	  .branches = mutex_branches },
	{ .library = "pthread_mutexattr_setprotocol",
	  .signature = { "sched_get_priority_max", "sched_get_priority_min" },
	  .branches = mutex_branches },
	{ .library = "posix_spawnattr_setflags",
	  .signature = { "setsid", "setpgid", "sched_setparam", "sched_setscheduler", "chdir",
			 "fchdir" },
	  .branches = spawn_branches },
	{ .library = "getaddrinfo",
	  .refers_to = "_nss_dns_gethostbyname4_r",
	  .branches = resolver_branches },
};

void guards_free(struct guards *guards)
{
	free(guards->items);
	guards->items = NULL;
	guards->count = 0;
}

/* ---- which functions make which calls ---- */

static bool makes_itself(const struct summary *summary, uint32_t function, uint32_t nr)
{
	uint32_t low = 0, high = summary->sites_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (summary->sites[middle].function < function)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < summary->sites_count && summary->sites[low].function == function; low++)
		if (summary->sites[low].kind == SITE_NUMBER && summary->sites[low].value == nr &&
		    summary->sites[low].abi == ABI_X86_64)
			return true;
	return false;
}

static bool makes(const struct summary *summary, uint32_t function, uint32_t nr)
{
	if (makes_itself(summary, function, nr))
		return true;
	for (uint32_t i = summary->functions[function].references;
	     i < summary->functions[function + 1].references; i++)
		if (reference_kind(summary->references[i]) == REFERENCE_CALL &&
		    makes_itself(summary, reference_index(summary->references[i]), nr))
			return true;
	return false;
}

static bool refers_to(const struct summary *summary, uint32_t function, uint32_t other)
{
	for (uint32_t i = summary->functions[function].references;
	     i < summary->functions[function + 1].references; i++)
		if ((reference_kind(summary->references[i]) == REFERENCE_TAKE ||
		     reference_kind(summary->references[i]) == REFERENCE_CALL) &&
		    reference_index(summary->references[i]) == other)
			return true;
	return false;
}

static const struct symbol *find_symbol(const struct graph *graph, uint32_t object,
					const char *name)
{
	const struct summary *summary = graph->closure.objects[object].summary;
	struct binding binding = { object == 0 ? NO_INDEX : object - 1, 0 };

	binding = graph_find(graph, name, binding);
	if (binding.object != object || summary->symbols[binding.symbol].kind != SYMBOL_FUNCTION)
		return NULL;
	return &summary->symbols[binding.symbol];
}

/* Whether the row describes the function; OTHER is what it has to refer to, or NULL. */
static bool is_context(const struct summary *summary, uint32_t function,
		       const struct context_row *row, const struct symbol *other)
{
	if (other && !refers_to(summary, function, other->index))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(row->signature) && row->signature[i]; i++)
		if (!makes(summary, function,
			   (uint32_t)syscall_number(ABI_X86_64, row->signature[i])))
			return false;
	return !summary_is_exported(summary, function);
}

/* ---- guards of a context ---- */

static void set_keys(const struct graph *graph, uint32_t object, const struct branch_row *row,
		     struct guard *guard)
{
	static const uint8_t arguments[] = { REGISTER_RDI, REGISTER_RSI, REGISTER_RDX };

	for (size_t i = 0; i < GUARD_KEYS_MAX && row->keys[i].symbol; i++) {
		const struct symbol *symbol = find_symbol(graph, object, row->keys[i].symbol);
		struct guard_key *key = &guard->keys[guard->keys_count];

		if (!symbol)
			continue;
		key->node = graph_function(graph, object, symbol->index);
		key->mask = row->keys[i].mask;
		key->from_outside = key->mask == FROM_OUTSIDE;
		key->reg = key->mask ? arguments[row->keys[i].argument] : REGISTER_NONE;
		guard->keys_count++;
	}
}

static bool add(struct guards *guards, const struct guard *guard)
{
	if (!vector_grow((void **)&guards->items, &guards->room, guards->count,
			 sizeof(*guards->items)))
		return false;
	guards->items[guards->count++] = *guard;
	return true;
}

/* Whether all that the function does itself is to make calls of this row. */
static bool is_only_for(const struct summary *summary, uint32_t function,
			const struct branch_row *row)
{
	bool is_one = false;

	for (size_t i = 0; i < ARRAY_SIZE(row->calls) && row->calls[i]; i++)
		is_one |= makes_itself(summary, function,
				       (uint32_t)syscall_number(ABI_X86_64, row->calls[i]));
	return is_one;
}

static bool has_target_name(const struct summary *summary, uint32_t function, const char *start)
{
	return start && summary->functions[function].name &&
	       strncmp(summary_text(summary, summary->functions[function].name), start,
		       strlen(start)) == 0;
}

static bool add_branch(struct guards *guards, const struct graph *graph, uint32_t object,
		       uint32_t context, const struct branch_row *row)
{
	const struct summary *summary = graph->closure.objects[object].summary;
	struct guard guard = { .from = graph_function(graph, object, context) };

	set_keys(graph, object, row, &guard);
	for (size_t i = 0; i < ARRAY_SIZE(row->calls) && row->calls[i]; i++) {
		guard.to = NO_NODE;
		guard.nr = (uint32_t)syscall_number(ABI_X86_64, row->calls[i]);
		if (makes_itself(summary, context, guard.nr) && !add(guards, &guard))
			return false;
	}
	for (uint32_t i = summary->functions[context].references;
	     i < summary->functions[context + 1].references; i++) {
		uint32_t target = reference_index(summary->references[i]);

		if (reference_kind(summary->references[i]) != REFERENCE_CALL &&
		    reference_kind(summary->references[i]) != REFERENCE_TAKE)
			continue;
		if (!is_only_for(summary, target, row) &&
		    !has_target_name(summary, target, row->targets))
			continue;
		guard.to = graph_function(graph, object, target);
		guard.nr = NO_INDEX;
		if (!add(guards, &guard))
			return false;
	}
	return true;
}

static int compare_guards(const void *left, const void *right)
{
	const struct guard *a = left, *b = right;

	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	if (a->to != b->to)
		return a->to < b->to ? -1 : 1;
	return a->nr < b->nr ? -1 : a->nr > b->nr;
}

static bool add_contexts(struct guards *guards, const struct graph *graph, uint32_t object,
			 const struct context_row *row)
{
	const struct summary *summary = graph->closure.objects[object].summary;
	const struct symbol *other =
		row->refers_to ? find_symbol(graph, object, row->refers_to) : NULL;

	if (!find_symbol(graph, object, row->library) || (row->refers_to && !other))
		return true;
	for (uint32_t i = 0; i < summary->functions_count; i++) {
		if (!is_context(summary, i, row, other))
			continue;
		for (const struct branch_row *branch = row->branches;
		     branch->calls[0] || branch->targets; branch++)
			if (!add_branch(guards, graph, object, i, branch))
				return false;
	}
	return true;
}

int guards_find(struct guards *guards, const struct graph *graph, struct error *err)
{
	for (uint32_t i = 0; i < graph->closure.count; i++)
		for (size_t k = 0; k < ARRAY_SIZE(contexts); k++)
			if (!add_contexts(guards, graph, i, &contexts[k]))
				return error_oom(err);
	if (guards->count > 0)
		qsort(guards->items, guards->count, sizeof(*guards->items), compare_guards);
	return 0;
}

static size_t find(const struct guards *guards, struct guard wanted)
{
	const struct guard *found = NULL;

	if (guards->count > 0)
		found = bsearch(&wanted, guards->items, guards->count, sizeof(*guards->items),
				compare_guards);
	return found ? (size_t)(found - guards->items) : SIZE_MAX;
}

size_t guards_of_edge(const struct guards *guards, uint32_t from, uint32_t to)
{
	return find(guards, (struct guard){ .from = from, .to = to, .nr = NO_INDEX });
}

size_t guards_of_call(const struct guards *guards, uint32_t from, uint32_t nr)
{
	return find(guards, (struct guard){ .from = from, .to = NO_NODE, .nr = nr });
}
