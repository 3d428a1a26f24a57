// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The drop-in for a unit. People read it before systemd loads it: first its target, its caveats and
 * the reason for each call, then the settings. Each setting that adds to an earlier one is reset
 * first, so that the drop-in means the same whatever the unit's own file contains.
 */
#include "emit/systemd.h"

#include "common/cleanup.h"
#include "emit/emit.h"
#include "syscall/groups.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>

#define WIDTH 78

/* ---- lines ---- */

/* "KEY=word word ..." over as many lines as it takes, each with the prefix before its first word. */
struct wrapped {
	FILE *out;
	const char *key;
	const char *prefix;
	size_t column; /* 0: no line begun */
};

static void wrap_word(struct wrapped *line, const char *word, const char *suffix)
{
	size_t length = strlen(word) + strlen(suffix);

	if (line->column && line->column + 1 + length > WIDTH) {
		putc('\n', line->out);
		line->column = 0;
	}
	if (line->column)
		line->column += (size_t)fprintf(line->out, " %s%s", word, suffix);
	else
		line->column = (size_t)fprintf(line->out, "%s=%s%s%s", line->key, line->prefix,
					       word, suffix);
}

static void wrap_end(struct wrapped *line)
{
	if (line->column)
		putc('\n', line->out);
	line->column = 0;
}

/* A sentence as a comment, broken at blanks; continued lines are indented. */
static void print_comment(FILE *out, const char *first, const char *next, const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t length = strcspn(text, " ");
		char *word = strndup(text, length);

		if (column && column + 1 + length > WIDTH) {
			putc('\n', out);
			column = 0;
		}
		if (column) {
			putc(' ', out);
			column++;
		} else {
			fprintf(out, "# %s", first);
			column = 2 + strlen(first);
			first = next;
		}
		if (word)
			emit_comment_text(out, word);
		free(word);
		column += length;
		text += length;
		text += strspn(text, " ");
	}
	putc('\n', out);
}

/* ---- reasons ---- */

enum section {
	SECTION_SERVING,
	SECTION_STARTUP,
	SECTION_SEEN, /* the phase is not known */
	SECTION_OTHER,
	SECTION_BASE,
	SECTION_WITHIN,
	SECTION_REFUSED,
	SECTIONS,
};

static const char *const section_titles[SECTIONS] = {
	[SECTION_SERVING] = "Observed while serving:",
	[SECTION_STARTUP] = "Observed only while starting up:",
	[SECTION_SEEN] = "Observed:",
	[SECTION_OTHER] = "Not observed, but allowed:",
	[SECTION_BASE] = "Not observed, but needed by every program or by systemd itself:",
	[SECTION_WITHIN] = "Denied by the unit's own settings, and therefore here too:",
	[SECTION_REFUSED] = "Denied with an error of their own:",
};

static const struct reason *first_reason(const struct rule *rule, enum reason_kind kind)
{
	for (size_t i = 0; i < rule->reasons_count; i++)
		if (rule->reasons[i].kind == kind)
			return &rule->reasons[i];
	return NULL;
}

static enum section section_of(const struct systemd_entry *entry)
{
	const struct rule *rule = entry->rule;

	if (entry->is_within)
		return SECTION_WITHIN;
	if (entry->action != SECCOMP_RET_ALLOW || entry->is_trick)
		return SECTION_REFUSED;
	if (first_reason(rule, REASON_SEEN)) {
		if (rule->phases & 1U << PHASE_SERVING)
			return SECTION_SERVING;
		return rule->phases & 1U << PHASE_STARTUP ? SECTION_STARTUP : SECTION_SEEN;
	}
	for (size_t i = 0; i < rule->reasons_count; i++)
		if (rule->reasons[i].kind != REASON_BASE)
			return SECTION_OTHER;
	return rule->reasons_count ? SECTION_BASE : SECTION_OTHER;
}

static void print_reason(FILE *out, const struct systemd_entry *entry, int width)
{
	bool has_reason = entry->rule->reasons_count > 0;

	fprintf(out, "#   %-*s%s", has_reason ? width : 0, entry->name, has_reason ? "  " : "");
	emit_reason_text(out, entry->rule);
	putc('\n', out);
}

