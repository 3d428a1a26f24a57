// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The settings of units, as systemd reads them. The expectations are systemd's sources
 * (src/core/load-fragment.c, src/shared/conf-parser.c, src/shared/seccomp-util.c) and systemd.exec(5);
 * tests/system/apply.sh compares them with real systemd.
 */
#include "common/cleanup.h"
#include "syscall/abi.h"
#include "systemd/settings.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#define NONE	       (-2) /* the call is not listed */
#define OWN	       SETTINGS_OWN
#define KILL	       UNIT_FILTER_KILL
#define ALL_NAMESPACES 0x7e020080U

static struct unit_settings parse(const char *text, unsigned version)
{
	struct unit_settings settings = settings_new(version);
	struct error err = { 0 };

	if (settings_parse(&settings, "test.service", text, strlen(text), &err) < 0)
		fail_msg("%s", err.message);
	return settings;
}

static int entry(const struct unit_settings *settings, const char *name)
{
	int error;

	return settings_find(settings, name, &error) ? error : NONE;
}

/* ---- SystemCallFilter= ---- */

static const struct {
	const char *text; /* behind "[Service]\n" */
	unsigned version;
	enum settings_list kind;
	const char *name;
	int entry;
} filters[] = {
	{ "", 252, SETTINGS_NONE, "read", NONE },
	/* The first line decides; an allowlist has @default. */
	{ "SystemCallFilter=read", 252, SETTINGS_ALLOW, "read", OWN },
	{ "SystemCallFilter=read", 252, SETTINGS_ALLOW, "nanosleep", OWN },
	{ "SystemCallFilter=read", 252, SETTINGS_ALLOW, "write", NONE },
	{ "SystemCallFilter=~read", 252, SETTINGS_DENY, "read", OWN },
	{ "SystemCallFilter=~read", 252, SETTINGS_DENY, "nanosleep", NONE },
	/* Later lines unite, and those of the other sense remove. */
	{ "SystemCallFilter=read\nSystemCallFilter=write", 252, SETTINGS_ALLOW, "read", OWN },
	{ "SystemCallFilter=read\nSystemCallFilter=~nanosleep", 252, SETTINGS_ALLOW, "nanosleep",
	  NONE },
	{ "SystemCallFilter=~read write\nSystemCallFilter=read", 252, SETTINGS_DENY, "read", NONE },
	{ "SystemCallFilter=~read write\nSystemCallFilter=read", 252, SETTINGS_DENY, "write", OWN },
	{ "SystemCallFilter=~\nSystemCallFilter=read", 252, SETTINGS_DENY, "read", NONE },
	/* An empty line resets, and the next one decides anew. */
	{ "SystemCallFilter=read\nSystemCallFilter=", 252, SETTINGS_NONE, "read", NONE },
	{ "SystemCallFilter=read\nSystemCallFilter=\nSystemCallFilter=~write", 252, SETTINGS_DENY,
	  "write", OWN },
	/* Errors: entries of both kinds from 249 on; before, an allowlist just loses the name. */
	{ "SystemCallFilter=~read:EIO", 252, SETTINGS_DENY, "read", EIO },
	{ "SystemCallFilter=~read:kill write:5", 252, SETTINGS_DENY, "read", KILL },
	{ "SystemCallFilter=~read:kill write:5", 252, SETTINGS_DENY, "write", 5 },
	{ "SystemCallFilter=@io-event\nSystemCallFilter=~poll:EIO", 249, SETTINGS_ALLOW, "poll",
	  EIO },
	{ "SystemCallFilter=@io-event\nSystemCallFilter=~poll:EIO", 248, SETTINGS_ALLOW, "poll",
	  NONE },
	{ "SystemCallFilter=@io-event\nSystemCallFilter=~poll:EIO\nSystemCallFilter=poll", 252,
	  SETTINGS_ALLOW, "poll", OWN },
	{ "SystemCallFilter=~@io-event:EIO", 252, SETTINGS_DENY, "poll", EIO },
	/* Mistakes are ignored, word by word. */
	{ "SystemCallFilter=read:EIO write", 252, SETTINGS_ALLOW, "read", NONE },
	{ "SystemCallFilter=read:EIO write", 252, SETTINGS_ALLOW, "write", OWN },
	{ "SystemCallFilter=~read:ENONSENSE write", 252, SETTINGS_DENY, "read", NONE },
	{ "SystemCallFilter=~read:99999 :EIO write", 252, SETTINGS_DENY, "write", OWN },
	{ "SystemCallFilter=nosuchcall @nosuchgroup write", 252, SETTINGS_ALLOW, "nosuchcall",
	  NONE },
	{ "SystemCallFilter=nosuchcall @nosuchgroup write", 252, SETTINGS_ALLOW, "write", OWN },
	/* Groups mean what they mean in that version. */
	{ "SystemCallFilter=@basic-io", 252, SETTINGS_ALLOW, "llseek", NONE },
	{ "SystemCallFilter=@basic-io", 257, SETTINGS_ALLOW, "llseek", OWN },
	/* The syntax of the file. */
	{ "  SystemCallFilter  =  read  ", 252, SETTINGS_ALLOW, "read", OWN },
	{ "SystemCallFilter=~read \\\n# a comment\n\n  write", 252, SETTINGS_DENY, "write", OWN },
	{ "SystemCallFilter=~read \\\r\n write\r\n", 252, SETTINGS_DENY, "write", OWN },
	{ "SystemCallFilter=~read \\", 252, SETTINGS_DENY, "read", OWN },
	{ "#SystemCallFilter=read\n;SystemCallFilter=read", 252, SETTINGS_NONE, "read", NONE },
	{ "systemcallfilter=read\nSystemCallFilters=read", 252, SETTINGS_NONE, "read", NONE },
	{ "[Unit]\nSystemCallFilter=read", 252, SETTINGS_NONE, "read", NONE },
	{ "[Unit]\n[Service]\nSystemCallFilter=read", 252, SETTINGS_ALLOW, "read", OWN },
};

