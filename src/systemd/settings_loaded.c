// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The settings as the manager reports them (src/core/dbus-execute.c), and the comparison with those that
 * were read from files. The manager resolves groups and drops names that its libseccomp does not know.
 */
#include "systemd/settings.h"

#include "common/cleanup.h"
#include "syscall/abi.h"
#include "systemd/settings_line.h"

#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

/* The kinds of namespaces that every version of systemd has; "time" came later. */
#define NAMESPACES UINT64_C(0x7e020000)

/* One line for each name, with the words that the manager reports: what settings_parse() would read. */
static int add_names(struct unit_settings *settings, const char *key,
		     const struct unit_calls *calls)
{
	for (char **at = calls->names; at && *at; at++) {
		bool is_denied = !calls->is_allow_list || strchr(*at, ':');
		_cleanup_free_ char *value = NULL;

		if (asprintf(&value, "%s%s", is_denied ? "~" : "", *at) < 0) {
			value = NULL;
			return -ENOMEM;
		}
		if (settings_set(settings, key, value) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int add_filter(struct unit_settings *settings, const struct unit_calls *calls)
{
	if (!calls->is_allow_list)
		return add_names(settings, "SystemCallFilter", calls);
	/* The allowlist may lack some of @default. */
	if (settings_set(settings, "SystemCallFilter", "@default") < 0 ||
	    settings_set(settings, "SystemCallFilter", "~@default") < 0)
		return -ENOMEM;
	return add_names(settings, "SystemCallFilter", calls);
}

static int add_families(struct unit_settings *settings, const struct unit_calls *families)
{
	if (families->is_allow_list && (!families->names || !families->names[0]))
		return settings_set(settings, "RestrictAddressFamilies", "none");
	return add_names(settings, "RestrictAddressFamilies", families);
}

int settings_of_unit(const struct unit *unit, unsigned version, struct unit_settings *settings,
		     struct error *err)
{
	int r;

	*settings = settings_new(version);
	settings->lacks_errors = unit->filter.is_allow_list;
	r = add_filter(settings, &unit->filter);
	for (char **at = unit->filter_architectures; r == 0 && at && *at; at++)
		r = settings_set(settings, "SystemCallArchitectures", *at);
	if (r == 0)
		r = add_families(settings, &unit->families);
	if (r < 0) {
		settings_clean(settings);
		return error_oom(err);
	}
	if (unit->filter_errno > 0)
		settings->error_number = unit->filter_errno;
	/* Where nothing is set, all bits are. */
	settings->has_namespaces = (unit->namespaces & NAMESPACES) != NAMESPACES;
	settings->namespaces = unit->namespaces;
	settings->flags[SETTINGS_MEMORY_DENY_WRITE_EXECUTE] = unit->memory_deny_write_execute;
	settings->flags[SETTINGS_LOCK_PERSONALITY] = unit->lock_personality;
	settings->flags[SETTINGS_RESTRICT_REALTIME] = unit->restrict_realtime;
	settings->flags[SETTINGS_RESTRICT_SUID_SGID] = unit->restrict_suid_sgid;
	return 0;
}

/* ---- comparison ---- */

/* The first call of A that B lacks, or has with another error. */
static const char *call_missing(const struct unit_settings *a, const struct unit_settings *b)
{
	for (size_t i = 0; i < a->calls_count; i++) {
		const struct settings_call *call = &a->calls[i];
		int error;

		if (seccomp_syscall_resolve_name(call->name) == __NR_SCMP_ERROR)
			continue;
		if (a->filter == SETTINGS_ALLOW && call->error != SETTINGS_OWN && b->lacks_errors &&
		    !settings_find(b, call->name, &error))
			continue;
		if (!settings_find(b, call->name, &error) || error != call->error)
			return call->name;
	}
	return NULL;
}

static bool is_empty_filter(const struct unit_settings *settings)
{
	return settings->filter == SETTINGS_NONE ||
	       (settings->filter == SETTINGS_DENY && !settings->calls_count);
}

static bool is_empty_families(const struct unit_settings *settings)
{
	return settings->families == SETTINGS_NONE ||
	       (settings->families == SETTINGS_DENY && !settings->families_listed);
}

/* What the manager reports for "native" and for the name of the native ABI differs, but means the same. */
static unsigned architectures(const struct unit_settings *settings)
{
	return settings->architectures | (settings->has_native ? 1U << abi_native() : 0);
}

const char *settings_difference(const struct unit_settings *a, const struct unit_settings *b,
				const char **name)
{
	*name = NULL;
	if (!is_empty_filter(a) || !is_empty_filter(b)) {
		if (a->filter != b->filter)
			return "SystemCallFilter";
		*name = call_missing(a, b);
		if (!*name)
			*name = call_missing(b, a);
		if (*name)
			return "SystemCallFilter";
	}
	if (a->error_number != b->error_number)
		return "SystemCallErrorNumber";
	if (a->has_architectures != b->has_architectures || architectures(a) != architectures(b))
		return "SystemCallArchitectures";
	if ((!is_empty_families(a) || !is_empty_families(b)) &&
	    (a->families != b->families || a->families_listed != b->families_listed))
		return "RestrictAddressFamilies";
	if (a->has_namespaces != b->has_namespaces ||
	    (a->has_namespaces && (a->namespaces & NAMESPACES) != (b->namespaces & NAMESPACES)))
		return "RestrictNamespaces";
	for (unsigned i = 0; i < SETTINGS_FLAGS; i++)
		if (a->flags[i] != b->flags[i])
			return settings_flag_name((enum settings_flag)i);
	return NULL;
}
