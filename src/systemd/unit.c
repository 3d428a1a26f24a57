// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The manager returns all properties of an interface at once as (name, variant) pairs; a table
 * lists which of them are stored, where, and how each is read. Properties that a version of systemd
 * lacks stay zero.
 */
#include "systemd/unit.h"

#include "common/array.h"

#include "systemd/bus.h"
#include "systemd/name.h"

#include <errno.h>
#include <pwd.h>
#include <stdint.h>
#include <string.h>

static void strings_free(char **strings)
{
	for (char **at = strings; at && *at; at++)
		free(*at);
	free(strings);
}

void unit_freep(struct unit **at)
{
	struct unit *unit = *at;

	if (!unit)
		return;
	free(unit->name);
	free(unit->description);
	free(unit->load_state);
	free(unit->active_state);
	free(unit->sub_state);
	free(unit->fragment);
	strings_free(unit->drop_ins);
	free(unit->control_group);
	free(unit->cgroup_directory);
	free(unit->slice);
	free(unit->type);
	free(unit->result);
	free(unit->user);
	strings_free(unit->filter.names);
	strings_free(unit->log.names);
	strings_free(unit->filter_architectures);
	strings_free(unit->families.names);
	for (size_t i = 0; i < unit->commands_count; i++) {
		free(unit->commands[i].path);
		strings_free(unit->commands[i].argv);
		free(unit->commands[i].text);
	}
	free(unit->commands);
	free(unit);
	*at = NULL;
}

static int read_string(sd_bus_message *message, struct unit *unit, void *field, const char *name)
{
	const char *value;
	char **at = field;
	int r = sd_bus_message_read_basic(message, 's', &value);

	(void)unit;
	(void)name;
	if (r < 0)
		return r;
	free(*at);
	*at = strdup(value);
	return *at ? 0 : -ENOMEM;
}

static int read_strings(sd_bus_message *message, struct unit *unit, void *field, const char *name)
{
	char ***at = field;

	(void)unit;
	(void)name;
	strings_free(*at);
	*at = NULL;
	return sd_bus_message_read_strv(message, at);
}

/* ay: 16 bytes, or none. */
static int read_id(sd_bus_message *message, struct unit *unit, void *field, const char *name)
{
	const void *bytes;
	char *out = field;
	size_t size;
	int r = sd_bus_message_read_array(message, 'y', &bytes, &size);

	(void)unit;
	(void)name;
	for (size_t i = 0; r >= 0 && i < size && i < 16; i++)
		snprintf(out + 2 * i, 3, "%02x", ((const unsigned char *)bytes)[i]);
	return r;
}

static int read_bool(sd_bus_message *message, struct unit *unit, void *field, const char *name)
{
	int value, r = sd_bus_message_read_basic(message, 'b', &value);

	(void)unit;
	(void)name;
	if (r >= 0)
		*(bool *)field = value;
	return r;
}

static int read_number(sd_bus_message *message, struct unit *unit, void *field, const char *name)
{
	int32_t value = 0;
	char type;
	int r = sd_bus_message_peek_type(message, &type, NULL);

	(void)unit;
	(void)name;
	if (r > 0)
		r = type == SD_BUS_TYPE_UINT32 || type == SD_BUS_TYPE_INT32
			    ? sd_bus_message_read_basic(message, type, &value)
			    : -EBADMSG;
	if (r >= 0)
		*(int *)field = value;
	return r;
}

static int read_flags(sd_bus_message *message, struct unit *unit, void *field, const char *name)
{
	(void)unit;
	(void)name;
	return sd_bus_message_read_basic(message, 't', field);
}

