// SPDX-License-Identifier: LGPL-2.1-or-later
#include "denial/sentence.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "common/utf8.h"
#include "syscall/arguments.h"
#include "syscall/syscall.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/seccomp.h>
#include <string.h>
#include <time.h>

/* The outcome of the call: the words between the program and the call, and after the call. */
static const struct outcome {
	uint32_t verdict;
	const char *before, *after;
} outcomes[] = {
	{ SECCOMP_RET_KILL_PROCESS, "was killed for calling", "" },
	{ SECCOMP_RET_KILL_THREAD, "lost the thread that called", "" },
	{ SECCOMP_RET_TRAP, "got SIGSYS for calling", "" },
	{ SECCOMP_RET_ERRNO, "was denied", "" },
	{ SECCOMP_RET_USER_NOTIF, "asked its supervisor for", "" },
	{ SECCOMP_RET_TRACE, "was denied", " with ENOSYS, because no tracer is attached" },
	{ SECCOMP_RET_LOG, "was allowed", ", and the call was logged" },
};
static const struct outcome unknown_outcome = { 0, "was denied", "" };

/* What allowing a call of this risk class grants. */
static const char *const class_sentences[] = {
	[RISK_NONE] = "nothing that the process does not have already",
	[RISK_FILE] = "access to files: to open or change them",
	[RISK_NETWORK] = "access to the network, or to other processes through sockets",
	[RISK_PROCESS] = "access to other processes: to create, signal or inspect them",
	[RISK_IDENTITY] = "a change of identity: of user, group or capabilities",
	[RISK_EXECUTE] = "execution of another program, or of memory as code",
	[RISK_SYSTEM] = "control of the whole machine; allow with care",
};

enum colour { COLOUR_CALL, COLOUR_BAD, COLOUR_MILD, COLOUR_DIM, COLOUR_END };
static const char *const colours[] = {
	[COLOUR_CALL] = "\033[1m", [COLOUR_BAD] = "\033[31m", [COLOUR_MILD] = "\033[33m",
	[COLOUR_DIM] = "\033[2m",  [COLOUR_END] = "\033[0m",
};

static void colour(FILE *out, const struct sentence_options *options, enum colour which)
{
	if (options->with_colour)
		fputs(colours[which], out);
}

static const struct outcome *find_outcome(const struct denial *denial)
{
	for (size_t i = 0; denial->has_action && i < ARRAY_SIZE(outcomes); i++)
		if (outcomes[i].verdict == denial_verdict(denial))
			return &outcomes[i];
	return &unknown_outcome;
}

static bool is_foreign(const struct denial *denial)
{
	return !denial->has_abi || denial->abi != abi_native();
}

static const struct argument *find_argument(const struct syscall_arguments *arguments,
					    unsigned index)
{
	for (unsigned i = 0; arguments && i < arguments->count; i++)
		if (arguments->argument[i].index == index)
			return &arguments->argument[i];
	return NULL;
}

/* The level that determines the name of a setsockopt() option, else 0. */
static uint64_t socket_level(const struct denial *denial, const struct syscall_arguments *arguments)
{
	for (unsigned i = 0; i < arguments->count; i++)
		if (arguments->argument[i].kind == ARGUMENT_SOCKET_LEVEL)
			return denial->arguments[arguments->argument[i].index] &
			       arguments->argument[i].mask;
	return 0;
}

static void print_argument(FILE *out, const struct denial *denial,
			   const struct syscall_arguments *arguments, unsigned index)
{
	const struct argument *argument = find_argument(arguments, index);
	uint64_t value = denial->arguments[index];
	char buffer[256];

	if (argument && argument->pointee_offset < 0)
		fputs(argument_format(denial->abi, argument->kind, value & argument->mask,
				      socket_level(denial, arguments), buffer, sizeof(buffer)),
		      out);
	else if ((int)value == AT_FDCWD && index == 0)
		fputs("AT_FDCWD", out);
	else
		fprintf(out, "0x%" PRIx64, value);
}

/* Prints up to the last argument in the table. The number of a call's arguments is unknown, and later
 * registers contain unrelated values. */
static void print_arguments(FILE *out, const struct denial *denial, const char *name)
{
	const struct syscall_arguments *arguments = syscall_arguments_of(denial->abi, name);
	unsigned last = 0;

	if (!arguments)
		return;
	for (unsigned i = 0; i < arguments->count; i++)
		if (arguments->argument[i].index > last)
			last = arguments->argument[i].index;
	for (unsigned i = 0; i <= last; i++) {
		fputs(i ? ", " : "(", out);
		print_argument(out, denial, arguments, i);
	}
	putc(')', out);
}