/* Not: what systemd allows unasked, and calls of which the policy says nothing. */
static bool is_explained(const struct systemd_entry *entry)
{
	return !entry->is_implied && entry->rule;
}

static void print_reasons(FILE *out, const struct systemd_list *list)
{
	for (unsigned section = 0; section < SECTIONS; section++) {
		bool has_title = false;
		int width = 0;

		for (size_t i = 0; i < list->count; i++)
			if (section_of(&list->entries[i]) == section &&
			    is_explained(&list->entries[i]) &&
			    (int)strlen(list->entries[i].name) > width)
				width = (int)strlen(list->entries[i].name);
		for (size_t i = 0; i < list->count; i++) {
			const struct systemd_entry *entry = &list->entries[i];

			if (section_of(entry) != section || !is_explained(entry))
				continue;
			if (!has_title)
				fprintf(out, "#\n# %s\n", section_titles[section]);
			has_title = true;
			print_reason(out, entry, width);
		}
	}
}

static void print_notes(FILE *out, const char *notes)
{
	for (size_t length; notes && *notes; notes += length + 1) {
		char text[2048];

		length = strcspn(notes, "\n");
		snprintf(text, sizeof(text), "%.*s.", (int)length, notes);
		print_comment(out, "", "", text);
	}
}

static void print_header(FILE *out, const struct policy *policy, const struct emit_options *options,
			 const struct systemd_target *target, const char *notes)
{
	const char *unit = options->unit ? options->unit : policy->target;

	fputs("# ", out);
	emit_comment_text(out, unit ? unit : "A service");
	fputs(": the system calls that it may make; all others are denied.\n", out);
	if (target->is_trial)
		fputs("# Trial: nothing is denied; calls that are not on the allowlist are "
		      "logged.\n",
		      out);
	fprintf(out, "# Written by whittle %s", WHITTLE_VERSION);
	if (policy->level) {
		fputs(" at level ", out);
		emit_comment_text(out, policy->level);
	}
	if (policy->recordings_count)
		fprintf(out, " from %zu recording%s", policy->recordings_count,
			policy->recordings_count > 1 ? "s" : "");
	fprintf(out, ", for systemd %u.\n", target->version);
	if (unit && strchr(unit, '.') && !strchr(unit, '/')) {
		fputs("# Install it as /etc/systemd/system/", out);
		emit_comment_text(out, unit);
		fputs(".d/50-whittle.conf, or let 'whittle apply' install and verify it.\n", out);
	}
	if (!options->with_reasons)
		return;
	print_comment(out, "", "",
		      "If the unit sets User=, systemd enables NoNewPrivileges=yes together with "
		      "a filter: set-user-ID programs that it runs then gain no privileges.");
	print_notes(out, notes);
	if (!policy->open || !policy->open[0])
		return;
	fputs("#\n# Caveats:\n", out);
	for (char **sentence = policy->open; *sentence; sentence++)
		print_comment(out, "- ", "  ", *sentence);
}

/* ---- groups ---- */

static bool is_allowed_name(const struct systemd_list *list, const struct systemd_target *target,
			    const char *name)
{
	const struct systemd_entry *entry = systemd_list_find(list, name);

	return entry ? entry->action == SECCOMP_RET_ALLOW : systemd_implies(target, name);
}

/* Whether the name stands for nothing on any ABI that the policy lets in, nor in the target. */
static bool is_void(const struct policy *policy, const struct systemd_target *target,
		    const char *name)
{
	if (!systemd_knows(target, name))
		return true;
	for (size_t i = 0; i < policy->abis_count; i++)
		if (systemd_number(target, policy->abis[i], name) >= 0)
			return false;
	return true;
}