/* (bas): whether it is an allow-list, and the names. */
static int read_calls(sd_bus_message *message, struct unit *unit, void *field, const char *name)
{
	struct unit_calls *calls = field;
	int allow, r = sd_bus_message_enter_container(message, 'r', "bas");

	(void)unit;
	(void)name;
	if (r >= 0)
		r = sd_bus_message_read_basic(message, 'b', &allow);
	if (r >= 0) {
		calls->is_allow_list = allow;
		strings_free(calls->names);
		calls->names = NULL;
		r = sd_bus_message_read_strv(message, &calls->names);
	}
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

static char *join(char **argv)
{
	size_t size = 1;
	char *text, *end;

	for (char **at = argv; *at; at++)
		size += strlen(*at) + 1;
	text = end = malloc(size);
	if (!text)
		return NULL;
	*text = '\0';
	for (char **at = argv; *at; at++) {
		if (at != argv)
			*end++ = ' ';
		end = stpcpy(end, *at);
	}
	return text;
}

static bool has_word(char **words, const char *word)
{
	for (char **at = words; at && *at; at++)
		if (strcmp(*at, word) == 0)
			return true;
	return false;
}

static int read_command(sd_bus_message *message, struct unit_command *command)
{
	char **flags = NULL;
	uint64_t times[4];
	int32_t code, status;
	const char *path;
	uint32_t pid;
	int r;

	r = sd_bus_message_read_basic(message, 's', &path);
	if (r < 0)
		return r;
	command->path = strdup(path);
	r = sd_bus_message_read_strv(message, &command->argv);
	if (r < 0)
		return r;
	r = sd_bus_message_read_strv(message, &flags);
	if (r < 0)
		return r;
	command->is_privileged = has_word(flags, "privileged");
	strings_free(flags);
	r = sd_bus_message_read(message, "ttttuii", &times[0], &times[1], &times[2], &times[3],
				&pid, &code, &status);
	if (r < 0)
		return r;
	command->pid = (pid_t)pid;
	command->code = code;
	command->status = status;
	if (command->argv)
		command->text = join(command->argv);
	return command->path && command->text ? 0 : -ENOMEM;
}

/* The settings in the order in which the manager runs them, whatever order it tells them in. */
static const char *const settings[] = { "ExecCondition", "ExecStartPre", "ExecStart",
					"ExecStartPost", "ExecReload",	 "ExecStop",
					"ExecStopPost" };

/* "ExecStartEx" is the property of the setting ExecStart=. */
static const char *setting_name(const char *property)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		size_t length = strlen(settings[i]);

		if (strncmp(property, settings[i], length) == 0 &&
		    strcmp(property + length, "Ex") == 0)
			return settings[i];
	}
	return property;
}