static void filters_are_read_as_systemd_reads_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		_cleanup_(settings_clean) struct unit_settings settings = { 0 };
		char text[512];

		snprintf(text, sizeof(text), "[Service]\n%s", filters[i].text);
		settings = parse(text, filters[i].version);
		if (settings.filter != filters[i].kind ||
		    entry(&settings, filters[i].name) != filters[i].entry)
			fail_msg("systemd %u, \"%s\": kind %d, %s %d", filters[i].version,
				 filters[i].text, settings.filter, filters[i].name,
				 entry(&settings, filters[i].name));
	}
}

static void files_follow_one_another(void **state)
{
	static const char first[] =
		"[Service]\nSystemCallFilter=~read\nSystemCallErrorNumber=EIO\n",
			  second[] = "[Service]\nSystemCallFilter=write\nSystemCallErrorNumber=\n",
			  third[] = "SystemCallFilter=\n"; /* in no section */
	_cleanup_(settings_clean) struct unit_settings settings = parse(first, 252);
	struct error err = { 0 };

	(void)state;
	assert_int_equal(settings.error_number, EIO);
	assert_int_equal(settings_parse(&settings, "b", second, strlen(second), &err), 0);
	assert_int_equal(settings_parse(&settings, "c", third, strlen(third), &err), 0);
	assert_int_equal(settings.filter, SETTINGS_DENY);
	assert_int_equal(entry(&settings, "read"), OWN);
	assert_int_equal(entry(&settings, "write"), NONE);
	assert_int_equal(settings.error_number, KILL);
}

/* ---- the others ---- */

#define FAMILY(name) (UINT64_C(1) << (name))

