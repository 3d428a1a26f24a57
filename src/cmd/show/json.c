// SPDX-License-Identifier: LGPL-2.1-or-later
/* The view for programs: whittle-show(1) documents each member. */
#include "cmd/show/view.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "recording/names.h"
#include "syscall/syscall.h"

static void write_phases(struct json_writer *writer, const struct view_row *row)
{
	json_write_object_line(writer, "phases");
	for (unsigned phase = 0; phase < PHASE_COUNT; phase++)
		if (row->phases & (1u << phase))
			json_write_uint(writer, phase_name((enum phase)phase),
					row->phase_count[phase]);
	json_write_end_object(writer);
}

static void write_processes(struct json_writer *writer, const struct view_row *row)
{
	json_write_array(writer, "processes");
	for (size_t i = 0; i < row->parts_count; i++) {
		json_write_object_line(writer, NULL);
		json_write_string(writer, "name", row->parts[i].who);
		json_write_uint(writer, "count", row->parts[i].count);
		json_write_end_object(writer);
	}
	json_write_end_array(writer);
}

static void write_value(struct json_writer *writer, enum abi abi,
			const struct syscall_arguments *table, const struct argument_values *values)
{
	uint64_t level = 0;

	json_write_object_line(writer, NULL);
	json_write_array(writer, "value");
	for (size_t i = 0; i < table->count; i++) {
		json_write_hex(writer, NULL, values->value[i]);
		if (table->argument[i].kind == ARGUMENT_SOCKET_LEVEL)
			level = values->value[i];
	}
	json_write_end_array(writer);
	json_write_array(writer, "text");
	for (size_t i = 0; i < table->count; i++) {
		char buffer[256];

		json_write_string(writer, NULL,
				  argument_format(abi, table->argument[i].kind, values->value[i],
						  level, buffer, sizeof(buffer)));
	}
	json_write_end_array(writer);
	json_write_uint(writer, "count", values->count);
	json_write_end_object(writer);
}

static void write_arguments(struct json_writer *writer, const struct view_row *row)
{
	const char *name = syscall_name(row->abi, row->nr);
	const struct syscall_arguments *table = name ? syscall_arguments_of(row->abi, name) : NULL;
	const struct total *total = row->total;

	if (!table)
		return;
	json_write_object(writer, "arguments");
	json_write_array_line(writer, "names");
	for (size_t i = 0; i < table->count; i++)
		json_write_string(writer, NULL, table->argument[i].label);
	json_write_end_array(writer);
	json_write_bool(writer, "any", total->arguments_any);
	json_write_array(writer, "values");
	for (size_t i = 0; i < total->arguments_count; i++)
		write_value(writer, row->abi, table, &total->arguments[i]);
	json_write_end_array(writer);
	json_write_end_object(writer);
}

static void write_first(struct json_writer *writer, const struct view_row *row)
{
	const struct call *first = row->first;

	json_write_object(writer, "first");
	json_write_string(writer, "run", row->first_run->id);
	if (first->first_ns != UINT64_MAX)
		json_write_uint(writer, "after_ns", first->first_ns);
	json_write_array(writer, "stack");
	for (size_t i = 0; i < first->stack_count; i++) {
		_cleanup_free_ char *frame = view_format_frame(row->first_run, &first->stack[i]);

		json_write_string(writer, NULL, frame);
	}
	json_write_end_array(writer);
	json_write_end_object(writer);
}

static void write_rows(struct json_writer *writer, const char *key, const struct view_group *group)
{
	char name[CALL_NAME_SIZE];

	json_write_array(writer, key);
	for (size_t i = 0; group && i < group->rows_count; i++) {
		const struct view_row *row = &group->rows[i];

		json_write_object(writer, NULL);
		json_write_string(writer, "abi", abi_info(row->abi)->name);
		json_write_string(writer, "name", call_name(row->abi, row->nr, name));
		json_write_int(writer, "nr", row->nr);
		json_write_uint(writer, "count", row->count);
		write_phases(writer, row);
		write_processes(writer, row);
		if (!group->title)
			write_arguments(writer, row);
		write_first(writer, row);
		json_write_end_object(writer);
	}
	json_write_end_array(writer);
}

static void write_runs(struct json_writer *writer, const struct recording *recording)
{
	const struct run *const *runs;
	size_t count = recording_runs(recording, &runs);

	json_write_array(writer, "runs");
	for (size_t i = 0; i < count; i++) {
		const struct run *run = runs[i];

		json_write_object(writer, NULL);
		json_write_string(writer, "id", run->id);
		json_write_string(writer, "observer", run->observer);
		json_write_string(writer, "kind", target_kind_name(run->target_kind));
		json_write_string(writer, "target", run->target);
		json_write_uint(writer, "started_us", run->started_us);
		json_write_uint(writer, "duration_ns", run->duration_ns);
		json_write_string(writer, "ended", run->ended);
		json_write_uint(writer, "lost", run->lost.calls);
		/* Absent where it is not known. */
		if (run->filter != FILTER_UNKNOWN)
			json_write_bool(writer, "filtered", run->filter == FILTER_PRESENT);
		json_write_array(writer, "unseen");
		for (size_t j = 0; j < run->lines_count; j++) {
			if (run->lines[j].is_seen)
				continue;
			json_write_object_line(writer, NULL);
			json_write_string(writer, "setting", run->lines[j].setting);
			json_write_uint(writer, "index", run->lines[j].index);
			json_write_string(writer, "command", run->lines[j].command);
			json_write_end_object(writer);
		}
		json_write_end_array(writer);
		json_write_end_object(writer);
	}
	json_write_end_array(writer);
}

void show_json(const struct view *view, FILE *out)
{
	struct json_writer writer = json_writer(out);
	struct losses lost = recording_losses(view->recording);

	json_write_object(&writer, NULL);
	json_write_uint(&writer, "lost", lost.calls);
	if (view->groups_count > 0 && view->groups[0].title) {
		json_write_array(&writer, "groups");
		for (size_t i = 0; i < view->groups_count; i++) {
			json_write_object(&writer, NULL);
			json_write_string(&writer, "name", view->groups[i].title);
			write_rows(&writer, "calls", &view->groups[i]);
			json_write_end_object(&writer);
		}
		json_write_end_array(&writer);
	} else {
		write_rows(&writer, "calls", view->groups_count > 0 ? view->groups : NULL);
	}
	recording_write_losses(&writer, "lost_detail", &lost);
	write_runs(&writer, view->recording);
	json_write_end_object(&writer);
}