/* a(sasasttttuii), one element a command line of the setting, whose name has "Ex" behind it. */
static int read_commands(sd_bus_message *message, struct unit *unit, void *field, const char *name)
{
	unsigned index = 0;
	int r = sd_bus_message_enter_container(message, 'a', "(sasasttttuii)");

	(void)field;
	while (r >= 0) {
		struct unit_command *command;

		r = sd_bus_message_enter_container(message, 'r', "sasasttttuii");
		if (r <= 0)
			break;
		command = array_grow_one(&unit->commands, unit->commands_count);
		if (!command)
			return -ENOMEM;
		unit->commands_count++;
		*command = (struct unit_command){ .setting = setting_name(name), .index = index };
		index++;
		r = read_command(message, command);
		if (r >= 0)
			r = sd_bus_message_exit_container(message);
	}
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

/* (uo): 0 where there is none. */
static int read_job(sd_bus_message *message, struct unit *unit, void *field, const char *name)
{
	const char *path;
	uint32_t id;
	int r = sd_bus_message_read(message, "(uo)", &id, &path);

	(void)unit;
	(void)name;
	if (r >= 0)
		*(bool *)field = id != 0;
	return r;
}

struct property {
	const char *name;
	int (*read)(sd_bus_message *message, struct unit *unit, void *field, const char *name);
	size_t offset;
};
#define FIELD(member) offsetof(struct unit, member)

static const struct property unit_properties[] = {
	{ "Id", read_string, FIELD(name) },
	{ "Description", read_string, FIELD(description) },
	{ "LoadState", read_string, FIELD(load_state) },
	{ "ActiveState", read_string, FIELD(active_state) },
	{ "SubState", read_string, FIELD(sub_state) },
	{ "FragmentPath", read_string, FIELD(fragment) },
	{ "DropInPaths", read_strings, FIELD(drop_ins) },
	{ "InvocationID", read_id, FIELD(invocation) },
	{ "NeedDaemonReload", read_bool, FIELD(needs_reload) },
	{ "CanStart", read_bool, FIELD(can_start) },
	{ "CanStop", read_bool, FIELD(can_stop) },
	{ "CanReload", read_bool, FIELD(can_reload) },
	{ "Job", read_job, FIELD(has_job) },
	{ NULL },
};

static const struct property group_properties[] = {
	{ "ControlGroup", read_string, FIELD(control_group) },
	{ "Slice", read_string, FIELD(slice) },
	{ NULL },
};

static const struct property service_properties[] = {
	{ "ControlGroup", read_string, FIELD(control_group) },
	{ "Slice", read_string, FIELD(slice) },
	{ "Type", read_string, FIELD(type) },
	{ "Result", read_string, FIELD(result) },
	{ "User", read_string, FIELD(user) },
	{ "MainPID", read_number, FIELD(main_pid) },
	{ "ControlPID", read_number, FIELD(control_pid) },
	{ "ExecMainCode", read_number, FIELD(main_code) },
	{ "ExecMainStatus", read_number, FIELD(main_status) },
	{ "NRestarts", read_number, FIELD(restarts) },
	{ "NoNewPrivileges", read_bool, FIELD(no_new_privileges) },
	{ "SystemCallFilter", read_calls, FIELD(filter) },
	{ "SystemCallLog", read_calls, FIELD(log) },
	{ "SystemCallArchitectures", read_strings, FIELD(filter_architectures) },
	{ "SystemCallErrorNumber", read_number, FIELD(filter_errno) },
	{ "RestrictAddressFamilies", read_calls, FIELD(families) },
	{ "RestrictNamespaces", read_flags, FIELD(namespaces) },
	{ "MemoryDenyWriteExecute", read_bool, FIELD(memory_deny_write_execute) },
	{ "LockPersonality", read_bool, FIELD(lock_personality) },
	{ "RestrictRealtime", read_bool, FIELD(restrict_realtime) },
	{ "RestrictSUIDSGID", read_bool, FIELD(restrict_suid_sgid) },
	{ "ExecConditionEx", read_commands, 0 },
	{ "ExecStartPreEx", read_commands, 0 },
	{ "ExecStartEx", read_commands, 0 },
	{ "ExecStartPostEx", read_commands, 0 },
	{ "ExecReloadEx", read_commands, 0 },
	{ "ExecStopEx", read_commands, 0 },
	{ "ExecStopPostEx", read_commands, 0 },
	{ NULL },
};

static int read_property(sd_bus_message *message, struct unit *unit, const struct property *table,
			 const char *name)
{
	const struct property *row = table;
	const char *contents;
	int r;

	while (row->name && strcmp(row->name, name) != 0)
		row++;
	if (!row->name)
		return sd_bus_message_skip(message, "v");
	r = sd_bus_message_peek_type(message, NULL, &contents);
	if (r > 0)
		r = sd_bus_message_enter_container(message, 'v', contents);
	if (r > 0)
		r = row->read(message, unit, (char *)unit + row->offset, row->name);
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int read_properties(struct manager *manager, const char *path, const char *interface,
			   const struct property *table, struct unit *unit, struct error *err)
{
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_bus_message_ sd_bus_message *reply = NULL;
	char full[64];
	int r;

	snprintf(full, sizeof(full), SYSTEMD_INTERFACE "%s", interface);
	r = sd_bus_call_method(manager_bus(manager), SYSTEMD_NAME, path,
			       "org.freedesktop.DBus.Properties", "GetAll", &error, &reply, "s",
			       full);
	if (r < 0)
		return bus_error_set(&error, r, "its properties", err);
	r = sd_bus_message_enter_container(reply, 'a', "{sv}");
	while (r >= 0) {
		const char *name;

		r = sd_bus_message_enter_container(reply, 'e', "sv");
		if (r <= 0)
			break;
		r = sd_bus_message_read_basic(reply, 's', &name);
		if (r >= 0)
			r = read_property(reply, unit, table, name);
		if (r >= 0)
			r = sd_bus_message_exit_container(reply);
	}
	return r < 0 ? bus_error_layout(r, "its properties", err) : 0;
}

static int setting_rank(const char *setting)
{
	int rank = 0;

	while (strcmp(settings[rank], setting) != 0)
		rank++;
	return rank;
}

static int compare_commands(const void *left, const void *right)
{
	const struct unit_command *a = left, *b = right;
	int by_setting = setting_rank(a->setting) - setting_rank(b->setting);

	return by_setting ? by_setting : (a->index > b->index) - (a->index < b->index);
}

/* Which interface a type of unit has, by the suffix of its name. */
static const struct {
	const char *suffix, *interface;
	const struct property *table;
	bool is_service;
} unit_types[] = {
	{ ".service", "Service", service_properties, true },
	{ ".slice", "Slice", group_properties, false },
	{ ".scope", "Scope", group_properties, false },
};

static int read_type(struct manager *manager, const char *path, struct unit *unit,
		     struct error *err)
{
	const char *suffix = strrchr(unit->name, '.');

	for (size_t i = 0; suffix && i < ARRAY_SIZE(unit_types); i++) {
		int r;

		if (strcmp(suffix, unit_types[i].suffix) != 0)
			continue;
		unit->is_service = unit_types[i].is_service;
		r = read_properties(manager, path, unit_types[i].interface, unit_types[i].table,
				    unit, err);
		if (r >= 0 && unit->commands_count)
			qsort(unit->commands, unit->commands_count, sizeof(*unit->commands),
			      compare_commands);
		return r;
	}
	return error_set(err, -EINVAL, "it has no processes of its own; name a service instead");
}

/* Why the manager could not load it, in its own words: the property LoadError. */
static int load_failure(struct manager *manager, const char *path, const struct unit *unit,
			struct error *err)
{
	_cleanup_bus_message_ sd_bus_message *reply = NULL;
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	const char *name = "", *text = "";

	if (strcmp(unit->load_state, "masked") == 0)
		return error_set(err, -ERFKILL, "it is masked: 'systemctl unmask %s' first",
				 unit->name);
	if (sd_bus_get_property(manager_bus(manager), SYSTEMD_NAME, path, SYSTEMD_INTERFACE "Unit",
				"LoadError", &error, &reply, "(ss)") >= 0)
		sd_bus_message_read(reply, "(ss)", &name, &text);
	return error_set(err, -EBADMSG, "the service manager cannot load it (%s): %s",
			 unit->load_state, *text ? text : "see the journal");
}

static int find_control_group(struct manager *manager, struct unit *unit, struct error *err)
{
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_free_ char *root = NULL;
	int r = 0;

	if (!unit->control_group || !*unit->control_group) {
		/* It has none while it does not run: this is where it will be. */
		r = sd_bus_get_property_string(manager_bus(manager), SYSTEMD_NAME, SYSTEMD_PATH,
					       SYSTEMD_MANAGER, "ControlGroup", &error, &root);
		if (r < 0)
			return bus_error_set(&error, r, "the manager's control group", err);
		free(unit->control_group);
		r = systemd_cgroup_predict(root, unit->slice, unit->name, &unit->control_group,
					   err);
	}
	return r < 0 ? r : cgroup_directory(unit->control_group, &unit->cgroup_directory, err);
}

static int load(struct manager *manager, const char *name, struct unit *unit, struct error *err)
{
	_cleanup_bus_message_ sd_bus_message *reply = NULL;
	const char *path;
	int r = manager_call(manager, "LoadUnit", &reply, "loading it", err, "s", name);

	if (r < 0)
		return r;
	r = sd_bus_message_read(reply, "o", &path);
	if (r <= 0)
		return bus_error_layout(r, "loading it", err);
	r = read_properties(manager, path, "Unit", unit_properties, unit, err);
	if (r < 0)
		return r;
	if (!unit->name || !unit->load_state || !unit->active_state || !unit->sub_state)
		return bus_error_layout(-EBADMSG, "its properties", err);
	if (strcmp(unit->load_state, "not-found") == 0)
		return name_suggest(manager, name, err);
	if (strcmp(unit->load_state, "loaded") != 0)
		return load_failure(manager, path, unit, err);
	r = read_type(manager, path, unit, err);
	return r < 0 ? r : find_control_group(manager, unit, err);
}

int unit_load(struct manager *manager, const char *name, struct unit **result, struct error *err)
{
	_cleanup_(unit_freep) struct unit *unit = calloc(1, sizeof(*unit));
	_cleanup_free_ char *complete = NULL;
	int r;

	if (!unit)
		return error_oom(err);
	r = unit_name_complete(name, &complete, err);
	if (r < 0)
		return r;
	r = load(manager, complete, unit, err);
	if (r < 0)
		return error_prefix(err, "unit %s", complete);
	*result = take(unit);
	return 0;
}

int64_t unit_uid(const struct unit *unit)
{
	struct passwd entry, *found = NULL;
	char buffer[4096], *end;
	unsigned long number;

	if (!unit->user || !unit->user[0])
		return 0;
	number = strtoul(unit->user, &end, 10);
	if (!*end)
		return (int64_t)number;
	if (getpwnam_r(unit->user, &entry, buffer, sizeof(buffer), &found) != 0 || !found)
		return -1;
	return found->pw_uid;
}

bool unit_is_running(const struct unit *unit)
{
	return unit->has_job || (strcmp(unit->active_state, "inactive") != 0 &&
				 strcmp(unit->active_state, "failed") != 0);
}

static int compare_pids(const void *left, const void *right)
{
	pid_t a = *(const pid_t *)left, b = *(const pid_t *)right;

	return (a > b) - (a < b);
}

int unit_pids(struct manager *manager, const char *unit, pid_t **result, size_t *count,
	      struct error *err)
{
	_cleanup_bus_message_ sd_bus_message *reply = NULL;
	_cleanup_free_ pid_t *pids = NULL;
	size_t used = 0;
	int r = manager_call(manager, "GetUnitProcesses", &reply, unit, err, "s", unit);

	*result = NULL;
	*count = 0;
	if (r == -ENOENT) {
		/* A stopped unit may have been unloaded since it was looked at. */
		error_clear(err);
		return 0;
	}
	if (r < 0)
		return r;
	r = sd_bus_message_enter_container(reply, 'a', "(sus)");
	while (r >= 0) {
		const char *group, *command;
		uint32_t pid;

		r = sd_bus_message_read(reply, "(sus)", &group, &pid, &command);
		if (r <= 0)
			break;
		if (!array_grow_one(&pids, used))
			return error_oom(err);
		/* 0: a process that this process' namespace does not see. */
		if (pid > 0)
			pids[used++] = (pid_t)pid;
	}
	if (r < 0)
		return bus_error_layout(r, unit, err);
	if (used)
		qsort(pids, used, sizeof(*pids), compare_pids);
	*result = take(pids);
	*count = used;
	return 0;
}
