// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reads a run of the recording's file: docs/recording.md documents each member. */
#include "recording/run_read.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "recording/names.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

static int read_lost(const struct json_at *at, struct losses *lost, struct error *err)
{
	static const char *const keys[] = { "calls", "arguments", "stacks", "processes", NULL };
	int status = json_read_object(at, keys, err);

	status = status ? status : json_get_uint(at, "calls", JSON_UINT_MAX, &lost->calls, err);
	status = status ? status
			: json_get_uint(at, "arguments", JSON_UINT_MAX, &lost->arguments, err);
	status = status ? status : json_get_uint(at, "stacks", JSON_UINT_MAX, &lost->stacks, err);
	return status ? status
		      : json_get_uint(at, "processes", JSON_UINT_MAX, &lost->processes, err);
}

static int read_target(const struct json_at *at, struct run *run, struct error *err)
{
	static const char *const keys[] = { "kind", "name", NULL };
	unsigned kind = 0;
	int status = json_read_object(at, keys, err);

	status = status ? status
			: json_get_choice(at, "kind", target_kind_names, TARGET_KIND_COUNT, &kind,
					  err);
	run->target_kind = (enum target_kind)kind;
	return status ? status : json_get_string(at, "name", &run->target, err);
}

static int read_environment(const struct json_at *at, struct run *run, struct error *err)
{
	static const char *const keys[] = { "kernel", "machine", "libc", "systemd",
					    "os",     "whittle", NULL };
	char **const to[] = { &run->kernel,  &run->machine, &run->libc,
			      &run->systemd, &run->os,	    &run->whittle };
	int status = json_read_object(at, keys, err);

	for (size_t i = 0; i < ARRAY_SIZE(to) && status == 0; i++)
		status = json_may_string(at, keys[i], to[i], err);
	return status;
}

static int read_id(const struct json_at *at, struct run *run, struct error *err)
{
	_cleanup_free_ char *id = NULL;
	struct json_at member;
	int status = json_get_string(at, "id", &id, err);

	if (status < 0)
		return status;
	if (strlen(id) != 32 || strspn(id, "0123456789abcdef") != 32) {
		json_find(at, "id", &member);
		return json_error(&member, err, -EBADMSG,
				  "expected 32 lower-case hexadecimal digits");
	}
	memcpy(run->id, id, sizeof(run->id));
	return 0;
}

int run_read_head(const struct json_at *at, struct run *run, struct error *err)
{
	struct json_at member;
	int status = read_id(at, run, err);

	status = status ? status
			: json_get_uint(at, "started_us", JSON_UINT_MAX, &run->started_us, err);
	status = status ? status
			: json_get_uint(at, "duration_ns", JSON_UINT_MAX, &run->duration_ns, err);
	status = status ? status : json_get_string(at, "ended", &run->ended, err);
	status = status ? status : json_member(at, "lost", &member, err);
	return status ? status : read_lost(&member, &run->lost, err);
}

/* Who was observed, by whom and where. */
static int read_circumstances(const struct json_at *at, struct run *run, struct error *err)
{
	struct json_at member;
	unsigned filter = 0;
	int status = json_get_string(at, "observer", &run->observer, err);

	status = status ? status : json_member(at, "target", &member, err);
	status = status ? status : read_target(&member, run, err);
	status = status ? status
			: json_get_choice(at, "filter", filter_names, FILTER_PRESENCE_COUNT,
					  &filter, err);
	run->filter = (enum filter_presence)filter;
	status = status ? status : json_may_bool(at, "news", &run->is_news, err);
	status = status ? status : json_member(at, "environment", &member, err);
	return status ? status : read_environment(&member, run, err);
}

static int read_line(const struct json_at *at, struct run *run, struct error *err)
{
	static const char *const keys[] = { "setting", "index", "command", "seen", NULL };
	struct unit_line *line = run_add_line(run);
	uint64_t index = 0;
	int status;

	if (!line)
		return error_oom(err);
	status = json_read_object(at, keys, err);
	status = status ? status : json_get_string(at, "setting", &line->setting, err);
	status = status ? status : json_get_uint(at, "index", UINT_MAX, &index, err);
	line->index = (unsigned)index;
	status = status ? status : json_get_string(at, "command", &line->command, err);
	return status ? status : json_get_bool(at, "seen", &line->is_seen, err);
}