static const struct {
	const char *text;
	enum settings_list kind;
	uint64_t listed;
} families[] = {
	{ "RestrictAddressFamilies=AF_INET AF_UNIX", SETTINGS_ALLOW,
	  FAMILY(AF_INET) | FAMILY(AF_UNIX) },
	{ "RestrictAddressFamilies=~AF_INET", SETTINGS_DENY, FAMILY(AF_INET) },
	{ "RestrictAddressFamilies=AF_INET\nRestrictAddressFamilies=\"AF_LOCAL\"", SETTINGS_ALLOW,
	  FAMILY(AF_INET) | FAMILY(AF_UNIX) },
	{ "RestrictAddressFamilies=AF_INET AF_UNIX\nRestrictAddressFamilies=~AF_UNIX",
	  SETTINGS_ALLOW, FAMILY(AF_INET) },
	{ "RestrictAddressFamilies=~AF_INET AF_UNIX\nRestrictAddressFamilies=AF_UNIX",
	  SETTINGS_DENY, FAMILY(AF_INET) },
	{ "RestrictAddressFamilies=none", SETTINGS_ALLOW, 0 },
	{ "RestrictAddressFamilies=none\nRestrictAddressFamilies=AF_INET", SETTINGS_ALLOW,
	  FAMILY(AF_INET) },
	{ "RestrictAddressFamilies=none\nRestrictAddressFamilies=~AF_INET", SETTINGS_DENY,
	  FAMILY(AF_INET) },
	{ "RestrictAddressFamilies=AF_INET\nRestrictAddressFamilies=", SETTINGS_NONE, 0 },
	{ "RestrictAddressFamilies=AF_NONSENSE 2 AF_UNSPEC AF_INET|AF_UNIX AF_INET", SETTINGS_ALLOW,
	  FAMILY(AF_INET) },
};

static const struct {
	const char *text;
	bool is_set;
	uint64_t allowed;
} namespaces[] = {
	{ "RestrictNamespaces=yes", true, 0 },
	{ "RestrictNamespaces=no", true, ALL_NAMESPACES },
	{ "RestrictNamespaces=net user", true, CLONE_NEWNET | CLONE_NEWUSER },
	{ "RestrictNamespaces=~net", true, ALL_NAMESPACES & ~(unsigned)CLONE_NEWNET },
	{ "RestrictNamespaces=net\nRestrictNamespaces=user", true, CLONE_NEWNET | CLONE_NEWUSER },
	{ "RestrictNamespaces=net user\nRestrictNamespaces=~user", true, CLONE_NEWNET },
	{ "RestrictNamespaces=yes\nRestrictNamespaces=user", true, CLONE_NEWUSER },
	{ "RestrictNamespaces=user\nRestrictNamespaces=", false, 0 },
	/* A word that it does not know: the whole line is ignored. */
	{ "RestrictNamespaces=user nonsense", false, 0 },
};

static void families_and_namespaces_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		_cleanup_(settings_clean) struct unit_settings settings = { 0 };
		char text[512];

		snprintf(text, sizeof(text), "[Service]\n%s\n", families[i].text);
		settings = parse(text, 252);
		if (settings.families != families[i].kind ||
		    settings.families_listed != families[i].listed)
			fail_msg("%s: %d, %llx", families[i].text, settings.families,
				 (unsigned long long)settings.families_listed);
	}
	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++) {
		_cleanup_(settings_clean) struct unit_settings settings = { 0 };
		char text[512];

		snprintf(text, sizeof(text), "[Service]\n%s\n", namespaces[i].text);
		settings = parse(text, 257);
		if (settings.has_namespaces != namespaces[i].is_set ||
		    (namespaces[i].is_set && settings.namespaces != namespaces[i].allowed))
			fail_msg("%s: %d, %llx", namespaces[i].text, settings.has_namespaces,
				 (unsigned long long)settings.namespaces);
	}
}

static void architectures_and_flags_are_read(void **state)
{
	_cleanup_(settings_clean) struct unit_settings settings = parse(
		"[Service]\nSystemCallArchitectures=native x86\nSystemCallArchitectures=nonsense\n"
		"MemoryDenyWriteExecute=1\nLockPersonality=On\nRestrictRealtime=yes\n"
		"RestrictRealtime=maybe\nRestrictSUIDSGID=yes\nRestrictSUIDSGID=no\n",
		252);

	(void)state;
	assert_true(settings.has_architectures);
	assert_true(settings.has_native);
	assert_int_equal(settings.architectures, 1U << ABI_I386);
	assert_true(settings.flags[SETTINGS_MEMORY_DENY_WRITE_EXECUTE]);
	assert_true(settings.flags[SETTINGS_LOCK_PERSONALITY]);
	assert_true(settings.flags[SETTINGS_RESTRICT_REALTIME]);
	assert_false(settings.flags[SETTINGS_RESTRICT_SUID_SGID]);
}