void sentence_print_call(FILE *out, const struct denial *denial)
{
	char buffer[64];
	const char *name = denial_name(denial, buffer, sizeof(buffer));

	if (!name) {
		fprintf(out, "system call %d", denial->nr);
		return;
	}
	fputs(name, out);
	if (denial->has_arguments)
		print_arguments(out, denial, name);
}

static void print_time(FILE *out, uint64_t time_us)
{
	time_t seconds = (time_t)(time_us / 1000000);
	char text[32];
	struct tm parts;

	if (time_us && localtime_r(&seconds, &parts) &&
	    strftime(text, sizeof(text), "%F %T", &parts))
		fprintf(out, "%s ", text);
}

static void print_pids(FILE *out, const struct denial_group *group)
{
	if (group->pids_count == 1 && group->pids[0] >= 0)
		fprintf(out, "pid %" PRId64, group->pids[0]);
	else if (group->pids_count > 1)
		fprintf(out, "pids %" PRId64 ", %" PRId64 "%s", group->pids[0], group->pids[1],
			group->pids_count > 2 ? " and others" : "");
}

/* "nginx (/usr/sbin/nginx, pid 22021) of nginx.service" */
static void print_process(FILE *out, const struct denial_group *group)
{
	const struct denial *denial = &group->denial;

	if (denial->comm.length)
		utf8_print_safe(out, denial->comm.data);
	else
		fputs("a process", out);
	fputs(" (", out);
	if (denial->exe.length) {
		utf8_print_safe(out, denial->exe.data);
		fputs(", ", out);
	}
	print_pids(out, group);
	putc(')', out);
	if (denial->unit.length) {
		fputs(" of ", out);
		utf8_print_safe(out, denial->unit.data);
	}
}

static void print_outcome(FILE *out, const struct denial *denial,
			  const struct sentence_options *options)
{
	const struct outcome *outcome = find_outcome(denial);
	bool is_mild = outcome->verdict == SECCOMP_RET_LOG;

	putc(' ', out);
	colour(out, options, is_mild ? COLOUR_MILD : COLOUR_BAD);
	fputs(outcome->before, out);
	colour(out, options, COLOUR_END);
	putc(' ', out);
	colour(out, options, COLOUR_CALL);
	sentence_print_call(out, denial);
	colour(out, options, COLOUR_END);
	if (denial->has_action && outcome->verdict == SECCOMP_RET_ERRNO) {
		const char *name =
			denial->has_errno
				? strerrorname_np((int)(denial->action & SECCOMP_RET_DATA))
				: NULL;

		if (name)
			fprintf(out, " with %s", name);
		else if (denial->has_errno && !(denial->action & SECCOMP_RET_DATA))
			fputs(" with error 0, which looks like success", out);
		else if (denial->has_errno)
			fprintf(out, " with error %u", denial->action & SECCOMP_RET_DATA);
		else
			fputs(" with an error that the record lacks", out);
	}
	fputs(outcome->after, out);
	if (is_foreign(denial)) {
		if (denial->has_abi)
			fprintf(out, ", as a call of %s", abi_info(denial->abi)->name);
		else if (!denial->audit_arch)
			fputs(", on an architecture that the record lacks (it has no arch=)", out);
		else
			fprintf(out, ", on an unknown architecture (0x%" PRIx32 ")",
				denial->audit_arch);
	}
}

static const char *name_on(enum abi abi, int nr)
{
	const char *name = syscall_name(abi, nr);

	return name ? name : "unused";
}

static void print_label(FILE *out, const char *label, const struct sentence_options *options)
{
	fputs("    ", out);
	colour(out, options, COLOUR_DIM);
	fprintf(out, "%-6s", label);
	colour(out, options, COLOUR_END);
	putc(' ', out);
}

