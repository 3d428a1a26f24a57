// SPDX-License-Identifier: LGPL-2.1-or-later
/* `whittle reach`: finds the system calls that a program's code can make, and the path to each. */
#include "reach/graph/reach.h"
#include "cmd/commands.h"
#include "cmd/report.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/print.h"
#include "reach/code/cache.h"
#include "reach/graph/drift.h"
#include "reach/object/recorded.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

struct reach_command_options {
	struct option_list executed;
	const char *sysroot;
	const char *diff;
	bool names;
	bool json;
	bool paths;
	bool arguments;
	bool no_cache;
};

static const struct option_row reach_options[] = {
	{ 0, "paths", OPTION_FLAG, NULL, "print each path in full, including data objects",
	  offsetof(struct reach_command_options, paths), VALUE_ANY, NULL },
	{ 0, "arguments", OPTION_FLAG, NULL,
	  "print the values of relevant arguments, if they are\nconstants",
	  offsetof(struct reach_command_options, arguments), VALUE_ANY, NULL },
	{ 0, "names", OPTION_FLAG, NULL, "print only the names, one per line",
	  offsetof(struct reach_command_options, names), VALUE_ANY, NULL },
	{ 'j', "json", OPTION_FLAG, NULL, "print JSON",
	  offsetof(struct reach_command_options, json), VALUE_ANY, NULL },
	{ 'e', "exec", OPTION_LIST, "PATH",
	  "also analyse this program, which the first one executes;\nmay be repeated",
	  offsetof(struct reach_command_options, executed), VALUE_FILE, NULL },
	{ 0, "diff", OPTION_STRING, "RECORDING",
	  "print only calls that this recording did not observe and\ncalls of objects that have changed since",
	  offsetof(struct reach_command_options, diff), VALUE_FILE, NULL },
	{ 0, "sysroot", OPTION_STRING, "DIRECTORY", "read all files below this directory",
	  offsetof(struct reach_command_options, sysroot), VALUE_DIRECTORY, NULL },
	{ 0, "no-cache", OPTION_FLAG, NULL, "analyse each object again and cache nothing",
	  offsetof(struct reach_command_options, no_cache), VALUE_ANY, NULL },
	OPTION_END,
};

/* The combined result of all given programs. */
struct answer {
	struct reach_result *result;
	struct recording *old; /* --diff */
	char **objects; /* sorted, each once */
	char **changed; /* names of those that differ from the old recording's */
	size_t objects_count, changed_count, programs_count;
};

static void answer_free(struct answer *answer)
{
	reach_result_freep(&answer->result);
	recording_freep(&answer->old);
	for (size_t i = 0; i < answer->objects_count; i++)
		free(answer->objects[i]);
	for (size_t i = 0; i < answer->changed_count; i++)
		free(answer->changed[i]);
	free(answer->objects);
	free(answer->changed);
}