/* How many names of the list the group spares; 0 where it would add one. */
static size_t group_spares(const struct policy *policy, const struct systemd_target *target,
			   const struct systemd_list *list, const bool *is_covered,
			   const char *group)
{
	const char *const *members;
	size_t count = groups_members(target->version, group, &members), spared = 0;

	for (size_t i = 0; i < count; i++) {
		const struct systemd_entry *entry = systemd_list_find(list, members[i]);

		if (is_void(policy, target, members[i]))
			continue;
		if (!is_allowed_name(list, target, members[i]))
			return 0;
		spared += entry && !entry->is_implied && !is_covered[entry - list->entries];
	}
	return spared;
}

/* Chooses the groups that spare most, one after the other, while each spares at least two names, and
 * prints them. */
static void print_groups(struct wrapped *line, const struct policy *policy,
			 const struct systemd_target *target, const struct systemd_list *list,
			 bool *is_covered)
{
	const char *const *names, *const *members;
	size_t count = groups_names(target->version, &names), best;
	_cleanup_free_ bool *is_chosen = calloc(count + 1, sizeof(*is_chosen));

	while (is_chosen) {
		size_t most = 1;

		best = count;
		for (size_t i = 0; i < count; i++) {
			size_t spared = group_spares(policy, target, list, is_covered, names[i]);

			if (spared > most) {
				most = spared;
				best = i;
			}
		}
		if (best == count)
			break;
		is_chosen[best] = true;
		for (size_t i = 0, n = groups_members(target->version, names[best], &members);
		     i < n; i++) {
			const struct systemd_entry *entry = systemd_list_find(list, members[i]);

			if (entry)
				is_covered[entry - list->entries] = true;
		}
	}
	for (size_t i = 0; is_chosen && i < count; i++)
		if (is_chosen[i])
			wrap_word(line, names[i], "");
}

/* ---- settings ---- */

