// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * `whittle lookup ITEM...`: prints entries of the system call tables. An item is a number, a name or a
 * @group, optionally prefixed with an architecture and a colon. Text and JSON come from the same three
 * functions. An unknown item does not keep the others from being printed.
 */
#include "cmd/commands.h"
#include "cmd/report.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "syscall/arguments.h"
#include "syscall/groups.h"
#include "syscall/siblings.h"
#include "syscall/suggest.h"
#include "syscall/syscall.h"

#include <errno.h>
#include <string.h>

struct lookup_options {
	const char *architecture;
	uint64_t systemd;
	bool names, json;
};

/* Settings for all items of one command line. */
struct lookup {
	enum abi abis[ABI_COUNT]; /* those asked for, native first */
	unsigned abi_count;
	unsigned systemd;
	const char *bold, *plain;
	struct json_writer *json; /* NULL: text */
};

/* ---- architectures ---- */

static int find_architecture(const char *name, size_t length, enum abi *abi, struct error *err)
{
	char copy[32];

	if (length < sizeof(copy)) {
		memcpy(copy, name, length);
		copy[length] = '\0';
		if (abi_from_name(copy, abi) == 0)
			return 0;
	}
	return error_set(
		err, -ENOENT,
		"unknown architecture \"%.*s\"; whittle knows x86_64, i386, x32, aarch64, arm, "
		"riscv64, ppc64le and s390x",
		(int)length, name);
}

static unsigned every_abi(enum abi abis[ABI_COUNT])
{
	unsigned count = abi_local(abis);

	for (unsigned abi = 0; abi < ABI_COUNT; abi++) {
		bool is_there = false;

		for (unsigned i = 0; i < count; i++)
			is_there |= abis[i] == abi;
		if (!is_there)
			abis[count++] = (enum abi)abi;
	}
	return count;
}

/* ---- a number ---- */

static bool parse_nr(const char *text, int *nr)
{
	unsigned long value;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	value = strtoul(text, &end, 0);
	if (errno || *end || value > INT32_MAX)
		return false;
	*nr = (int)value;
	return true;
}

/* The number in this ABI. Users usually omit x32's bit. */
static int nr_of(enum abi abi, int nr)
{
	return abi == ABI_X32 ? nr | X32_BIT : nr;
}

static void show_number(const struct lookup *lookup, const char *text, int nr)
{
	if (lookup->json) {
		json_write_object(lookup->json, NULL);
		json_write_string(lookup->json, "item", text);
		json_write_string(lookup->json, "kind", "number");
		json_write_array(lookup->json, "calls");
	} else {
		printf("%s%s%s\n", lookup->bold, text, lookup->plain);
	}
	for (unsigned i = 0; i < lookup->abi_count; i++) {
		const enum abi abi = lookup->abis[i];
		const char *name = syscall_name(abi, nr_of(abi, nr));

		if (!name)
			continue;
		if (lookup->json) {
			json_write_object_line(lookup->json, NULL);
			json_write_string(lookup->json, "abi", abi_info(abi)->name);
			json_write_int(lookup->json, "nr", nr_of(abi, nr));
			json_write_string(lookup->json, "name", name);
			json_write_end_object(lookup->json);
		} else {
			printf("  %-8s %-20s %s\n", abi_info(abi)->name, name,
			       syscall_info(name)->summary);
		}
	}
	if (lookup->json) {
		json_write_end_array(lookup->json);
		json_write_end_object(lookup->json);
	}
}

static int lookup_number(const struct lookup *lookup, const char *text, const char *word, int nr,
			 struct error *err)
{
	for (unsigned i = 0; i < lookup->abi_count; i++)
		if (syscall_name(lookup->abis[i], nr_of(lookup->abis[i], nr))) {
			show_number(lookup, text, nr);
			return 0;
		}
	if (lookup->abi_count == 1)
		return error_set(err, -ENOENT, "%s has no system call with number %s",
				 abi_info(lookup->abis[0])->name, word);
	return error_set(err, -ENOENT, "no architecture has a system call with number %s", word);
}

/* ---- a name ---- */

static bool is_on_any(const struct lookup *lookup, const char *name)
{
	for (unsigned i = 0; i < lookup->abi_count; i++)
		if (syscall_number(lookup->abis[i], name) >= 0)
			return true;
	return false;
}

static void print_numbers(const struct lookup *lookup, const char *name)
{
	const char *between = "  numbers    ";

	for (unsigned i = 0; i < lookup->abi_count; i++) {
		const enum abi abi = lookup->abis[i];
		const int nr = syscall_number(abi, name);

		if (nr < 0)
			continue;
		printf(abi == ABI_X32 ? "%s%s %#x" : "%s%s %d", between, abi_info(abi)->name, nr);
		between = ", ";
	}
	putchar('\n');
}