/* Adds a name to the list unless it is there. */
static int add_name(char ***names, size_t *count, const char *name, struct error *err)
{
	char **added;

	for (size_t i = 0; i < *count; i++)
		if (strcmp((*names)[i], name) == 0)
			return 0;
	added = array_grow_one(names, *count);
	if (!added)
		return error_oom(err);
	*added = strdup(name);
	if (!*added)
		return error_oom(err);
	++*count;
	return 0;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Collects the objects, and those that differ from RECORDING's. */
static int note_objects(struct answer *answer, const struct reach *reach,
			const struct recording *recording, struct error *err)
{
	const struct reach_object *objects;
	size_t count = reach_objects(reach, &objects);

	for (size_t i = 0; i < count; i++) {
		const char *recorded =
			recording ? recorded_build_id(recording, objects[i].path) : NULL;
		bool is_same = recorded && objects[i].build_id &&
			       strcmp(recorded, objects[i].build_id) == 0;

		if (add_name(&answer->objects, &answer->objects_count, objects[i].path, err) < 0)
			return err->code;
		if (recorded && !is_same && !answer->old)
			report_warning(
				"%s: was replaced after the recording; the result is for the new file",
				objects[i].path);
		if (answer->old && !is_same &&
		    add_name(&answer->changed, &answer->changed_count,
			     i == 0 ? "" : last_part(objects[i].path), err) < 0)
			return err->code;
	}
	return 0;
}

static int add_program(struct answer *answer, const struct reach_options *options,
		       const struct recording *recording, struct error *err)
{
	_cleanup_(reach_freep) struct reach *reach = NULL;
	_cleanup_(reach_result_freep) struct reach_result *result = NULL;
	int r = reach_open(options, &reach, err);

	if (r == 0)
		r = reach_from_start(reach, &result, err);
	if (r == 0)
		r = note_objects(answer, reach, answer->old ? answer->old : recording, err);
	if (r < 0)
		return r;
	answer->programs_count++;
	if (answer->result)
		return reach_result_merge(answer->result, result, err);
	answer->result = take(result);
	return 0;
}

static int add_recording(struct answer *answer, const struct reach_options *common,
			 const char *path, struct error *err)
{
	_cleanup_(recording_freep) struct recording *recording = NULL;
	struct recorded_program *programs = NULL;
	size_t count = 0;
	int r = recording_read(path, &recording, err);

	if (r == 0)
		r = recorded_programs(recording, &programs, &count, err);
	if (r == 0 && count == 0)
		r = error_set(err, -ENOENT,
			      "%s: this recording names no executable; name the program instead",
			      path);
	for (size_t i = 0; r == 0 && i < count; i++) {
		struct reach_options options = *common;

		options.program = programs[i].path;
		options.objects = (const char *const *)programs[i].objects;
		r = add_program(answer, &options, recording, err);
	}
	recorded_programs_free(programs, count);
	return r;
}

/* A recording is JSON; a program never is. */
static bool is_recording(const char *path)
{
	_cleanup_fclose_ FILE *file = strcmp(path, "-") == 0 ? NULL : fopen(path, "re");

	return strcmp(path, "-") == 0 || (file && fgetc(file) == '{');
}

/* ---- output ---- */

static const char *const gap_kinds[] = {
	[GAP_NUMBER] = "number",	   [GAP_OBJECT] = "object",
	[GAP_OBJECT_UNKNOWN] = "object",   [GAP_PROGRAM] = "program",
	[GAP_PROGRAM_UNKNOWN] = "program", [GAP_CODE] = "code",
};

static void write_path(struct json_writer *writer, char *const *path)
{
	json_write_array_line(writer, "path");
	for (; *path; path++)
		json_write_string(writer, NULL, *path);
	json_write_end_array(writer);
}

static void write_arguments(struct json_writer *writer, const struct reach_call *call)
{
	const struct syscall_arguments *row =
		syscall_arguments_of(call->abi, syscall_name(call->abi, call->nr));

	if (!row)
		return;
	json_write_array(writer, "arguments");
	for (size_t i = 0; i < call->arguments_count; i++) {
		json_write_array_line(writer, NULL);
		for (size_t k = 0; k < row->count; k++)
			if (call->arguments[i].any & 1U << k)
				json_write_string(writer, NULL, "any");
			else
				json_write_hex(writer, NULL, call->arguments[i].value[k]);
		json_write_end_array(writer);
	}
	json_write_end_array(writer);
	json_write_bool(writer, "any_argument", call->arguments_any);
}

static void print_json(const struct answer *answer, bool with_arguments)
{
	const struct reach_result *result = answer->result;
	struct json_writer writer = json_writer(stdout);

	json_write_object(&writer, NULL);
	json_write_bool(&writer, "complete", result->is_complete);
	json_write_array(&writer, "calls");
	for (size_t i = 0; i < result->calls_count; i++) {
		const struct reach_call *call = &result->calls[i];

		json_write_object(&writer, NULL);
		json_write_string(&writer, "name", syscall_name(call->abi, call->nr));
		json_write_string(&writer, "abi", abi_info(call->abi)->name);
		json_write_int(&writer, "nr", call->nr);
		write_path(&writer, call->path);
		if (with_arguments)
			write_arguments(&writer, call);
		json_write_end_object(&writer);
	}
	json_write_end_array(&writer);
	json_write_array(&writer, "gaps");
	for (size_t i = 0; i < result->gaps_count; i++) {
		const struct reach_gap *gap = &result->gaps[i];

		json_write_object(&writer, NULL);
		json_write_string(&writer, "kind", gap_kinds[gap->kind]);
		json_write_string(&writer, "what", gap->what);
		json_write_string(&writer, "place", gap->place);
		write_path(&writer, gap->path);
		json_write_end_object(&writer);
	}
	json_write_end_array(&writer);
	json_write_array(&writer, "objects");
	for (size_t i = 0; i < answer->objects_count; i++)
		json_write_string(&writer, NULL, answer->objects[i]);
	json_write_end_array(&writer);
	json_write_uint(&writer, "functions", result->functions_count);
	json_write_end_object(&writer);
	putchar('\n');
}

/* Unless WHOLE, leaves out data objects and the middle of a long path. */
static void print_path(char *const *path, bool whole)
{
	const char *shown[512];
	size_t count = 0;

	for (; *path && count < ARRAY_SIZE(shown); path++)
		if (whole || !strchr(*path, '['))
			shown[count++] = *path;
	for (size_t i = 0; i < count; i++) {
		if (!whole && count > 7 && i == 3) {
			fputs(" > ...", stdout);
			i = count - 3;
		}
		print_text(stdout, "%s%s", i ? " > " : "", shown[i]);
	}
}

static const char *gap_sentence(enum reach_gap_kind kind)
{
	switch (kind) {
	case GAP_NUMBER:
		return "system call of unknown number";
	case GAP_OBJECT:
		return "object loaded by name";
	case GAP_OBJECT_UNKNOWN:
		return "object loaded by a name that is no constant";
	case GAP_PROGRAM:
		return "program executed";
	case GAP_PROGRAM_UNKNOWN:
		return "program executed by a name that is no constant";
	case GAP_CODE:
		break;
	}
	return "unreadable code";
}

static void print_gaps(const struct reach_result *result, bool whole)
{
	if (result->gaps_count == 0)
		return;
	puts("\nNot followed:");
	for (size_t i = 0; i < result->gaps_count; i++) {
		const struct reach_gap *gap = &result->gaps[i];

		print_text(stdout, "  %s%s%s, at %s\n    ", gap_sentence(gap->kind),
			   gap->what ? ": " : "", gap->what ? gap->what : "", gap->place);
		print_path(gap->path, whole);
		putchar('\n');
	}
}

static void print_arguments(const struct reach_call *call)
{
	const struct syscall_arguments *row =
		syscall_arguments_of(call->abi, syscall_name(call->abi, call->nr));

	for (size_t i = 0; row && i < call->arguments_count; i++) {
		uint64_t level = 0;

		if (call->arguments[i].any == (1U << row->count) - 1)
			continue;
		fputs("    ", stdout);
		for (size_t k = 0; k < row->count; k++) {
			uint64_t value = call->arguments[i].value[k];
			char buffer[256];

			if (row->argument[k].kind == ARGUMENT_SOCKET_LEVEL)
				level = value;
			print_text(stdout, "%s%s", k ? ", " : "",
				   call->arguments[i].any & 1U << k
					   ? "any"
					   : argument_format(call->abi, row->argument[k].kind,
							     value, level, buffer, sizeof(buffer)));
		}
		putchar('\n');
	}
	if (row && (call->unbounded & ((1U << row->count) - 1)) == (1U << row->count) - 1)
		puts("    any value");
}

static void print_answer(const struct answer *answer, const struct reach_command_options *options)
{
	const struct reach_result *result = answer->result;

	for (size_t i = 0; i < result->calls_count; i++) {
		const struct reach_call *call = &result->calls[i];
		bool is_native = call->abi == ABI_X86_64;

		print_text(stdout, "%s%s%-*s", is_native ? "" : abi_info(call->abi)->name,
			   is_native ? "" : ":", options->names ? 0 : 22,
			   syscall_name(call->abi, call->nr));
		if (!options->names) {
			putchar(' ');
			print_path(call->path, options->paths);
		}
		putchar('\n');
		if (options->arguments)
			print_arguments(call);
	}
	if (options->names)
		return;
	print_gaps(result, options->paths);
	print_text(stdout, "\n%zu %ssystem calls of %zu functions in %zu objects; %s\n",
		   result->calls_count, answer->old ? "new " : "", result->functions_count,
		   answer->objects_count,
		   result->is_complete	   ? "complete: every system call number is known"
		   : result->lacks_numbers ? "incomplete: some system call numbers are unknown"
					   : "incomplete: some loaded objects are unknown");
}

static int analyse(struct answer *answer, const struct reach_command_options *options, int count,
		   char *operands[], struct error *err)
{
	_cleanup_free_ char *cache = options->no_cache ? NULL : cache_directory();
	struct reach_options open = { .sysroot = options->sysroot,
				      .cache = cache,
				      .arguments = options->arguments ? REACH_ASKED_ALL
								      : REACH_ASKED_NONE };
	int r = 0;

	if (options->diff)
		r = recording_read(options->diff, &answer->old, err);
	if (r == 0 && is_recording(operands[0])) {
		for (int i = 0; r == 0 && i < count; i++)
			r = add_recording(answer, &open, operands[i], err);
	} else if (r == 0) {
		open.program = operands[0];
		open.objects = (const char *const *)operands + 1;
		r = add_program(answer, &open, NULL, err);
	}
	open.objects = NULL;
	for (size_t i = 0; r == 0 && i < options->executed.count; i++) {
		open.program = options->executed.values[i];
		r = add_program(answer, &open, NULL, err);
	}
	if (r == 0 && answer->old)
		r = reach_keep_new(answer->result, answer->old, answer->changed,
				   answer->changed_count, err);
	return r;
}

/* Whether PATH may be the program executed as WHAT. For a name without a slash, only the last part is
 * compared, because the directories of $PATH are unknown here. */
static bool is_executed_as(const char *path, const char *what)
{
	return strcmp(path, what) == 0 || strcmp(last_part(path), what) == 0;
}

/* A program that was analysed too is no gap. */
static void drop_followed(struct reach_result *result, const struct option_list *executed)
{
	size_t kept = 0;

	for (size_t i = 0; i < result->gaps_count; i++) {
		struct reach_gap *gap = &result->gaps[i];
		bool is_followed = false;

		for (size_t k = 0; gap->kind == GAP_PROGRAM && k < executed->count; k++)
			is_followed |= is_executed_as(executed->values[k], gap->what);
		if (!is_followed) {
			result->gaps[kept++] = *gap;
			continue;
		}
		for (char **at = gap->path; *at; at++)
			free(*at);
		free(gap->path);
		free(gap->what);
		free(gap->place);
	}
	result->gaps_count = kept;
}

static int cmd_reach(int argc, char *argv[])
{
	_cleanup_(answer_free) struct answer answer = { 0 };
	struct reach_command_options options = { 0 };
	struct error err = { 0 };
	int first, r;

	if (options_parse(&command_reach, argc, argv, &options, &first, &err) < 0)
		return report_usage(&command_reach, &err);
	if (first == argc) {
		options_list_free(&options.executed);
		error_set(&err, -EINVAL, "name a program or a recording");
		return report_usage(&command_reach, &err);
	}
	r = analyse(&answer, &options, argc - first, argv + first, &err);
	if (r == 0)
		drop_followed(answer.result, &options.executed);
	options_list_free(&options.executed);
	if (r < 0)
		return report(&err);
	if (options.json)
		print_json(&answer, options.arguments);
	else
		print_answer(&answer, &options);
	return report_finish_output();
}

static const struct renamed_option reach_renamed[] = {
	{ "-a", "--arguments" }, { "-d", "--diff" }, { "-n", "--names" },
	{ "-p", "--paths" },	 { NULL, NULL },
};

const struct command command_reach = {
	.name = "reach",
	.group = GROUP_ANALYSIS,
	.run = cmd_reach,
	.summary = "find the system calls that a program's code can make",
	.usage = "[OPTION]... PROGRAM [OBJECT]...\n       whittle reach [OPTION]... RECORDING...",
	.options = reach_options,
	.description =
		"Follows every path through the program and its libraries. OBJECT is a file that the\n"
		"program loads while it runs, such as a module or plug-in. For a RECORDING, the command\n"
		"analyses the recorded executables with all objects that they had mapped.",
	.operand = VALUE_FILE,
	.renamed = reach_renamed,
};
