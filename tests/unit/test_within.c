// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A policy within the settings of a unit, call by call, for the versions of systemd between which that
 * differs: what both allow is allowed, what the unit denies keeps its action, and what only the policy denies
 * gets the policy's. The text of the drop-in, read as systemd reads it, must say the same as its meaning.
 */
#include "common/cleanup.h"
#include "emit/emit.h"
#include "emit/systemd.h"
#include "policy/policy.h"
#include "syscall/syscall.h"
#include "systemd/settings.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#define ALLOW	     SECCOMP_RET_ALLOW
#define FAIL(number) (SECCOMP_RET_ERRNO | (number))
#define KILL	     SECCOMP_RET_KILL_PROCESS
#define NEWEST	     UINT32_MAX

static const char *const own_settings[] = {
	/* 0 */ "SystemCallFilter=@system-service\nSystemCallFilter=~@privileged nanosleep\n"
		"SystemCallErrorNumber=EACCES\n",
	/* 1: the process is killed */ "SystemCallFilter=~chown ptrace:EIO clock_nanosleep\n",
	/* 2 */ "SystemCallFilter=~chown\nSystemCallErrorNumber=ENOSYS\n",
	/* 3: the error of one call of an allowlist */
	"SystemCallFilter=@system-service\nSystemCallFilter=~getpid:EXDEV keyctl:kill\n"
	"SystemCallErrorNumber=EPERM\n",
	/* 4: nothing is denied */ "SystemCallErrorNumber=EIO\nSystemCallFilter=\n",
	/* 5: a unit without any */ "",
};

/* What the policy allows. */
static const char *const allowed[] = { "read",	 "write",  "getpid", "chown",
				       "ptrace", "keyctl", "mount",  "execve" };

static struct policy *make_policy(action fallback)
{
	struct policy *policy = policy_new();
	struct error err = { 0 };

	policy->default_action = fallback;
	policy_add_abi(policy, ABI_X86_64);
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++)
		rule_add_reason(policy_add_verdict(policy, ABI_X86_64,
						   syscall_number(ABI_X86_64, allowed[i]), ALLOW),
				i % 2 ? REASON_SEEN : REASON_SIBLING, "in a test");
	if (policy_finish(policy, &err) < 0)
		fail_msg("%s", err.message);
	return policy;
}

static struct unit_settings own(size_t index, unsigned version)
{
	struct unit_settings settings = settings_new(version);
	struct error err = { 0 };
	char text[512];

	snprintf(text, sizeof(text), "[Service]\n%s", own_settings[index]);
	if (settings_parse(&settings, "own", text, strlen(text), &err) < 0)
		fail_msg("%s", err.message);
	return settings;
}

static const struct {
	size_t own;
	const char *name;
	action before_255, since_255; /* NEWEST: the same */
} rows[] = {
	{ 0, "read", ALLOW, NEWEST },
	{ 0, "getpid", ALLOW, NEWEST },
	{ 0, "chown", FAIL(EACCES), NEWEST }, /* both name it, and the unit denies it */
	{ 0, "mount", FAIL(EACCES), NEWEST },
	{ 0, "reboot", FAIL(EACCES), NEWEST }, /* nobody allows it */
	{ 0, "nanosleep", FAIL(EACCES), NEWEST }, /* of @default */
	{ 0, "getppid", ALLOW, NEWEST }, /* of @default too, and the unit allows it */
	{ 0, "dup", FAIL(EPERM), NEWEST }, /* only the policy denies it */
	{ 1, "read", ALLOW, NEWEST },
	{ 1, "mount", ALLOW, NEWEST },
	{ 1, "chown", KILL, NEWEST },
	{ 1, "ptrace", FAIL(EIO), NEWEST },
	{ 1, "clock_nanosleep", KILL, NEWEST },
	{ 1, "nanosleep", ALLOW, NEWEST },
	{ 1, "dup", FAIL(EPERM), NEWEST },
	{ 2, "chown", FAIL(ENOSYS), NEWEST },
	{ 2, "ptrace", ALLOW, NEWEST },
	{ 2, "dup", FAIL(EPERM), NEWEST },
	{ 3, "getpid", FAIL(EXDEV), NEWEST },
	{ 3, "keyctl", KILL, NEWEST },
	{ 3, "dup", FAIL(EPERM), NEWEST },
	{ 3, "reboot", FAIL(EPERM), NEWEST },
	{ 4, "chown", ALLOW, NEWEST },
	{ 4, "dup", FAIL(EPERM), NEWEST },
	{ 5, "mount", ALLOW, NEWEST },
	{ 5, "dup", FAIL(EPERM), NEWEST },
	/* Known to no version's @known: the kernel's default of a newer systemd. */
	{ 5, "tuxcall", FAIL(EPERM), FAIL(ENOSYS) },
};