static void print_consequences(FILE *out, const struct denial *denial,
			       const struct sentence_options *options)
{
	char buffer[64];
	const char *name = denial_name(denial, buffer, sizeof(buffer));
	const struct syscall_info *info = name ? syscall_info(name) : NULL;

	if (denial->stack.length) {
		print_label(out, "from", options);
		utf8_print_safe(out, denial->stack.data);
		putc('\n', out);
	}
	if (info) {
		print_label(out, "grants", options);
		fprintf(out, "%s (%s: %s)\n", class_sentences[info->risk], name, info->summary);
	}
	print_label(out, "allow", options);
	if (!name && !denial->has_abi && !denial->audit_arch && denial->nr >= 0) {
		fprintf(out, "the number alone names no call: on x86_64 it is %s, on aarch64 %s\n",
			name_on(ABI_X86_64, denial->nr), name_on(ABI_AARCH64, denial->nr));
		return;
	}
	if (!name) {
		fputs("this version of whittle has no name for this call; a newer one may\n", out);
		return;
	}
	fprintf(out, "SystemCallFilter=%s", name);
	if (denial->unit.length && !strchr(denial->unit.data, '/')) {
		fputs(" in [Service] with `systemctl edit ", out);
		utf8_print_safe(out, denial->unit.data);
		putc('`', out);
	}
	fprintf(out, ", or `whittle decide --allow=%s ...`\n", name);
}

void sentence_print(FILE *out, const struct denial_group *group, uint64_t count,
		    const struct sentence_options *options)
{
	if (options->with_time)
		print_time(out, group->denial.time_us);
	print_process(out, group);
	print_outcome(out, &group->denial, options);
	if (group->told) {
		fprintf(out, ", %" PRIu64 " more\n", count);
		return;
	}
	if (count > 1)
		fprintf(out, ", %" PRIu64 " times", count);
	putc('\n', out);
	print_consequences(out, &group->denial, options);
}

/* Text of a group is terminated; an empty one is unknown. */
static void write_text(struct json_writer *json, const char *key, struct text text)
{
	if (text.length)
		json_write_string(json, key, text.data);
	else
		json_write_null(json, key);
}

static void write_number(struct json_writer *json, const char *key, int64_t number)
{
	if (number >= 0)
		json_write_int(json, key, number);
	else
		json_write_null(json, key);
}

static const char *const source_names[] = {
	[DENIAL_FROM_KERNEL_LOG] = "kernel log",
	[DENIAL_FROM_AUDIT_LOG] = "audit",
	[DENIAL_FROM_JOURNAL] = "journal",
	[DENIAL_FROM_BPF] = "bpf",
};

static void write_call(struct json_writer *json, const struct denial *denial)
{
	_cleanup_free_ char *call = NULL;
	size_t size = 0;
	FILE *memory;

	if (!denial->has_arguments)
		return;
	memory = open_memstream(&call, &size);
	if (memory) {
		sentence_print_call(memory, denial);
		if (fclose(memory) == 0)
			json_write_string(json, "call", call);
	}
	json_write_array(json, "arguments");
	for (unsigned i = 0; i < 6; i++)
		json_write_hex(json, NULL, denial->arguments[i]);
	json_write_end_array(json);
}

void sentence_print_json(FILE *out, const struct denial_group *group, uint64_t count)
{
	const struct denial *denial = &group->denial;
	struct json_writer writer = json_writer(out), *json = &writer;
	char action[32], buffer[64];
	const char *name = denial_name(denial, buffer, sizeof(buffer));
	const struct syscall_info *info = name ? syscall_info(name) : NULL;

	json_write_object_line(json, NULL);
	if (name)
		json_write_string(json, "name", name);
	else
		json_write_null(json, "name");
	write_number(json, "nr", denial->nr);
	if (denial->has_abi)
		json_write_string(json, "abi", abi_info(denial->abi)->name);
	else
		json_write_null(json, "abi");
	json_write_hex(json, "arch", denial->audit_arch);
	write_number(json, "pid", denial->pid);
	write_text(json, "comm", denial->comm);
	write_text(json, "exe", denial->exe);
	write_text(json, "unit", denial->unit);
	json_write_string(json, "action", denial_action(denial, action, sizeof(action)));
	json_write_uint(json, "count", count);
	write_call(json, denial);
	if (denial->stack.length)
		json_write_string(json, "stack", denial->stack.data);
	json_write_hex(json, "ip", denial->ip);
	if (denial->time_us)
		json_write_uint(json, "time_us", denial->time_us);
	write_number(json, "uid", denial->uid);
	json_write_string(json, "source", source_names[denial->source]);
	if (info) {
		json_write_string(json, "risk", syscall_risk_name(info->risk));
		json_write_string(json, "summary", info->summary);
	}
	json_write_end_object(json);
}