static void print_groups(const struct lookup *lookup, const char *name)
{
	const char *const *groups, *between = "  groups     ";
	const size_t count = groups_names(lookup->systemd, &groups);
	bool is_in_one = false;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(groups[i], "@known") == 0 ||
		    !groups_contain(lookup->systemd, groups[i], name))
			continue;
		printf("%s%s", between, groups[i]);
		between = ", ";
		is_in_one = true;
	}
	if (!is_in_one)
		printf("%snone", between);
	printf(groups_know(lookup->systemd, name) ? " (systemd %u)\n"
						  : " (unknown to systemd %u)\n",
	       lookup->systemd);
}

static void print_arguments(const char *name)
{
	const struct syscall_arguments *arguments = syscall_arguments(name);

	if (!arguments)
		return;
	fputs("  arguments  ", stdout);
	for (unsigned i = 0; i < arguments->count; i++) {
		const struct argument *argument = &arguments->argument[i];

		printf("%sargs[%u] %s%s", i ? ", " : "", argument->index, argument->label,
		       argument->pointee_offset < 0 ? ""
						    : " (in memory, which filters can't read)");
	}
	putchar('\n');
}

static void print_siblings(const struct lookup *lookup, const char *name)
{
	struct sibling_of siblings[SIBLINGS_MAX];
	const size_t count = siblings_of(name, siblings);
	const char *between = "  siblings   ";

	for (size_t i = 0; i < count; i++) {
		if (!is_on_any(lookup, siblings[i].sibling->name))
			continue;
		printf("%s%s%s", between, siblings[i].sibling->name,
		       siblings[i].adds_power ? " (grants more)" : "");
		between = ", ";
	}
	if (*between == ',')
		putchar('\n');
}

static void print_call(const struct lookup *lookup, const struct syscall_info *info)
{
	printf("%s%s%s\n  does       %s\n", lookup->bold, info->name, lookup->plain, info->summary);
	if (info->since)
		printf("  since      Linux %s\n", info->since);
	printf("  risk       %s\n", syscall_risk_name(info->risk));
	print_numbers(lookup, info->name);
	print_groups(lookup, info->name);
	print_arguments(info->name);
	print_siblings(lookup, info->name);
}

static void write_siblings(const struct lookup *lookup, const char *name)
{
	struct sibling_of siblings[SIBLINGS_MAX];
	const size_t count = siblings_of(name, siblings);
	struct json_writer *json = lookup->json;

	json_write_array(json, "siblings");
	for (size_t i = 0; i < count; i++) {
		const struct sibling *sibling = siblings[i].sibling;

		if (!is_on_any(lookup, sibling->name))
			continue;
		json_write_object(json, NULL);
		json_write_string(json, "name", sibling->name);
		json_write_string(json, "family", siblings[i].family->name);
		json_write_bool(json, "adds_power", siblings[i].adds_power);
		json_write_bool(json, "ahead", sibling->flags & SIBLING_AHEAD);
		json_write_array_line(json, "falls_back");
		if (sibling->flags & SIBLING_GLIBC_FALLS_BACK)
			json_write_string(json, NULL, "glibc");
		if (sibling->flags & SIBLING_MUSL_FALLS_BACK)
			json_write_string(json, NULL, "musl");
		json_write_end_array(json);
		json_write_string(json, "change", siblings[i].family->change);
		json_write_string(json, "source", siblings[i].family->source);
		json_write_end_object(json);
	}
	json_write_end_array(json);
}