static const unsigned versions[] = { 249, 252, 254, 255, 257 };

static action meant(const struct policy *meaning, const char *name)
{
	static const uint64_t none[6];

	return policy_evaluate(meaning, ABI_X86_64, syscall_number(ABI_X86_64, name), none);
}

static struct policy *meaning_of(const struct policy *policy, const struct emit_options *options)
{
	struct policy *meaning = NULL;
	struct error err = { 0 };

	if (emit_meaning(emitter_find("systemd"), policy, options, &meaning, &err) < 0)
		fail_msg("%s", err.message);
	return meaning;
}

static void both_decide(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = make_policy(FAIL(EPERM));

	(void)state;
	for (size_t v = 0; v < ARRAY_SIZE(versions); v++)
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
			_cleanup_(settings_clean) struct unit_settings settings =
				own(rows[i].own, versions[v]);
			const struct emit_options options = { .systemd_version = versions[v],
							      .within = &settings };
			_cleanup_(policy_freep) struct policy *meaning =
				meaning_of(policy, &options);
			action wanted = versions[v] >= 255 && rows[i].since_255 != NEWEST
						? rows[i].since_255
						: rows[i].before_255;

			if (meant(meaning, rows[i].name) != wanted)
				fail_msg("systemd %u, settings %zu: %s is %x, not %x", versions[v],
					 rows[i].own, rows[i].name, meant(meaning, rows[i].name),
					 wanted);
		}
}

static char *text_of(const struct policy *policy, const struct emit_options *options)
{
	struct error err = { 0 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out || emit_policy(emitter_find("systemd"), policy, options, out, &err) < 0 ||
	    fclose(out) != 0)
		fail_msg("%s", err.message);
	return text;
}

/* For every call, every version and several defaults; the drop-in comes after the unit's own lines. */
static void text_and_meaning_agree(void **state)
{
	static const action defaults[] = { FAIL(EPERM), FAIL(ENOSYS), KILL };
	const struct syscall_entry *calls;
	size_t count = syscall_table(ABI_X86_64, &calls);

	(void)state;
	for (size_t d = 0; d < ARRAY_SIZE(defaults); d++)
		for (size_t v = 0; v < ARRAY_SIZE(versions); v++)
			for (size_t s = 0; s < ARRAY_SIZE(own_settings); s++) {
				_cleanup_(policy_freep) struct policy *policy =
					make_policy(defaults[d]);
				_cleanup_(settings_clean) struct unit_settings settings =
					own(s, versions[v]);
				_cleanup_(settings_clean) struct unit_settings read =
					own(s, versions[v]);
				const struct emit_options options = {
					.systemd_version = versions[v],
					.within = &settings,
				};
				_cleanup_(policy_freep) struct policy *meaning =
					meaning_of(policy, &options);
				_cleanup_free_ char *text = text_of(policy, &options);
				struct systemd_target target;
				struct error err = { 0 };
				char what[128];

				systemd_target_find(policy, &options, &target);
				assert_int_equal(
					settings_parse(&read, "drop-in", text, strlen(text), &err),
					0);
				for (size_t i = 0; i < count; i++) {
					action is = systemd_settings_action(&read, &target,
									    calls[i].name);

					if (systemd_knows(&target, calls[i].name) &&
					    is != meant(meaning, calls[i].name))
						fail_msg("systemd %u, settings %zu, default %x: "
							 "%s is %x in the text and %x in the "
							 "meaning",
							 versions[v], s, defaults[d], calls[i].name,
							 is, meant(meaning, calls[i].name));
				}
				if (systemd_settings_exceed(&read, &settings, &target, what,
							    sizeof(what)))
					fail_msg("systemd %u, settings %zu: %s is allowed",
						 versions[v], s, what);
			}
}

/* ---- messages ---- */

struct messages {
	char text[4096];
};

static void keep(void *context, const char *message)
{
	struct messages *messages = context;
	size_t used = strlen(messages->text);

	snprintf(messages->text + used, sizeof(messages->text) - used, "%s\n", message);
}