/* ---- as text, and broken files ---- */

static void what_is_written_is_read_back(void **state)
{
	static const char *const texts[] = {
		"[Service]\n",
		"[Service]\nSystemCallFilter=@system-service\nSystemCallFilter=~nanosleep poll:EIO "
		"kill:kill\nSystemCallErrorNumber=EACCES\nSystemCallArchitectures=native x86\n"
		"RestrictAddressFamilies=~AF_INET AF_PACKET\nRestrictNamespaces=~user net\n"
		"MemoryDenyWriteExecute=yes\n",
		("[Service]\nSystemCallFilter=~@mount ptrace:ENOSYS\nRestrictAddressFamilies=none\n"
		 "RestrictNamespaces=yes\nSystemCallArchitectures=x86-64\n"),
		"[Service]\nSystemCallFilter=~\nRestrictAddressFamilies=AF_UNIX\n",
		"[Service]\nSystemCallArchitectures=parisc\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_(settings_clean) struct unit_settings settings = parse(texts[i], 257);
		_cleanup_(settings_clean) struct unit_settings again = { 0 };
		_cleanup_free_ char *text = NULL;
		const char *name, *setting;
		size_t size;
		FILE *out = open_memstream(&text, &size);

		assert_non_null(out);
		settings_write(&settings, out);
		assert_int_equal(fclose(out), 0);
		again = parse(text, 257);
		setting = settings_difference(&settings, &again, &name);
		if (setting)
			fail_msg("%s differs (%s):\n%s", setting, name ? name : "", text);
	}
}

static void differences_are_found(void **state)
{
	static const struct {
		const char *a, *b, *setting;
	} pairs[] = {
		{ "SystemCallFilter=read", "SystemCallFilter=read write", "SystemCallFilter" },
		{ "SystemCallFilter=~read", "SystemCallFilter=~read:EIO", "SystemCallFilter" },
		{ "SystemCallFilter=read", "SystemCallFilter=~read", "SystemCallFilter" },
		{ "SystemCallErrorNumber=EIO", "", "SystemCallErrorNumber" },
		{ "SystemCallArchitectures=native", "", "SystemCallArchitectures" },
		{ "RestrictAddressFamilies=AF_INET", "RestrictAddressFamilies=~AF_INET",
		  "RestrictAddressFamilies" },
		{ "RestrictNamespaces=yes", "RestrictNamespaces=net", "RestrictNamespaces" },
		{ "RestrictRealtime=yes", "", "RestrictRealtime" },
		{ "SystemCallFilter=~", "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		_cleanup_(settings_clean) struct unit_settings a = { 0 }, b = { 0 };
		char text[256];
		const char *name, *setting;

		snprintf(text, sizeof(text), "[Service]\n%s\n", pairs[i].a);
		a = parse(text, 252);
		snprintf(text, sizeof(text), "[Service]\n%s\n", pairs[i].b);
		b = parse(text, 252);
		setting = settings_difference(&a, &b, &name);
		if (!pairs[i].setting)
			assert_null(setting);
		else
			assert_string_equal(setting, pairs[i].setting);
	}
}

static void broken_files_are_named(void **state)
{
	static const char open_section[] = "[Service]\n\n[Unit\n", nul[] = "[Service]\n\0x";
	struct unit_settings settings = settings_new(252);
	struct error err = { 0 };

	(void)state;
	assert_int_equal(
		settings_parse(&settings, "a.service", open_section, strlen(open_section), &err),
		-EBADMSG);
	assert_string_equal(err.message, "a.service: line 3: section header without \"]\"");
	assert_int_equal(settings_parse(&settings, "b.service", nul, sizeof(nul) - 1, &err),
			 -EBADMSG);
	assert_non_null(strstr(err.message, "b.service: this is no unit file"));
	settings_clean(&settings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filters_are_read_as_systemd_reads_them),
		cmocka_unit_test(files_follow_one_another),
		cmocka_unit_test(families_and_namespaces_are_read),
		cmocka_unit_test(architectures_and_flags_are_read),
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(differences_are_found),
		cmocka_unit_test(broken_files_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
