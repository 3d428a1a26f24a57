// SPDX-License-Identifier: LGPL-2.1-or-later
/* `whittle compile`: compiles a policy to the BPF program that the kernel runs, as raw bytes. */
#include "filter/compile.h"
#include "cmd/commands.h"
#include "cmd/report.h"
#include "common/cleanup.h"
#include "common/file.h"

#include <errno.h>
#include <stddef.h>

struct compile_arguments {
	const char *output;
	struct option_list abis;
	bool old_kernel;
};

static const struct option_row compile_rows[] = {
	{ 'o', "output", OPTION_STRING, "FILE", "write to FILE (default: standard output)",
	  offsetof(struct compile_arguments, output), VALUE_FILE, NULL },
	{ 0, "abi", OPTION_LIST, "ABI",
	  "compile for this ABI (x86_64, i386 ...); may be repeated;\nthe default is every ABI of the policy",
	  offsetof(struct compile_arguments, abis), VALUE_CHOICE,
	  "x86_64 i386 x32 aarch64 arm riscv64 ppc64le s390x" },
	{ 0, "old-kernel", OPTION_FLAG, NULL,
	  "optimize for Linux before 5.11, which runs the filter for\nevery call",
	  offsetof(struct compile_arguments, old_kernel), VALUE_ANY, NULL },
	OPTION_END,
};

static int parse_abis(const struct option_list *names, const struct policy *policy,
		      enum abi abis[ABI_COUNT], size_t *count, struct error *err)
{
	*count = 0;
	for (size_t i = 0; i < names->count; i++) {
		enum abi abi;

		if (abi_from_name(names->values[i], &abi) < 0)
			return error_set(err, -EINVAL, "--abi: unknown ABI \"%s\"",
					 names->values[i]);
		if (!policy_has_abi(policy, abi))
			return error_set(err, -EINVAL, "--abi: the policy has no rules for %s",
					 names->values[i]);
		if (*count < ABI_COUNT)
			abis[(*count)++] = abi;
	}
	return 0;
}

static int compile(const struct compile_arguments *arguments, const char *path, struct error *err)
{
	_cleanup_(file_writer_abandonp) struct file_writer *writer = NULL;
	_cleanup_(policy_freep) struct policy *policy = NULL;
	_cleanup_(filter_free) struct filter filter = { 0 };
	struct compile_options options = { .for_old_kernel = arguments->old_kernel };
	enum abi abis[ABI_COUNT], first;
	int r = policy_read(path, &policy, err);

	if (r == 0)
		r = parse_abis(&arguments->abis, policy, abis, &options.abis_count, err);
	options.abis = abis;
	if (r == 0)
		r = file_writer_open(arguments->output, 0644, &writer, err);
	if (r < 0)
		return r;
	r = filter_compile(policy, &options, &filter, err);
	if (r < 0)
		return error_prefix(err, "%s", path);
	first = options.abis_count > 0	 ? abis[0]
		: policy->abis_count > 0 ? policy->abis[0]
					 : abi_native();
	r = filter_write(&filter, abi_info(first)->is_big_endian, file_writer_stream(writer), err);
	return r < 0 ? r : file_writer_commit(take(writer), err);
}

static int cmd_compile(int argc, char *argv[])
{
	struct compile_arguments arguments = { 0 };
	struct error err = { 0 };
	int first, r;

	if (options_parse(&command_compile, argc, argv, &arguments, &first, &err) < 0) {
		options_list_free(&arguments.abis);
		return report_usage(&command_compile, &err);
	}
	if (argc - first != 1)
		error_set(&err, -EINVAL, "name one policy");
	else if (!arguments.output && isatty(STDOUT_FILENO))
		error_set(
			&err, -EINVAL,
			"a filter is binary and standard output is a terminal: name a file with -o");
	if (err.code) {
		options_list_free(&arguments.abis);
		return report_usage(&command_compile, &err);
	}
	r = compile(&arguments, argv[first], &err);
	options_list_free(&arguments.abis);
	return r < 0 ? report(&err) : EXIT_SUCCESS;
}

const struct command command_compile = {
	.name = "compile",
	.group = GROUP_FILES,
	.run = cmd_compile,
	.summary = "compile a policy to a seccomp filter",
	.usage = "[OPTION]... POLICY",
	.options = compile_rows,
	.description =
		"Decodes the filter again and compares it with the policy before writing it.",
	.operand = VALUE_FILE,
};
