// SPDX-License-Identifier: LGPL-2.1-or-later
/* Writes the recording's file: docs/recording.md documents each member. */
#include "common/cleanup.h"
#include "common/file.h"
#include "common/json.h"
#include "recording/names.h"
#include "recording/shared_parts.h"

#include <errno.h>

void recording_write_losses(struct json_writer *writer, const char *key,
			    const struct losses *losses)
{
	json_write_object_line(writer, key);
	json_write_uint(writer, "calls", losses->calls);
	json_write_uint(writer, "arguments", losses->arguments);
	json_write_uint(writer, "stacks", losses->stacks);
	json_write_uint(writer, "processes", losses->processes);
	json_write_end_object(writer);
}

/* The members by which runs differ even if they are of one service on one machine. */
static void write_head(struct json_writer *writer, const struct run *run)
{
	json_write_uint(writer, "started_us", run->started_us);
	json_write_uint(writer, "duration_ns", run->duration_ns);
	json_write_string(writer, "ended", run->ended);
	recording_write_losses(writer, "lost", &run->lost);
}

static void write_target(struct json_writer *writer, const struct run *run)
{
	json_write_string(writer, "observer", run->observer);
	json_write_object_line(writer, "target");
	json_write_string(writer, "kind", target_kind_name(run->target_kind));
	json_write_string(writer, "name", run->target);
	json_write_end_object(writer);
}

static void write_environment(struct json_writer *writer, const struct run *run)
{
	json_write_string(writer, "filter", filter_names[run->filter]);
	if (run->is_news)
		json_write_bool(writer, "news", true);
	json_write_object(writer, "environment");
	json_write_string(writer, "kernel", run->kernel);
	json_write_string(writer, "machine", run->machine);
	json_write_string(writer, "libc", run->libc);
	json_write_string(writer, "systemd", run->systemd);
	json_write_string(writer, "os", run->os);
	json_write_string(writer, "whittle", run->whittle);
	json_write_end_object(writer);
}

static void write_lines(struct json_writer *writer, const struct run *run)
{
	json_write_array(writer, "lines");
	for (size_t i = 0; i < run->lines_count; i++) {
		const struct unit_line *line = &run->lines[i];

		json_write_object_line(writer, NULL);
		json_write_string(writer, "setting", line->setting);
		json_write_uint(writer, "index", line->index);
		json_write_string(writer, "command", line->command);
		json_write_bool(writer, "seen", line->is_seen);
		json_write_end_object(writer);
	}
	json_write_end_array(writer);
}

static void write_objects(struct json_writer *writer, const struct run *run)
{
	json_write_array(writer, "objects");
	for (size_t i = 0; i < run->objects_count; i++) {
		json_write_object_line(writer, NULL);
		json_write_string(writer, "path", run->objects[i].path);
		json_write_string(writer, "build_id", run->objects[i].build_id);
		json_write_end_object(writer);
	}
	json_write_end_array(writer);
}

static void write_processes(struct json_writer *writer, const struct run *run)
{
	json_write_array(writer, "processes");
	for (size_t i = 0; i < run->processes_count; i++) {
		const struct process *process = &run->processes[i];

		json_write_object(writer, NULL);
		json_write_string(writer, "executable", process->executable);
		json_write_string(writer, "command", process->command);
		json_write_string(writer, "title", process->title);
		if (process->argv) {
			json_write_array_line(writer, "argv");
			for (char *const *at = process->argv; *at; at++)
				json_write_string(writer, NULL, *at);
			json_write_end_array(writer);
		}
		json_write_uint(writer, "depth", process->depth);
		if (process->line) {
			json_write_string(writer, "line", process->line);
			json_write_uint(writer, "line_index", process->line_index);
		}
		json_write_bool(writer, "manager", process->is_manager);
		json_write_end_object(writer);
	}
	json_write_end_array(writer);
}

static void write_arguments(struct json_writer *writer, const struct call *call, bool with_counts)
{
	const struct syscall_arguments *table = recording_call_arguments(call->abi, call->nr);

	if (!table)
		return;
	json_write_object(writer, "arguments");
	json_write_array_line(writer, "names");
	for (size_t i = 0; i < table->count; i++)
		json_write_string(writer, NULL, table->argument[i].label);
	json_write_end_array(writer);
	json_write_bool(writer, "any", call->arguments_any);
	json_write_array(writer, "values");
	for (size_t i = 0; i < call->arguments_count; i++) {
		json_write_object_line(writer, NULL);
		json_write_array(writer, "value");
		for (size_t j = 0; j < table->count; j++)
			json_write_hex(writer, NULL, call->arguments[i].value[j]);
		json_write_end_array(writer);
		if (with_counts)
			json_write_uint(writer, "count", call->arguments[i].count);
		json_write_end_object(writer);
	}
	json_write_end_array(writer);
	json_write_end_object(writer);
}

static void write_stack(struct json_writer *writer, const struct call *call)
{
	if (call->stack_count == 0)
		return;
	json_write_array(writer, "stack");
	for (size_t i = 0; i < call->stack_count; i++) {
		const struct frame *frame = &call->stack[i];

		json_write_object_line(writer, NULL);
		if (frame->object >= 0)
			json_write_int(writer, "object", frame->object);
		json_write_hex(writer, "offset", frame->offset);
		if (frame->symbol) {
			json_write_string(writer, "symbol", frame->symbol);
			json_write_hex(writer, "symbol_offset", frame->symbol_offset);
		}
		json_write_end_object(writer);
	}
	json_write_end_array(writer);
}

