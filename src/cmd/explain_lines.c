// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cmd/explain_lines.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/utf8.h"
#include "syscall/syscall.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A line of MARK has the number behind BEFORE_NUMBER, in BASE 0 as in C. */
static const struct form {
	const char *mark;
	const char *before_number; /* NULL: the line has none */
	int base;
	const char *who;
} forms[] = {
	/* sandbox-seccomp-filter.c: ssh_sandbox_violation() */
	{ "ssh_sandbox_violation: unexpected system call", "syscall:", 10, "OpenSSH's sandbox" },
	/* security/sandbox/linux/reporter */
	{ "Sandbox: seccomp sandbox violation:", "syscall ", 10, "Firefox's sandbox" },
	/* sandbox/linux/seccomp-bpf-helpers/sigsys_handlers.cc: four decimal digits */
	{ "seccomp-bpf failure in syscall ", "in syscall ", 10, "Chromium's sandbox" },
	/* debuggerd */
	{ "seccomp prevented call to disallowed ", " system call ", 10, "Android's filter" },
	/* src/basic/exit-status.c: 31 is SIGSYS */
	{ "status=31/SYS", NULL, 0, NULL },
};

static const struct form *find_form(const char *line, size_t length, const char **mark)
{
	/* A program that has the words in it is no log. */
	if (memchr(line, '\0', length))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		*mark = memmem(line, length, forms[i].mark, strlen(forms[i].mark));
		if (*mark)
			return &forms[i];
	}
	return NULL;
}

/* The number behind TEXT, from MARK on; false: there is none. */
static bool number_behind(const char *mark, const char *end, const char *text, int base,
			  uint64_t *number)
{
	const char *at = memmem(mark, (size_t)(end - mark), text, strlen(text));
	char digits[24] = "", *stop;
	size_t length = 0;

	if (!at)
		return false;
	at += strlen(text);
	/* Chromium: "nr=0x13f". */
	if (end - at > 3 && memcmp(at, "nr=", 3) == 0)
		at += 3;
	if (end - at > 2 && at[0] == '0' && at[1] == 'x')
		base = 16;
	while (at + length < end && length < sizeof(digits) - 1 &&
	       strchr("0123456789abcdefx", at[length]) && at[length]) {
		digits[length] = at[length];
		length++;
	}
	*number = strtoull(digits, &stop, base);
	return stop > digits && *number <= INT32_MAX;
}

static bool find_abi(const char *mark, const char *end, int nr, enum abi *abi)
{
	static const struct {
		const char *word;
		enum abi abi;
	} machines[] = {
		{ "disallowed arm64 ", ABI_AARCH64 },
		{ "disallowed arm ", ABI_ARM },
		{ "disallowed x86_64 ", ABI_X86_64 },
		{ "disallowed x86 ", ABI_I386 },
	};
	uint64_t arch;
	const char *at = memmem(mark, (size_t)(end - mark), "(arch:0x", 8);

	if (at) {
		char digits[12];

		snprintf(digits, sizeof(digits), "%.*s", (int)(end - at - 8 < 8 ? end - at - 8 : 8),
			 at + 8);
		arch = strtoull(digits, NULL, 16);
		return abi_from_audit((uint32_t)arch, nr, abi) == 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		if (memmem(mark, (size_t)(end - mark), machines[i].word,
			   strlen(machines[i].word))) {
			*abi = machines[i].abi;
			return true;
		}
	return false;
}

static void write_call(FILE *out, const struct form *form, const char *mark, const char *end)
{
	enum abi abi = abi_native();
	const char *name;
	uint64_t number;
	bool is_known;

	if (!number_behind(mark, end, form->before_number, form->base, &number)) {
		fprintf(out, "%s denied a call, whose number the line lacks", form->who);
		return;
	}
	is_known = find_abi(mark, end, (int)number, &abi);
	name = syscall_name(abi, (int)number);
	fprintf(out, "%s denied system call %" PRIu64 ", which is %s on %s", form->who, number,
		name ? name : "unknown", abi_info(abi)->name);
	if (!is_known)
		fputs(" (the line has no architecture; this is the machine's)", out);
}

static void write_unit(FILE *out, const char *line, const char *mark)
{
	const char *colon = memmem(line, (size_t)(mark - line), ": Main process", 14);
	const char *start = colon ? memrchr(line, ' ', (size_t)(colon - line)) : NULL;

	if (start)
		fprintf(out, "%.*s: ", (int)(colon - start - 1), start + 1);
	fputs("a denied system call killed the process (SIGSYS); the kernel's record has the call: "
	      "journalctl -k | whittle explain",
	      out);
}

static void explain_line(const struct form *form, const char *line, const char *mark,
			 const char *end, bool as_json)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	if (form->before_number)
		write_call(out, form, mark, end);
	else
		write_unit(out, line, mark);
	if (fclose(out) != 0)
		return;
	if (as_json) {
		struct json_writer json = json_writer(stdout);

		json_write_object_line(&json, NULL);
		json_write_string(&json, "line", text);
		json_write_end_object(&json);
		return;
	}
	utf8_print_safe(stdout, text);
	putchar('\n');
}

size_t explain_lines(const char *data, size_t length, bool as_json)
{
	const char *at = data, *end = data + length, *mark;
	size_t count = 0;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *stop = newline ? newline : end;
		const struct form *form = find_form(at, (size_t)(stop - at), &mark);

		if (form) {
			explain_line(form, at, mark, stop, as_json);
			count++;
		}
		at = stop + 1;
	}
	return count;
}