static void write_call(const struct lookup *lookup, const char *text,
		       const struct syscall_info *info)
{
	const struct syscall_arguments *arguments = syscall_arguments(info->name);
	const char *const *groups;
	const size_t count = groups_names(lookup->systemd, &groups);
	struct json_writer *json = lookup->json;

	json_write_object(json, NULL);
	json_write_string(json, "item", text);
	json_write_string(json, "kind", "call");
	json_write_string(json, "name", info->name);
	json_write_string(json, "summary", info->summary);
	json_write_string(json, "since", info->since);
	json_write_string(json, "risk", syscall_risk_name(info->risk));
	json_write_object_line(json, "numbers");
	for (unsigned i = 0; i < lookup->abi_count; i++) {
		const int nr = syscall_number(lookup->abis[i], info->name);

		if (nr >= 0)
			json_write_int(json, abi_info(lookup->abis[i])->name, nr);
	}
	json_write_end_object(json);
	json_write_uint(json, "systemd", lookup->systemd);
	json_write_array_line(json, "groups");
	for (size_t i = 0; i < count; i++)
		if (groups_contain(lookup->systemd, groups[i], info->name))
			json_write_string(json, NULL, groups[i]);
	json_write_end_array(json);
	json_write_array(json, "arguments");
	for (unsigned i = 0; arguments && i < arguments->count; i++) {
		json_write_object_line(json, NULL);
		json_write_uint(json, "index", arguments->argument[i].index);
		json_write_string(json, "label", arguments->argument[i].label);
		json_write_hex(json, "mask", arguments->argument[i].mask);
		if (arguments->argument[i].pointee_offset >= 0)
			json_write_int(json, "pointee_offset",
				       arguments->argument[i].pointee_offset);
		json_write_end_object(json);
	}
	json_write_end_array(json);
	write_siblings(lookup, info->name);
	json_write_end_object(json);
}