static void write_calls(struct json_writer *writer, const struct run *run, bool with_counts)
{
	char name[CALL_NAME_SIZE];

	json_write_array(writer, "calls");
	for (size_t i = 0; i < run->calls_count; i++) {
		const struct call *call = &run->calls[i];

		json_write_object(writer, NULL);
		json_write_string(writer, "abi", abi_info(call->abi)->name);
		json_write_string(writer, "name", call_name(call->abi, call->nr, name));
		json_write_int(writer, "nr", call->nr);
		json_write_uint(writer, "process", call->process);
		json_write_string(writer, "phase", phase_name(call->phase));
		if (with_counts)
			json_write_uint(writer, "count", call->count);
		if (with_counts && call->first_ns != UINT64_MAX)
			json_write_uint(writer, "first_ns", call->first_ns);
		write_arguments(writer, call, with_counts);
		write_stack(writer, call);
		json_write_end_object(writer);
	}
	json_write_end_array(writer);
}

void recording_write_shape(struct json_writer *writer, const struct run *run)
{
	json_write_object(writer, NULL);
	write_target(writer, run);
	write_environment(writer, run);
	write_lines(writer, run);
	write_objects(writer, run);
	write_processes(writer, run);
	write_calls(writer, run, false);
	json_write_end_object(writer);
}

void recording_write_numbers(struct json_writer *writer, const struct run *run)
{
	json_write_object(writer, NULL);
	json_write_array_line(writer, "count");
	for (size_t i = 0; i < run->calls_count; i++)
		json_write_uint(writer, NULL, run->calls[i].count);
	json_write_end_array(writer);
	json_write_array_line(writer, "first_ns");
	for (size_t i = 0; i < run->calls_count; i++)
		json_write_int(writer, NULL,
			       run->calls[i].first_ns == UINT64_MAX
				       ? -1
				       : (int64_t)run->calls[i].first_ns);
	json_write_end_array(writer);
	json_write_array_line(writer, "values");
	for (size_t i = 0; i < run->calls_count; i++)
		for (size_t j = 0; j < run->calls[i].arguments_count; j++)
			json_write_uint(writer, NULL, run->calls[i].arguments[j].count);
	json_write_end_array(writer);
	json_write_end_object(writer);
}

static void write_run(struct json_writer *writer, const struct run *run)
{
	json_write_object(writer, NULL);
	json_write_string(writer, "id", run->id);
	write_target(writer, run);
	write_head(writer, run);
	write_environment(writer, run);
	write_lines(writer, run);
	write_objects(writer, run);
	write_processes(writer, run);
	write_calls(writer, run, true);
	json_write_end_object(writer);
}

static void write_shared_run(struct json_writer *writer, const struct run *run, size_t shape,
			     size_t numbers)
{
	json_write_object(writer, NULL);
	json_write_string(writer, "id", run->id);
	write_head(writer, run);
	json_write_uint(writer, "shape", shape);
	json_write_uint(writer, "numbers", numbers);
	json_write_end_object(writer);
}

static void write_texts(struct json_writer *writer, const char *key,
			const struct shared_texts *texts)
{
	if (texts->count == 0)
		return;
	json_write_array(writer, key);
	for (size_t i = 0; i < texts->count; i++)
		json_write_text(writer, texts->texts[i]);
	json_write_end_array(writer);
}

int recording_write(const struct recording *recording, FILE *out, struct error *err)
{
	_cleanup_(shared_parts_clean) struct shared_parts parts = { 0 };
	struct json_writer writer = json_writer(out);
	const struct run *const *runs;
	size_t count = recording_runs(recording, &runs);

	if (shared_parts_find(&parts, runs, count) < 0)
		return error_oom(err);
	errno = 0;
	json_write_object(&writer, NULL);
	json_write_string(&writer, "format", RECORDING_FORMAT);
	json_write_uint(&writer, "version", RECORDING_VERSION);
	write_texts(&writer, "shapes", &parts.shapes);
	write_texts(&writer, "numbers", &parts.numbers);
	json_write_array(&writer, "runs");
	for (size_t i = 0; i < count; i++) {
		if (parts.shape_of[i] == SHARED_NONE)
			write_run(&writer, runs[i]);
		else
			write_shared_run(&writer, runs[i], parts.shape_of[i], parts.numbers_of[i]);
	}
	json_write_end_array(&writer);
	json_write_end_object(&writer);
	if (ferror(out))
		return error_set_errno(err, errno ? -errno : -EIO, "can't be written");
	return 0;
}

int recording_save(const struct recording *recording, const char *path, mode_t mode,
		   struct error *err)
{
	_cleanup_(file_writer_abandonp) struct file_writer *writer = NULL;

	if (file_writer_open(path, mode, &writer, err) < 0)
		return err->code;
	if (recording_write(recording, file_writer_stream(writer), err) < 0)
		return error_prefix(err, "%s", path);
	return file_writer_commit(take(writer), err);
}