static void what_stays_denied_is_named(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = make_policy(FAIL(EPERM));
	_cleanup_(settings_clean) struct unit_settings settings = own(0, 252);
	struct messages messages = { "" };
	struct emit_options options = { .systemd_version = 252,
					.within = &settings,
					.warn = keep,
					.context = &messages,
					.remedy = " (--widen allows it)" };
	_cleanup_free_ char *text = text_of(policy, &options), *wide = NULL;

	(void)state;
	assert_null(strstr(text, "SystemCallFilter=chown"));
	/* chown was observed; ptrace was inferred, and mount too. */
	assert_non_null(strstr(messages.text,
			       "chown stays denied although it was observed: the unit's own "
			       "SystemCallFilter= denies it (--widen allows it)\n"));
	assert_null(strstr(messages.text, "ptrace stays denied"));
	assert_non_null(strstr(messages.text, "2 inferred calls stay denied too"));
	assert_null(strstr(messages.text, "keyctl"));
	messages.text[0] = '\0';
	options.is_widened = true;
	wide = text_of(policy, &options);
	assert_null(strstr(messages.text, "stays denied"));
	assert_non_null(strstr(wide, "\nSystemCallFilter=chown "));
	assert_non_null(strstr(wide, "setuid:EACCES"));
}

static void address_families_and_namespaces_are_intersected(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = make_policy(FAIL(EPERM));
	_cleanup_(settings_clean) struct unit_settings settings = settings_new(252);
	static const char own_text[] =
		"[Service]\nRestrictAddressFamilies=~AF_NETLINK\nRestrictNamespaces=~user\n";
	const struct emit_options options = { .systemd_version = 252, .within = &settings };
	_cleanup_free_ char *text = NULL;
	struct error err = { 0 };
	struct rule *rule;

	(void)state;
	assert_int_equal(settings_parse(&settings, "own", own_text, strlen(own_text), &err), 0);
	rule = policy_add_verdict(policy, ABI_X86_64, syscall_number(ABI_X86_64, "socket"), ALLOW);
	rule_add_reason(rule, REASON_SEEN, "in a test");
	rule_add_seen(rule, &(struct argument_values){ .count = 1, .value = { AF_UNIX, 1, 0 } });
	rule_add_seen(rule, &(struct argument_values){ .count = 1, .value = { AF_NETLINK, 1, 0 } });
	rule = policy_add_verdict(policy, ABI_X86_64, syscall_number(ABI_X86_64, "unshare"), ALLOW);
	rule_add_reason(rule, REASON_SEEN, "in a test");
	rule_add_seen(rule, &(struct argument_values){ .count = 1, .value = { CLONE_NEWUSER } });
	rule_add_seen(rule, &(struct argument_values){ .count = 1, .value = { CLONE_NEWNET } });
	assert_int_equal(policy_finish(policy, &err), 0);
	text = text_of(policy, &options);
	assert_non_null(
		strstr(text, "\nRestrictAddressFamilies=\nRestrictAddressFamilies=AF_UNIX\n"));
	assert_non_null(strstr(text, "\nRestrictNamespaces=\nRestrictNamespaces=net\n"));
}

static void an_excluded_abi_is_left_out(void **state)
{
	_cleanup_(policy_freep) struct policy *policy = make_policy(FAIL(EPERM)), *meaning = NULL;
	_cleanup_(settings_clean) struct unit_settings settings = settings_new(252);
	static const char native[] = "[Service]\nSystemCallArchitectures=native\n",
			  foreign[] = "[Service]\nSystemCallArchitectures=\n"
				      "SystemCallArchitectures=x86\n";
	const struct emit_options options = { .systemd_version = 252, .within = &settings };
	_cleanup_free_ char *text = NULL;
	struct error err = { 0 };

	(void)state;
	policy_add_abi(policy, ABI_I386);
	rule_add_reason(
		policy_add_verdict(policy, ABI_I386, syscall_number(ABI_I386, "read"), ALLOW),
		REASON_SEEN, "in a test");
	assert_int_equal(policy_finish(policy, &err), 0);
	assert_int_equal(settings_parse(&settings, "own", native, strlen(native), &err), 0);
	text = text_of(policy, &options);
	assert_non_null(strstr(text, "\nSystemCallArchitectures=native\n"));
	assert_int_equal(settings_parse(&settings, "own", foreign, strlen(foreign), &err), 0);
	assert_int_equal(emit_meaning(emitter_find("systemd"), policy, &options, &meaning, &err),
			 -EOPNOTSUPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_decide),
		cmocka_unit_test(text_and_meaning_agree),
		cmocka_unit_test(what_stays_denied_is_named),
		cmocka_unit_test(address_families_and_namespaces_are_intersected),
		cmocka_unit_test(an_excluded_abi_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
