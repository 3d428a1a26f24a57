// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * `whittle decode`: converts a filter back to a policy. The filter comes from a file, or from the kernel
 * for a process or a unit.
 */
#include "filter/decode.h"
#include "cmd/commands.h"
#include "cmd/operand.h"
#include "cmd/report.h"
#include "cmd/rule_text.h"
#include "common/cleanup.h"
#include "common/file.h"
#include "common/print.h"
#include "filter/disassemble.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

struct decode_arguments {
	const char *output;
	const char *pid;
	const char *unit;
	bool json;
	bool assembly;
};

static const struct option_row decode_rows[] = {
	{ 'p', "pid", OPTION_STRING, "PID", "the filters of a running process",
	  offsetof(struct decode_arguments, pid), VALUE_PID, NULL },
	{ 'u', "unit", OPTION_STRING, "UNIT", "the filters of a unit's processes",
	  offsetof(struct decode_arguments, unit), VALUE_UNIT, NULL },
	{ 'o', "output", OPTION_STRING, "FILE", "write the policy to FILE, as JSON",
	  offsetof(struct decode_arguments, output), VALUE_FILE, NULL },
	{ 'j', "json", OPTION_FLAG, NULL, "print the policy as JSON",
	  offsetof(struct decode_arguments, json), VALUE_ANY, NULL },
	{ 0, "asm", OPTION_FLAG, NULL, "print the instructions with comments",
	  offsetof(struct decode_arguments, assembly), VALUE_ANY, NULL },
	OPTION_END,
};

static int print_assembly(const struct filter_stack *stack, struct error *err)
{
	for (size_t i = 0; i < stack->count; i++) {
		int r;

		if (stack->count > 1)
			printf("%sfilter %zu of %zu, %s\n", i ? "\n" : "", i + 1, stack->count,
			       i == 0 ? "the oldest" : "later");
		r = filter_disassemble(&stack->filters[i], stdout, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static void print_heading(const struct source *source, const struct operand_group *group)
{
	if (group->pids_count > 0 && source->groups_count > 1) {
		fputs("processes", stdout);
		for (size_t i = 0; i < group->pids_count; i++)
			printf(" %d", group->pids[i]);
		fputs(":\n", stdout);
	}
	if (group->stack.count == 0)
		fputs("no filter: every call is allowed\n", stdout);
}

static int print_group(const struct source *source, const struct operand_group *group,
		       const struct decode_arguments *arguments, struct error *err)
{
	_cleanup_(policy_freep) struct policy *policy = NULL;
	enum abi abis[ABI_COUNT];
	unsigned count = abi_local(abis);
	int r;

	if (!arguments->json)
		print_heading(source, group);
	if (arguments->assembly)
		return print_assembly(&group->stack, err);
	if (group->stack.count == 0 && !arguments->json)
		return 0;
	r = filter_decode(&group->stack, abis, count, &policy, err);
	if (r < 0)
		return r;
	if (arguments->json)
		return policy_write(policy, stdout, err);
	rule_text_print_policy(stdout, policy);
	return 0;
}

static int write_policy(const struct source *source, const char *path, struct error *err)
{
	_cleanup_(file_writer_abandonp) struct file_writer *writer = NULL;
	_cleanup_(policy_freep) struct policy *policy = NULL;
	enum abi abis[ABI_COUNT];
	unsigned count = abi_local(abis);
	struct side side;
	int r = file_writer_open(path, 0644, &writer, err);

	if (r == 0)
		r = operand_side(source, "the unit", &side, err);
	if (r == 0)
		r = filter_decode(side.stack, abis, count, &policy, err);
	if (r == 0)
		r = policy_write(policy, file_writer_stream(writer), err);
	return r < 0 ? r : file_writer_commit(take(writer), err);
}

static int read_filters(const struct decode_arguments *arguments, const char *path,
			struct source *source, struct error *err)
{
	int r;

	if (arguments->pid)
		return operand_read_process(arguments->pid, source, err);
	if (arguments->unit)
		return operand_read_unit(arguments->unit, source, err);
	r = operand_read_file(path, source, err);
	if (r == 0 && source->policy)
		return error_set(err, -EINVAL, "%s: this is a policy already, not a filter", path);
	return r;
}

static int decode(const struct decode_arguments *arguments, const char *path, struct error *err)
{
	_cleanup_(operand_clear) struct source source = { 0 };
	int r = read_filters(arguments, path, &source, err);

	if (r == 0 && arguments->output)
		r = write_policy(&source, arguments->output, err);
	for (size_t i = 0; r == 0 && !arguments->output && i < source.groups_count; i++) {
		if (i > 0 && !arguments->json)
			putchar('\n');
		r = print_group(&source, &source.groups[i], arguments, err);
	}
	return r < 0 && path ? error_prefix(err, "%s", path) : r;
}

static int cmd_decode(int argc, char *argv[])
{
	struct decode_arguments arguments = { 0 };
	struct error err = { 0 };
	int first, given;

	if (options_parse(&command_decode, argc, argv, &arguments, &first, &err) < 0)
		return report_usage(&command_decode, &err);
	given = (argc - first) + (arguments.pid ? 1 : 0) + (arguments.unit ? 1 : 0);
	if (given != 1)
		error_set(&err, -EINVAL, "name one filter: a file, --pid or --unit");
	else if (arguments.assembly && (arguments.json || arguments.output))
		error_set(&err, -EINVAL, "--asm can't be combined with --json or --output");
	if (err.code)
		return report_usage(&command_decode, &err);
	if (decode(&arguments, argv[first], &err) < 0)
		return report(&err);
	return report_finish_output();
}

const struct command command_decode = {
	.name = "decode",
	.group = GROUP_FILES,
	.run = cmd_decode,
	.summary = "decode a seccomp filter to a policy",
	.usage = "[OPTION]... FILTER | --pid PID | --unit UNIT",
	.options = decode_rows,
	.description =
		"FILTER is raw cBPF in either byte order; \"-\" is standard input. If a filter can't be\n"
		"decoded exactly, the command fails and names the instruction. It never guesses.",
	.operand = VALUE_FILE,
};