static int read_object(const struct json_at *at, struct run *run, struct error *err)
{
	static const char *const keys[] = { "path", "build_id", NULL };
	struct object *object = run_add_object(run);
	int status;

	if (!object)
		return error_oom(err);
	status = json_read_object(at, keys, err);
	status = status ? status : json_get_string(at, "path", &object->path, err);
	return status ? status : json_may_string(at, "build_id", &object->build_id, err);
}

static int read_argv(const struct json_at *at, struct process *process, struct error *err)
{
	size_t count = 0;
	int status = json_read_array(at, SIZE_MAX, &count, err);

	if (status < 0)
		return status;
	process->argv = calloc(count + 1, sizeof(*process->argv));
	if (!process->argv)
		return error_oom(err);
	for (size_t i = 0; i < count && status == 0; i++) {
		struct json_at element = json_element(at, i);

		status = json_value_string(&element, &process->argv[i], err);
	}
	return status;
}

static int read_process(const struct json_at *at, struct run *run, struct error *err)
{
	static const char *const keys[] = { "executable", "command",	"title",   "argv", "depth",
					    "line",	  "line_index", "manager", NULL };
	struct process *process = run_add_process(run);
	uint64_t depth = 0, index = 0;
	struct json_at member;
	int status;

	if (!process)
		return error_oom(err);
	status = json_read_object(at, keys, err);
	status = status ? status : json_get_string(at, "executable", &process->executable, err);
	status = status ? status : json_get_string(at, "command", &process->command, err);
	status = status ? status : json_may_string(at, "title", &process->title, err);
	if (status == 0 && json_find(at, "argv", &member))
		status = read_argv(&member, process, err);
	status = status ? status : json_get_uint(at, "depth", UINT_MAX, &depth, err);
	process->depth = (unsigned)depth;
	status = status ? status : json_may_string(at, "line", &process->line, err);
	if (status == 0 && process->line)
		status = json_get_uint(at, "line_index", UINT_MAX, &index, err);
	process->line_index = (unsigned)index;
	return status ? status : json_get_bool(at, "manager", &process->is_manager, err);
}

/* An index into an array of COUNT elements of the run. */
static int read_index(const struct json_at *at, const char *array, size_t count, uint64_t *index,
		      struct error *err)
{
	int status = json_value_uint(at, INT_MAX, index, err);

	if (status == 0 && *index >= count)
		return json_error(at, err, -EBADMSG, "there is no %s[%llu]: the run has %zu", array,
				  (unsigned long long)*index, count);
	return status;
}

static int read_frame(const struct json_at *at, const struct run *run, struct frame *frame,
		      struct error *err)
{
	static const char *const keys[] = { "object", "offset", "symbol", "symbol_offset", NULL };
	struct json_at member;
	uint64_t object = 0;
	int status = json_read_object(at, keys, err);

	frame->object = -1;
	if (status == 0 && json_find(at, "object", &member)) {
		status = read_index(&member, "objects", run->objects_count, &object, err);
		frame->object = (int)object;
	}
	status = status ? status : json_get_hex(at, "offset", &frame->offset, err);
	status = status ? status : json_may_string(at, "symbol", &frame->symbol, err);
	if (status == 0 && frame->symbol)
		status = json_get_hex(at, "symbol_offset", &frame->symbol_offset, err);
	return status;
}

static int read_stack(const struct json_at *at, const struct run *run, struct call *call,
		      struct error *err)
{
	size_t count = 0;
	int status = json_read_array(at, SIZE_MAX, &count, err);

	if (status < 0 || count == 0)
		return status;
	call->stack = calloc(count, sizeof(*call->stack));
	if (!call->stack)
		return error_oom(err);
	call->stack_count = count;
	for (size_t i = 0; i < count && status == 0; i++) {
		struct json_at element = json_element(at, i);

		status = read_frame(&element, run, &call->stack[i], err);
	}
	return status;
}

/* ---- what the file says of a call, against the table ---- */