/* The kernel's and libc's sources write __NR_brk, SYS_brk and sys_brk. */
static const char *without_prefix(const char *name)
{
	static const char *const prefixes[] = { "__NR_", "SYS_", "sys_" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return name + strlen(prefixes[i]);
	return name;
}

/* A call of other architectures: this one has a sibling of it, more often than not. */
static int no_such_call(const struct lookup *lookup, const char *name, struct error *err)
{
	const char *abi = abi_info(lookup->abis[0])->name;
	struct sibling_of siblings[SIBLINGS_MAX];
	const size_t count = siblings_of(name, siblings);

	for (size_t i = 0; i < count; i++)
		if (is_on_any(lookup, siblings[i].sibling->name))
			return error_set(err, -ENOENT, "%s has no system call %s; it has %s", abi,
					 name, siblings[i].sibling->name);
	return error_set(err, -ENOENT, "%s has no system call %s", abi, name);
}

static int lookup_name(const struct lookup *lookup, const char *text, const char *name,
		       struct error *err)
{
	const struct syscall_info *info;
	const char *near;

	if (!syscall_is_known(name))
		name = without_prefix(name);
	info = syscall_info(name);
	if (!info) {
		near = syscall_suggest(name);
		return error_set(err, -ENOENT, "no system call is named \"%s\"%s%s%s", name,
				 near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
	}
	if (!is_on_any(lookup, name))
		return no_such_call(lookup, name, err);
	if (lookup->json)
		write_call(lookup, text, info);
	else
		print_call(lookup, info);
	return 0;
}

/* ---- a group ---- */

static int lookup_group(const struct lookup *lookup, const char *name, struct error *err)
{
	const char *const *members, *const *groups, *near;
	const size_t count = groups_members(lookup->systemd, name, &members);

	if (count == 0) {
		const size_t groups_count = groups_names(lookup->systemd, &groups);

		near = suggest_among(name, groups, groups_count);
		return error_set(err, -ENOENT, "systemd %u has no group \"%s\"%s%s%s",
				 lookup->systemd, name, near ? "; did you mean " : "",
				 near ? near : "", near ? "?" : "");
	}
	if (lookup->json) {
		json_write_object(lookup->json, NULL);
		json_write_string(lookup->json, "item", name);
		json_write_string(lookup->json, "kind", "group");
		json_write_uint(lookup->json, "systemd", lookup->systemd);
		json_write_array(lookup->json, "members");
		for (size_t i = 0; i < count; i++)
			json_write_string(lookup->json, NULL, members[i]);
		json_write_end_array(lookup->json);
		json_write_end_object(lookup->json);
		return 0;
	}
	printf("%s%s%s: %zu calls in systemd %u\n", lookup->bold, name, lookup->plain, count,
	       lookup->systemd);
	for (size_t i = 0; i < count; i++) {
		const struct syscall_info *info = syscall_info(members[i]);

		printf("  %-22s %s\n", members[i],
		       info ? info->summary : "Of another architecture than whittle knows");
	}
	return 0;
}

/* ---- the command ---- */

static int lookup_item(const struct lookup *lookup, const char *text, struct error *err)
{
	const char *colon = strchr(text, ':'), *word = colon ? colon + 1 : text;
	struct lookup narrowed = *lookup;
	int nr;

	if (colon) {
		if (find_architecture(text, (size_t)(colon - text), &narrowed.abis[0], err) < 0)
			return err->code;
		narrowed.abi_count = 1;
	}
	if (*word == '\0')
		return error_set(err, -ENOENT, "\"%s\" names no system call", text);
	if (*word == '@')
		return lookup_group(&narrowed, word, err);
	if (parse_nr(word, &nr))
		return lookup_number(&narrowed, text, word, nr, err);
	return lookup_name(&narrowed, text, word, err);
}

static int compare_strings(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static int print_names(const struct lookup *lookup, struct error *err)
{
	_cleanup_free_ const char **names = NULL;
	const struct syscall_entry *entries;
	size_t count = 0, room = 1;

	for (unsigned i = 0; i < lookup->abi_count; i++)
		room += syscall_table(lookup->abis[i], &entries);
	names = calloc(room, sizeof(*names));
	if (!names)
		return error_oom(err);
	for (unsigned i = 0; i < lookup->abi_count; i++) {
		const size_t more = syscall_table(lookup->abis[i], &entries);

		for (size_t j = 0; j < more; j++)
			names[count++] = entries[j].name;
	}
	qsort(names, count, sizeof(*names), compare_strings);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || strcmp(names[i - 1], names[i]) != 0)
			puts(names[i]);
	return 0;
}

static const struct option_row lookup_options[] = {
	{ 0, "abi", OPTION_STRING, "ABI", "only for this ABI",
	  offsetof(struct lookup_options, architecture), VALUE_CHOICE,
	  "x86_64 i386 x32 aarch64 arm riscv64 ppc64le s390x" },
	{ 0, "systemd", OPTION_NUMBER, "VERSION",
	  "groups of this systemd version (default: the newest known)",
	  offsetof(struct lookup_options, systemd), VALUE_ANY, NULL },
	{ 0, "names", OPTION_FLAG, NULL, "print every known name, one per line",
	  offsetof(struct lookup_options, names), VALUE_ANY, NULL },
	{ 'j', "json", OPTION_FLAG, NULL, "print JSON", offsetof(struct lookup_options, json),
	  VALUE_ANY, NULL },
	OPTION_END,
};

static int lookup_items(const struct lookup *lookup, char *const items[])
{
	int code = 0;

	if (lookup->json) {
		json_write_object(lookup->json, NULL);
		json_write_array(lookup->json, "items");
	}
	for (; *items; items++) {
		struct error err = { 0 };

		if (lookup_item(lookup, *items, &err) < 0)
			code = report(&err);
	}
	if (lookup->json) {
		json_write_end_array(lookup->json);
		json_write_end_object(lookup->json);
	}
	return code;
}

static int cmd_lookup(int argc, char *argv[])
{
	struct lookup_options options = { .systemd = UINT32_MAX };
	struct lookup lookup = { .bold = "", .plain = "" };
	struct json_writer json = json_writer(stdout);
	struct error err = { 0 };
	int first, code;

	if (options_parse(&command_lookup, argc, argv, &options, &first, &err) < 0)
		return report_usage(&command_lookup, &err);
	if (options.names ? first != argc : first == argc) {
		error_set(&err, -EINVAL,
			  options.names ? "--names takes no ITEM"
					: "name an ITEM: a number, a name or a group");
		return report_usage(&command_lookup, &err);
	}
	lookup.abi_count = every_abi(lookup.abis);
	if (options.architecture) {
		if (find_architecture(options.architecture, strlen(options.architecture),
				      &lookup.abis[0], &err) < 0)
			return report(&err);
		lookup.abi_count = 1;
	}
	lookup.systemd = groups_version_for(options.systemd < UINT32_MAX ? (unsigned)options.systemd
									 : UINT32_MAX);
	if (report_use_colour(stdout) && !options.json) {
		lookup.bold = "\x1b[1m";
		lookup.plain = "\x1b[0m";
	}
	if (options.names)
		return print_names(&lookup, &err) < 0 ? report(&err) : report_finish_output();
	lookup.json = options.json ? &json : NULL;
	code = lookup_items(&lookup, argv + first);
	first = report_finish_output();
	return code ? code : first;
}

static const struct renamed_option lookup_renamed[] = {
	{ "-a", "--abi" },
	{ "--arch", "--abi" },
	{ NULL, NULL },
};

const struct command command_lookup = {
	.name = "lookup",
	.group = GROUP_ANALYSIS,
	.run = cmd_lookup,
	.summary = "look up system calls by number, name or group",
	.usage = "[OPTION]... ITEM...",
	.options = lookup_options,
	.description =
		"ITEM is a number (12, 0x4000000c), a name (brk), a systemd group (@aio), or a number or\n"
		"name of one ABI (aarch64:openat).",
	.operand = VALUE_SYSCALL,
	.renamed = lookup_renamed,
};