static int print_filter(FILE *out, const struct policy *policy, const struct emit_options *options,
			const struct systemd_target *target, const struct systemd_list *list)
{
	_cleanup_free_ bool *is_covered = calloc(list->count + 1, sizeof(*is_covered));
	struct wrapped line = { .out = out, .key = "SystemCallFilter", .prefix = "" };
	const char *anything = NULL;
	bool is_empty = true;

	if (!is_covered)
		return -ENOMEM;
	fputs("SystemCallFilter=\n", out);
	if (options->is_compact)
		print_groups(&line, policy, target, list, is_covered);
	for (size_t i = 0; i < list->count; i++) {
		const struct systemd_entry *entry = &list->entries[i];

		if (entry->action != SECCOMP_RET_ALLOW)
			continue;
		anything = entry->name;
		if (!entry->is_implied && !is_covered[i])
			wrap_word(&line, entry->name, "");
	}
	is_empty = line.column == 0;
	wrap_end(&line);
	/* An allow-list that holds nothing of its own must still be one. */
	if (is_empty)
		fprintf(out, "SystemCallFilter=%s\n", anything ? anything : "exit_group");
	/* These come after the list: the first setting decides that it allows. */
	line.prefix = "~";
	for (size_t i = 0; i < list->count; i++) {
		const struct systemd_entry *entry = &list->entries[i];
		uint32_t number = entry->action & SECCOMP_RET_DATA;
		const char *error = strerrorname_np((int)number);
		char suffix[32] = "";

		if (entry->action == SECCOMP_RET_ALLOW)
			continue;
		/* Without an error the entry removes a call that systemd implies, and of no other
		 * it says anything. */
		if (entry->is_removed && !systemd_implies(target, entry->name))
			continue;
		if (entry->is_removed)
			suffix[0] = '\0';
		else if ((entry->action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_KILL_PROCESS)
			snprintf(suffix, sizeof(suffix), ":kill");
		else if (number && error)
			snprintf(suffix, sizeof(suffix), ":%s", error);
		else
			snprintf(suffix, sizeof(suffix), ":%" PRIu32, number);
		wrap_word(&line, entry->name, suffix);
	}
	wrap_end(&line);
	return 0;
}

/* Everything but these is logged, and nothing is refused. */
static void print_log(FILE *out, const struct systemd_list *list)
{
	struct wrapped line = { .out = out, .key = "SystemCallLog", .prefix = "~" };

	fputs("SystemCallLog=\n", out);
	for (size_t i = 0; i < list->count; i++)
		wrap_word(&line, list->entries[i].name, "");
	wrap_end(&line);
}

static void print_error_number(FILE *out, uint32_t fallback)
{
	uint32_t number = fallback & SECCOMP_RET_DATA;
	const char *name = strerrorname_np((int)number);

	/* The empty value is systemd's default: the process is killed. */
	if (fallback == SECCOMP_RET_KILL_PROCESS)
		fputs("SystemCallErrorNumber=\n", out);
	else if (name)
		fprintf(out, "SystemCallErrorNumber=%s\n", name);
	else
		fprintf(out, "SystemCallErrorNumber=%" PRIu32 "\n", number);
}

static void print_architectures(FILE *out, const struct policy *policy,
				const struct systemd_target *target)
{
	fputs("SystemCallArchitectures=\nSystemCallArchitectures=native", out);
	for (size_t i = 0; i < policy->abis_count; i++)
		if (policy->abis[i] != target->native)
			fprintf(out, " %s", abi_info(policy->abis[i])->systemd);
	putc('\n', out);
}

static void print_directives(FILE *out, const struct systemd_restrictions *restrictions,
			     bool with_reasons)
{
	char value[1024], text[256];

	for (unsigned i = 0; i < SYSTEMD_DIRECTIVES; i++) {
		enum systemd_directive directive = (enum systemd_directive)i;
		const char *name = systemd_directive_name(directive);

		if (!restrictions->is_set[i]) {
			snprintf(text, sizeof(text), "%s= is left out: %s.", name,
				 restrictions->why_not[i]);
			if (with_reasons)
				print_comment(out, "", "", text);
			continue;
		}
		/* Lists unite with those of the unit's own file. */
		if (directive == RESTRICT_ADDRESS_FAMILIES || directive == RESTRICT_NAMESPACES)
			fprintf(out, "%s=\n", name);
		fprintf(out, "%s=%s\n", name,
			systemd_directive_value(restrictions, directive, value, sizeof(value)));
	}
}

static int emit(const struct policy *given, const struct emit_options *options, FILE *out,
		struct error *err)
{
	_cleanup_(systemd_list_free) struct systemd_list list = { 0 };
	_cleanup_(policy_freep) struct policy *policy = NULL;
	struct systemd_restrictions restrictions;
	struct systemd_target target;
	int r = systemd_within_abis(given, options, &policy, err);

	if (r < 0)
		return r;
	systemd_target_find(policy, options, &target);
	if (!options->systemd_version && target.local_version &&
	    target.local_version != target.version)
		emit_warn(options,
			  "written for systemd %u, as recorded; this machine has %u, which may "
			  "reject it (--systemd selects the version)",
			  target.version, target.local_version);
	systemd_restrict(policy, &target, &restrictions);
	systemd_within_restrict(policy, &target, options, &restrictions);
	r = systemd_list_make(policy, &target, &restrictions, options, &list, err);
	if (r < 0)
		return r;
	print_header(out, policy, options, &target, list.notes);
	if (options->with_reasons)
		print_reasons(out, &list);
	fputs("\n[Service]\n", out);
	if (target.is_trial) {
		print_log(out, &list);
		return 0;
	}
	print_architectures(out, policy, &target);
	if (print_filter(out, policy, options, &target, &list) < 0)
		return error_oom(err);
	print_error_number(out, list.fallback);
	if (options->with_reasons)
		fputs("\n# Derived from the observed arguments:\n", out);
	print_directives(out, &restrictions, options->with_reasons);
	return 0;
}

const struct emitter emit_systemd = {
	.name = "systemd",
	.summary = "drop-in for a systemd unit",
	.enforced_by = "systemd, 247 and later",
	.can = EMIT_ACTION_PER_CALL | EMIT_ABIS | EMIT_COMMENTS | EMIT_NUMBERS | EMIT_FOREIGN |
	       EMIT_UNITES,
	.loses = "actions of single calls other than errors (before 249 errors too), calls without "
		 "a name, defaults other than an error, kill_process and log; conditions become "
		 "directives",
	.emit = emit,
	.meaning = systemd_meaning,
};