/* The largest number of an ABI that the table has a name for; arm's private calls stand apart. */
static int last_number(enum abi abi)
{
	const struct syscall_entry *entries;
	size_t count = syscall_table(abi, &entries);

	while (count > 0 && (entries[count - 1].nr & ~X32_BIT) >= 0xf0000)
		count--;
	return count > 0 ? entries[count - 1].nr : -1;
}

static bool is_placeholder(const char *name, int nr)
{
	char expected[CALL_NAME_SIZE];

	snprintf(expected, sizeof(expected), "#%d", nr);
	return strcmp(name, expected) == 0;
}

/*
 * Name and number stand both in the file, and must agree. A kernel that is newer than the table
 * has more calls: names are then unknown, and so are the numbers, which go on behind the table's
 * last; such a row is kept by its number.
 */
static int check_name(const struct json_at *at, const char *name, enum abi abi, int nr,
		      struct error *err)
{
	const char *known = syscall_name(abi, nr);
	const char *abi_text = abi_info(abi)->name;

	if (is_placeholder(name, nr) || (known && strcmp(name, known) == 0))
		return 0;
	if (syscall_number(abi, name) == nr)
		return 0; /* an alias */
	if (syscall_is_known(name))
		return json_error(at, err, -EBADMSG,
				  "%s is not call %d of %s, which is %s: name and number "
				  "contradict each other",
				  name, nr, abi_text, known ? known : "unknown");
	if (known)
		return json_error(at, err, -EBADMSG,
				  "no system call is called \"%.64s\"; call %d of %s is %s", name,
				  nr, abi_text, known);
	if (nr <= last_number(abi))
		return json_error(at, err, -EBADMSG,
				  "no system call is called \"%.64s\", and %s has no call %d", name,
				  abi_text, nr);
	return 0;
}

static int read_identity(const struct json_at *at, struct call *call, struct error *err)
{
	_cleanup_free_ char *abi = NULL, *name = NULL;
	struct json_at member;
	int64_t nr = 0;
	int status = json_get_string(at, "abi", &abi, err);

	if (status < 0)
		return status;
	if (abi_from_name(abi, &call->abi) < 0) {
		json_find(at, "abi", &member);
		return json_error(&member, err, -EBADMSG, "no ABI is called \"%.64s\"", abi);
	}
	status = json_get_int(at, "nr", INT_MIN, INT_MAX, &nr, err);
	call->nr = (int)nr;
	status = status ? status : json_get_string(at, "name", &name, err);
	if (status < 0 || !name)
		return status;
	json_find(at, "name", &member);
	return check_name(&member, name, call->abi, call->nr, err);
}

static int read_value(const struct json_at *at, size_t width, bool with_counts,
		      struct argument_values *values, struct error *err)
{
	static const char *const counted[] = { "value", "count", NULL };
	static const char *const shared[] = { "value", NULL };
	struct json_at member;
	size_t count = 0;
	int status = json_read_object(at, with_counts ? counted : shared, err);

	if (status == 0 && with_counts)
		status = json_get_uint(at, "count", JSON_UINT_MAX, &values->count, err);
	status = status ? status : json_member(at, "value", &member, err);
	status = status ? status : json_read_array(&member, ARGUMENTS_MAX, &count, err);
	if (status == 0 && count != width)
		return json_error(&member, err, -EBADMSG, "%zu values for %zu arguments", count,
				  width);
	for (size_t i = 0; i < count && status == 0; i++) {
		struct json_at element = json_element(&member, i);

		status = json_value_hex(&element, &values->value[i], err);
	}
	return status;
}

/* Whether the names are the arguments that this version records of the call. */
static int read_names(const struct json_at *at, const struct call *call, size_t *width, bool *same,
		      struct error *err)
{
	const struct syscall_arguments *table = recording_call_arguments(call->abi, call->nr);
	int status = json_read_array(at, ARGUMENTS_MAX, width, err);

	*same = table && table->count == *width;
	for (size_t i = 0; i < *width && status == 0; i++) {
		struct json_at element = json_element(at, i);
		_cleanup_free_ char *name = NULL;

		status = json_value_string(&element, &name, err);
		if (status == 0 && *same && strcmp(name, table->argument[i].label) != 0)
			*same = false;
	}
	return status;
}

