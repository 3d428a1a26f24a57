// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The settings of a drop-in for the versions of systemd between which they change, against files in
 * tests/data/drop-ins that were written by hand from systemd's own rules:
 *
 * - src/core/load-fragment.c, config_parse_syscall_filter(): `~name:errno` after an allow-list is
 *   obeyed from 249 on; an empty value resets.
 * - src/shared/seccomp-util.c, syscall_filter_sets[]: a name that is in no set is not known, and
 *   @default is in every allow-list.
 * - the same, seccomp_restrict_namespaces(): clone3 gets ENOSYS from 251 on;
 *   seccomp_restrict_suid_sgid(): openat2 gets it from 252 on. So the list allows both, and the
 *   directive answers.
 * - src/core/exec-invoke.c, apply_syscall_filter(): from 255 on the filter's default is ENOSYS, and
 *   libseccomp refuses a rule with the default's action (src/db.c, db_col_rule_add()), so that
 *   `~name:ENOSYS` is an error; from 256 on write() is in every allow-list.
 * - NEWS 249: RestrictAddressFamilies=none.
 *
 * To write the files anew, with the comments left out, and review them with `git diff`:
 *
 *	SOURCE=. UPDATE=1 build/tests/unit/test_drop_in_versions
 */
#include "common/cleanup.h"
#include "common/file.h"
#include "emit/emit.h"
#include "policy/policy.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ALLOW SECCOMP_RET_ALLOW

static const char *source(void)
{
	const char *root = getenv("SOURCE");

	return root ? root : ".";
}

static struct policy *load(const char *name)
{
	struct policy *policy = NULL;
	struct error err = { 0 };
	char path[4096];

	snprintf(path, sizeof(path), "%s/tests/data/drop-ins/%s.policy", source(), name);
	if (policy_read(path, &policy, &err) < 0)
		fail_msg("%s", err.message);
	return policy;
}

static void keep_warning(void *context, const char *message)
{
	fprintf(context, "%s\n", message);
}

/* The drop-in without its comments and empty lines. The caller's; so are the warnings, one a line. */
static char *settings_of(const char *name, unsigned version, bool is_compact, bool is_verbose,
			 char **warnings)
{
	_cleanup_(policy_freep) struct policy *policy = load(name);
	struct emit_options options = {
		.systemd_version = version,
		.is_compact = is_compact,
		.is_verbose = is_verbose,
		.with_reasons = true,
		.warn = keep_warning,
	};
	_cleanup_free_ char *text = NULL;
	struct error err = { 0 };
	size_t size, warnings_size, settings_size;
	char *settings = NULL, *rest, *line;
	FILE *out = open_memstream(&text, &size);
	FILE *warned = open_memstream(warnings, &warnings_size);
	FILE *kept = open_memstream(&settings, &settings_size);

	options.context = warned;
	if (emit_policy(emitter_find("systemd"), policy, &options, out, &err) < 0)
		fail_msg("%s for %u: %s", name, version, err.message);
	fclose(out);
	fclose(warned);
	rest = text;
	while ((line = strsep(&rest, "\n")))
		if (*line && *line != '#')
			fprintf(kept, "%s\n", line);
	fclose(kept);
	return settings;
}

static void check_golden(const char *name, unsigned version, bool is_compact)
{
	_cleanup_free_ char *warnings = NULL;
	_cleanup_free_ char *settings = settings_of(name, version, is_compact, false, &warnings);
	char path[4096], wanted[8192];
	FILE *file;

	snprintf(path, sizeof(path), "%s/tests/data/drop-ins/%s-%u%s.conf", source(), name, version,
		 is_compact ? "-compact" : "");
	if (getenv("UPDATE")) {
		file = fopen(path, "we");
		assert_non_null(file);
		fputs(settings, file);
		assert_int_equal(fclose(file), 0);
		return;
	}
	file = fopen(path, "re");
	if (!file)
		fail_msg("%s: %s", path, strerror(errno));
	wanted[fread(wanted, 1, sizeof(wanted) - 1, file)] = '\0';
	fclose(file);
	if (strcmp(settings, wanted) != 0)
		fail_msg("%s: expected:\n%s\ngot:\n%s", path, wanted, settings);
}

