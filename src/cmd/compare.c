// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * `whittle compare`: prints the calls for which two policies or filters give different results. The
 * exit codes are those of diff(1).
 */
#include "cmd/commands.h"
#include "cmd/operand.h"
#include "cmd/report.h"
#include "cmd/rule_text.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/print.h"
#include "policy/action.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>

#define EXIT_DIFFERENT 1
#define EXIT_TROUBLE   2

struct compare_arguments {
	bool json;
	bool quiet;
};

static const struct option_row compare_rows[] = {
	{ 'j', "json", OPTION_FLAG, NULL, "print the differences as JSON",
	  offsetof(struct compare_arguments, json), VALUE_ANY, NULL },
	{ 'q', "quiet", OPTION_FLAG, NULL, "print nothing; only set the exit code",
	  offsetof(struct compare_arguments, quiet), VALUE_ANY, NULL },
	OPTION_END,
};

/* ---- text ---- */

static void print_numbers(const struct difference *difference)
{
	const char *first = syscall_name(difference->abi, difference->nr);

	print_text(stdout, "%s:", abi_info(difference->abi)->name);
	if (difference->nr == difference->last) {
		rule_text_print_call(stdout, difference->abi, difference->nr);
		return;
	}
	printf("%u-%u", (uint32_t)difference->nr, (uint32_t)difference->last);
	if (first)
		print_text(stdout, " (%s ...)", first);
}

static void print_example(const struct difference *difference)
{
	fputs("  for example with", stdout);
	for (unsigned i = 0; i < 6; i++)
		print_text(stdout, "%s 0x%" PRIx64, i ? "," : "", difference->arguments[i]);
	putchar('\n');
}

static void print_difference(void *context, const struct difference *difference)
{
	char left[32], right[32];

	(void)context;
	if (difference->is_foreign)
		printf("ABIs that neither side names (as AUDIT_ARCH 0x%x)", difference->arch);
	else
		print_numbers(difference);
	print_text(stdout, ": %s | %s\n", action_format(difference->left, left, sizeof(left)),
		   action_format(difference->right, right, sizeof(right)));
	if (!difference->depends_on_arguments)
		return;
	for (size_t i = 0; difference->where && i < difference->where->clauses_count; i++) {
		fputs("  where ", stdout);
		rule_text_print_clause(stdout, difference->where, &difference->where->clauses[i]);
		putchar('\n');
	}
	print_example(difference);
}

/* ---- JSON ---- */

static void json_difference(void *context, const struct difference *difference)
{
	struct json_writer *json = context;
	char name[32];

	json_write_object(json, NULL);
	if (difference->is_foreign) {
		json_write_uint(json, "arch", difference->arch);
	} else {
		json_write_string(json, "abi", abi_info(difference->abi)->name);
		if (syscall_name(difference->abi, difference->nr))
			json_write_string(json, "name",
					  syscall_name(difference->abi, difference->nr));
	}
	json_write_uint(json, "first", (uint32_t)difference->nr);
	json_write_uint(json, "last", (uint32_t)difference->last);
	json_write_string(json, "left", action_format(difference->left, name, sizeof(name)));
	json_write_string(json, "right", action_format(difference->right, name, sizeof(name)));
	json_write_bool(json, "depends_on_arguments", difference->depends_on_arguments);
	json_write_array_line(json, "arguments");
	for (unsigned i = 0; i < 6; i++)
		json_write_hex(json, NULL, difference->arguments[i]);
	json_write_end_array(json);
	json_write_end_object(json);
}

/* Writes to memory first, so that a failure prints no half of a JSON value. */
static int compare_json(struct side left, struct side right, struct error *err)
{
	_cleanup_free_ char *text = NULL;
	struct json_writer json;
	size_t size;
	FILE *memory = open_memstream(&text, &size);
	int r;

	if (!memory)
		return error_oom(err);
	json = json_writer(memory);
	json_write_object(&json, NULL);
	json_write_array(&json, "differences");
	r = filter_compare(left, right, json_difference, &json, err);
	json_write_end_array(&json);
	json_write_bool(&json, "same", r == 0);
	json_write_end_object(&json);
	if (fclose(memory) != 0 && r >= 0)
		return error_oom(err);
	if (r >= 0)
		fwrite(text, 1, size, stdout);
	return r;
}

static int compare(const struct compare_arguments *arguments, char *const names[2],
		   struct error *err)
{
	_cleanup_(operand_clear) struct source left_source = { 0 }, right_source = { 0 };
	struct side left = { 0 }, right = { 0 };
	int r = operand_read(names[0], &left_source, err);

	if (r == 0)
		r = operand_read(names[1], &right_source, err);
	if (r == 0)
		r = operand_side(&left_source, names[0], &left, err);
	if (r == 0)
		r = operand_side(&right_source, names[1], &right, err);
	if (r < 0)
		return r;
	if (arguments->json)
		return compare_json(left, right, err);
	return filter_compare(left, right, arguments->quiet ? NULL : print_difference, NULL, err);
}

static int cmd_compare(int argc, char *argv[])
{
	struct compare_arguments arguments = { 0 };
	struct error err = { 0 };
	int first, r;

	if (options_parse(&command_compare, argc, argv, &arguments, &first, &err) < 0) {
		report_usage(&command_compare, &err);
		return EXIT_TROUBLE;
	}
	if (argc - first != 2) {
		error_set(&err, -EINVAL, "name two policies, filters, processes or units");
		report_usage(&command_compare, &err);
		return EXIT_TROUBLE;
	}
	r = compare(&arguments, &argv[first], &err);
	if (r < 0) {
		report(&err);
		return EXIT_TROUBLE;
	}
	if (report_finish_output() != EXIT_SUCCESS)
		return EXIT_TROUBLE;
	return r > 0 ? EXIT_DIFFERENT : EXIT_SUCCESS;
}

const struct command command_compare = {
	.name = "compare",
	.group = GROUP_FILES,
	.run = cmd_compare,
	.summary = "show the differences between two policies or filters",
	.usage = "[OPTION]... ONE OTHER",
	.options = compare_rows,
	.description =
		"ONE and OTHER are files (policies, filters), process ids or units, in any mix. Write\n"
		"pid:N or unit:NAME if the kind is in doubt. The exit code is 0 if both give the same\n"
		"result for every call, 1 if they differ, 2 on failure.",
	.operand = VALUE_FILE,
};