static int read_arguments(const struct json_at *at, struct call *call, bool with_counts,
			  struct error *err)
{
	static const char *const keys[] = { "names", "any", "values", NULL };
	struct json_at names, values;
	size_t width = 0, count = 0;
	bool same = false;
	int status = json_read_object(at, keys, err);

	status = status ? status : json_get_bool(at, "any", &call->arguments_any, err);
	status = status ? status : json_member(at, "names", &names, err);
	status = status ? status : read_names(&names, call, &width, &same, err);
	status = status ? status : json_member(at, "values", &values, err);
	status = status ? status : json_read_array(&values, SIZE_MAX, &count, err);
	if (status < 0 || count == 0)
		return status;
	call->arguments = calloc(count, sizeof(*call->arguments));
	if (!call->arguments)
		return error_oom(err);
	for (size_t i = 0; i < count && status == 0; i++) {
		struct json_at element = json_element(&values, i);

		status = read_value(&element, width, with_counts, &call->arguments[i], err);
	}
	/* Tuples of another version's table say nothing about the arguments of this one's. */
	if (same)
		call->arguments_count = count;
	else
		call->arguments_any = true;
	return status;
}

static int read_call(const struct json_at *at, struct run *run, bool with_counts, struct error *err)
{
	static const char *const shared[] = { "abi",   "name",	    "nr",    "process",
					      "phase", "arguments", "stack", NULL };
	static const char *const counted[] = { "abi",	"name",	    "nr",	 "process", "phase",
					       "count", "first_ns", "arguments", "stack",   NULL };
	struct call *call = run_add_call(run);
	struct json_at member;
	uint64_t process = 0;
	unsigned phase = 0;
	int status;

	if (!call)
		return error_oom(err);
	call->first_ns = UINT64_MAX;
	status = json_read_object(at, with_counts ? counted : shared, err);
	status = status ? status : read_identity(at, call, err);
	status = status ? status : json_member(at, "process", &member, err);
	status = status ? status
			: read_index(&member, "processes", run->processes_count, &process, err);
	call->process = (unsigned)process;
	status = status ? status
			: json_get_choice(at, "phase", phase_names, PHASE_COUNT, &phase, err);
	call->phase = (enum phase)phase;
	if (status == 0 && with_counts)
		status = json_get_uint(at, "count", JSON_UINT_MAX, &call->count, err);
	if (status == 0 && with_counts)
		status = json_may_uint(at, "first_ns", JSON_UINT_MAX, &call->first_ns, err);
	if (status == 0 && json_find(at, "arguments", &member))
		status = read_arguments(&member, call, with_counts, err);
	if (status == 0 && json_find(at, "stack", &member))
		status = read_stack(&member, run, call, err);
	return status;
}

/* ---- runs ---- */

static int read_list(const struct json_at *at, const char *key, struct run *run,
		     int (*read_element)(const struct json_at *at, struct run *run,
					 struct error *err),
		     struct error *err)
{
	struct json_at array;
	size_t count = 0;
	int status = json_member(at, key, &array, err);

	status = status ? status : json_read_array(&array, INT_MAX, &count, err);
	for (size_t i = 0; i < count && status == 0; i++) {
		struct json_at element = json_element(&array, i);

		status = read_element(&element, run, err);
	}
	return status;
}

static int read_counted_call(const struct json_at *at, struct run *run, struct error *err)
{
	return read_call(at, run, true, err);
}

static int read_shared_call(const struct json_at *at, struct run *run, struct error *err)
{
	return read_call(at, run, false, err);
}

/* All of a run but its head, from the run itself or from the shape that it shares with others. */
int run_read_body(const struct json_at *at, struct run *run, bool with_counts, struct error *err)
{
	int status = read_circumstances(at, run, err);

	status = status ? status : read_list(at, "lines", run, read_line, err);
	status = status ? status : read_list(at, "objects", run, read_object, err);
	status = status ? status : read_list(at, "processes", run, read_process, err);
	return status ? status
		      : read_list(at, "calls", run,
				  with_counts ? read_counted_call : read_shared_call, err);
}