static void a_drop_in_is_written_for_the_target_s_version(void **state)
{
	static const unsigned versions[] = { 249, 252, 255, 257 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		check_golden("service", versions[i], false);
		check_golden("strict", versions[i], false);
		check_golden("trial", versions[i], false);
	}
	/* An older one can give no error to a single call. */
	check_golden("strict", 248, false);
	check_golden("strict", 252, true);
	check_golden("service", 252, true);
}

/* ---- the version at which each rule begins ---- */

static bool has_line(const char *text, const char *line)
{
	size_t length = strlen(line);

	for (const char *at = text; (at = strstr(at, line)); at++)
		if ((at == text || at[-1] == '\n') && at[length] == '\n')
			return true;
	return false;
}

/* A word of a list, with what stands before it and behind it: "~statx:ENOSYS" is one too. */
static bool has_word(const char *text, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at++)
		if (at > text && strchr(" =~", at[-1]) && strchr(" \n", at[length]))
			return true;
	return false;
}

static void each_rule_begins_with_its_version(void **state)
{
	static const struct {
		const char *policy, *words;
		unsigned since, until; /* until: the first version without it again; 0 none */
	} rows[] = {
		{ "strict", "ptrace:EACCES", 249, 0 },	 { "strict", "none", 249, 0 },
		{ "strict", "statx:ENOSYS", 249, 255 },	 { "strict", "statx:EPERM", 255, 0 },
		{ "strict", "clone3:ENOSYS", 249, 255 }, { "strict", "write", 247, 256 },
		{ "service", "write", 247, 256 },	 { "service", "clone3:ENOSYS", 249, 251 },
		{ "service", "clone3", 251, 0 },	 { "service", "openat2", 252, 0 },
		{ "service", "acct:200", 249, 0 },	 { "service", "kexec_load:EPERM", 999, 0 },
		{ "service", "mseal", 999, 0 },		 { "service", "brk", 999, 0 },
		{ "service", "munmap", 247, 0 },	 { "trial", "execve", 247, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (unsigned version = 247; version <= 260; version++) {
			_cleanup_free_ char *warnings = NULL;
			_cleanup_free_ char *settings =
				settings_of(rows[i].policy, version, false, false, &warnings);
			bool wanted = version >= rows[i].since &&
				      (!rows[i].until || version < rows[i].until);

			if (has_word(settings, rows[i].words) != wanted)
				fail_msg("%s for %u: %s is %s", rows[i].policy, version,
					 rows[i].words, wanted ? "missing" : "there");
		}
}

/* ---- warnings ---- */

/* Whether one of the lines has both. */
static bool warns_of(const char *warnings, const char *first, const char *second)
{
	_cleanup_free_ char *copy = strdup(warnings);
	char *rest = copy, *line;

	while ((line = strsep(&rest, "\n")))
		if (strstr(line, first) && strstr(line, second))
			return true;
	return false;
}

static void what_the_target_can_not_do_is_warned_of(void **state)
{
	static const struct {
		const char *policy;
		unsigned version;
		const char *first, *second; /* of one warning */
		bool wanted;
		bool is_quiet; /* only what asks for an action */
	} rows[] = {
		{ "service", 249, "futex_waitv", "249", true },
		{ "service", 252, "futex_waitv", "252", false },
		/* The base names it because another systemd allows it unasked. */
		{ "service", 249, "mseal", "", false },
		/* ENOSYS is wanted, and EPERM is given. */
		{ "service", 249, "openat2", "EPERM", true },
		{ "service", 249, "faccessat2", "255", true, false },
		/* Of what nobody asked for that is a comment in the drop-in. */
		{ "service", 249, "openat2", "EPERM", false, true },
		{ "service", 249, "faccessat2", "255", false, true },
		{ "service", 255, "faccessat2", "255", false, true },
		{ "service", 255, "statx", "255", true, true },
		{ "strict", 248, "ptrace", "kill_process", true, true },
		{ "service", 252, "openat2", "ENOSYS", false },
		{ "service", 255, "statx", "255", true },
		/* The list would keep the unit from starting after an upgrade. */
		{ "service", 249, "~statx:ENOSYS", "255", true },
		{ "service", 249, "~clone3:ENOSYS", "255", true },
		{ "service", 252, "~clone3:ENOSYS", "255", false },
		{ "service", 255, "~statx:ENOSYS", "", false },
		{ "service", 252, "ptrace", "EACCES", false },
		{ "service", 252, "kexec_load", "", false },
		/* One list for all ABIs: open is allowed on i386 alone, accept4 on x86-64 alone. */
		{ "service", 252, "x86_64", " open", true },
		{ "service", 252, "x86_64", "accept4", false },
		{ "service", 252, "i386", "accept4", true },
		{ "service", 252, "i386", " open ", false },
		{ "service", 252, "i386", "clone3", false },
		{ "strict", 252, "i386", "", false },
		/* No errors of single calls: the process is killed. */
		{ "strict", 248, "ptrace", "kill_process", true },
		{ "strict", 248, "statx", "kill_process", true },
		{ "strict", 249, "keyctl", "trap", true },
		{ "strict", 249, "acct", "", false },
		{ "strict", 255, "statx", "EPERM", true },
		{ "trial", 252, "ptrace", "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *warnings = NULL;

		free(settings_of(rows[i].policy, rows[i].version, false, !rows[i].is_quiet,
				 &warnings));
		if (warns_of(warnings, rows[i].first, rows[i].second) != rows[i].wanted)
			fail_msg("%s for %u: expected %s warning with \"%s\" and \"%s\" in:\n%s",
				 rows[i].policy, rows[i].version, rows[i].wanted ? "a" : "no",
				 rows[i].first, rows[i].second, warnings);
	}
}

/* What systemd allows unasked, and nobody asked for: named where it can do harm, else only on demand. A
 * list without write keeps a unit of Type=exec from starting, but where it is always allowed. */
static void what_systemd_adds_is_warned_of(void **state)
{
	static const struct {
		unsigned version;
		bool is_verbose;
		const char *first, *second;
		bool wanted;
	} rows[] = {
		{ 252, true, "getuid", "252", true },
		{ 252, false, "getuid", "252", false },
		{ 257, true, "lsm_list_modules", "257", true },
		{ 255, true, "lsm_list_modules", "255", false },
		/* Of i386. */
		{ 252, true, "getuid32", "", false },
		{ 255, false, "Type=exec", "write", true },
		{ 256, false, "Type=exec", "", false },
		{ 256, true, " write", "256", true },
		{ 255, true, " write", "255", false },
		{ 252, true, " read ", "252", false },
	};
	struct error err = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(policy_freep) struct policy *policy = policy_new();
		_cleanup_free_ char *warnings = NULL, *text = NULL;
		struct emit_options options = { .systemd_version = rows[i].version,
						.is_verbose = rows[i].is_verbose,
						.warn = keep_warning };
		size_t size, text_size;
		FILE *warned = open_memstream(&warnings, &size);
		FILE *out = open_memstream(&text, &text_size);

		policy_add_abi(policy, ABI_X86_64);
		policy_add_verdict(policy, ABI_X86_64, 0, ALLOW); /* read */
		assert_int_equal(policy_finish(policy, &err), 0);
		options.context = warned;
		assert_int_equal(emit_policy(emitter_find("systemd"), policy, &options, out, &err),
				 0);
		fclose(warned);
		fclose(out);
		if (warns_of(warnings, rows[i].first, rows[i].second) != rows[i].wanted)
			fail_msg("for %u: expected %s warning with \"%s\" and \"%s\" in:\n%s",
				 rows[i].version, rows[i].wanted ? "a" : "no", rows[i].first,
				 rows[i].second, warnings);
		assert_true(has_line(text, "SystemCallFilter=read"));
	}
}

/* ---- policies at the edge of what a drop-in can say ---- */

static int emit_one(action default_action, int nr, action verdict, unsigned version, char **text,
		    char **warnings)
{
	_cleanup_(policy_freep) struct policy *policy = policy_new();
	struct error err = { 0 };
	size_t size, warnings_size;
	FILE *out = open_memstream(text, &size), *warned = open_memstream(warnings, &warnings_size);
	const struct emit_options options = { .systemd_version = version,
					      .warn = keep_warning,
					      .context = warned };
	int r;

	policy->default_action = default_action;
	policy_add_abi(policy, ABI_X86_64);
	if (nr >= 0) {
		struct rule *rule = policy_add_verdict(policy, ABI_X86_64, nr, verdict);

		rule_add_reason(rule, REASON_BASE, "in a test");
	}
	assert_int_equal(policy_finish(policy, &err), 0);
	r = emit_policy(emitter_find("systemd"), policy, &options, out, &err);
	fclose(out);
	fclose(warned);
	return r;
}

static void an_odd_policy_is_written_or_refused(void **state)
{
	static const struct {
		action default_action;
		int nr; /* of the only rule; -1 none */
		action verdict;
		unsigned version;
		int result;
		const char *line; /* NULL: not looked at */
		const char *warning;
	} rows[] = {
		/* An allow-list that holds nothing of its own must still be one. */
		{ SECCOMP_RET_ERRNO | EPERM, -1, 0, 252, 0, "SystemCallFilter=exit_group", NULL },
		/* brk is in @default. */
		{ SECCOMP_RET_ERRNO | EPERM, 12, ALLOW, 252, 0, "SystemCallFilter=brk", NULL },
		{ SECCOMP_RET_ERRNO | 200, 0, ALLOW, 252, 0, "SystemCallErrorNumber=200", NULL },
		{ SECCOMP_RET_ERRNO | EACCES, 0, ALLOW, 252, 0, "SystemCallErrorNumber=EACCES",
		  NULL },
		{ SECCOMP_RET_KILL_THREAD, 0, ALLOW, 252, 0, "SystemCallErrorNumber=", NULL },
		{ SECCOMP_RET_KILL_PROCESS, 0, ALLOW, 252, 0, "SystemCallErrorNumber=", NULL },
		{ SECCOMP_RET_TRAP, 0, ALLOW, 252, -EOPNOTSUPP, NULL, NULL },
		{ ALLOW, 0, ALLOW, 252, -EOPNOTSUPP, NULL, NULL },
		/* No error at all. */
		{ SECCOMP_RET_ERRNO, 0, ALLOW, 252, -EOPNOTSUPP, NULL, NULL },
		{ SECCOMP_RET_LOG, 0, ALLOW, 247, 0, "SystemCallLog=~read", NULL },
		{ SECCOMP_RET_LOG, 0, ALLOW, 246, -EOPNOTSUPP, NULL, NULL },
		{ SECCOMP_RET_ERRNO | EPERM, 4000, ALLOW, 252, 0, NULL, "4000" },
		{ SECCOMP_RET_ERRNO | EPERM, 0, SECCOMP_RET_LOG, 252, 0, "SystemCallFilter=read",
		  "read" },
		/* memfd_secret came with 5.14: 249 does not know it, and nobody lets it in unasked. */
		{ SECCOMP_RET_ERRNO | EPERM, 447, ALLOW, 249, 0, NULL, "memfd_secret" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *text = NULL, *warnings = NULL;
		int r = emit_one(rows[i].default_action, rows[i].nr, rows[i].verdict,
				 rows[i].version, &text, &warnings);

		if (r != rows[i].result)
			fail_msg("row %zu: expected %d, got %d", i, rows[i].result, r);
		if (rows[i].line && !has_line(text, rows[i].line))
			fail_msg("row %zu: no \"%s\" in:\n%s", i, rows[i].line, text);
		if (rows[i].warning && !has_word(warnings, rows[i].warning) &&
		    strncmp(warnings, rows[i].warning, strlen(rows[i].warning)) != 0)
			fail_msg("row %zu: no warning of %s in:\n%s", i, rows[i].warning, warnings);
	}
}

/* ---- comments ---- */

/* A call with its reason and the phases in which it was seen. */
static void add_reason(struct policy *policy, int nr, uint32_t verdict, enum reason_kind kind,
		       unsigned phases)
{
	struct rule *rule = policy_add_verdict(policy, ABI_X86_64, nr, verdict);

	rule->phases = phases;
	assert_int_equal(rule_add_reason(rule, kind, "because"), 0);
}

/* One section after the other: serving, starting up, seen, not seen, base, refused. Each has a title, and
 * its names are padded to the longest one. What the kind of reason is called is not looked at. */
static void calls_stand_in_sections_with_their_reasons(void **state)
{
	const struct emit_options options = { .systemd_version = 252, .with_reasons = true };
	_cleanup_(policy_freep) struct policy *policy = policy_new();
	_cleanup_free_ char *text = NULL;
	struct error err = { 0 };
	size_t size, found = 0;
	char *rest, *line, *before = NULL;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	policy_add_abi(policy, ABI_X86_64);
	add_reason(policy, 0, ALLOW, REASON_SEEN, 1U << PHASE_SERVING | 1U << PHASE_STARTUP);
	add_reason(policy, 20, ALLOW, REASON_SEEN, 1U << PHASE_SERVING); /* writev */
	add_reason(policy, 2, ALLOW, REASON_SEEN, 1U << PHASE_STARTUP); /* open */
	add_reason(policy, 4, ALLOW, REASON_SEEN, 1U << PHASE_STARTUP); /* stat */
	add_reason(policy, 17, ALLOW, REASON_SEEN, 1U << PHASE_UNKNOWN); /* pread64 */
	add_reason(policy, 6, ALLOW, REASON_SIBLING, 0); /* lstat */
	add_reason(policy, 21, ALLOW, REASON_BASE, 0); /* access */
	add_reason(policy, 12, ALLOW, REASON_BASE, 0); /* brk: implied, so not named */
	add_reason(policy, 101, SECCOMP_RET_ERRNO | EACCES, REASON_ASKED, 0); /* ptrace */
	assert_int_equal(policy_finish(policy, &err), 0);
	assert_int_equal(emit_policy(emitter_find("systemd"), policy, &options, out, &err), 0);
	fclose(out);
	rest = text;
	while ((line = strsep(&rest, "\n")) && strcmp(line, "[Service]") != 0) {
		static const struct {
			const char *starts;
			bool is_first; /* of its section, so behind a title */
		} rows[] = {
			{ "#   read    ", true },  { "#   writev  ", false },
			{ "#   open  ", true },	   { "#   stat  ", false },
			{ "#   pread64  ", true }, { "#   lstat  ", true },
			{ "#   access  ", true },  { "#   ptrace  ", true },
		};

		if (strncmp(line, "#   ", 4) == 0) {
			if (found == ARRAY_SIZE(rows) ||
			    strncmp(line, rows[found].starts, strlen(rows[found].starts)) != 0 ||
			    !strstr(line, "because"))
				fail_msg("line %zu: \"%s\"", found, line);
			if (rows[found].is_first)
				assert_int_equal(before[strlen(before) - 1], ':');
			else
				assert_int_equal(strncmp(before, "#   ", 4), 0);
			found++;
		}
		before = line;
	}
	assert_int_equal(found, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_drop_in_is_written_for_the_target_s_version),
		cmocka_unit_test(each_rule_begins_with_its_version),
		cmocka_unit_test(what_the_target_can_not_do_is_warned_of),
		cmocka_unit_test(what_systemd_adds_is_warned_of),
		cmocka_unit_test(an_odd_policy_is_written_or_refused),
		cmocka_unit_test(calls_stand_in_sections_with_their_reasons),
	};

	return cmocka_run_group_tests_name("drop-ins by version", tests, NULL, NULL);
}
