// SPDX-License-Identifier: LGPL-2.1-or-later
/* The words of the recording file; people see the same words. */
#include "recording/names.h"

#include <stdio.h>

const char *const phase_names[PHASE_COUNT] = {
	[PHASE_STARTUP] = "startup",
	[PHASE_SERVING] = "serving",
	[PHASE_UNKNOWN] = "unknown",
};

const char *const target_kind_names[TARGET_KIND_COUNT] = {
	[TARGET_UNIT] = "unit",	      [TARGET_CGROUP] = "cgroup", [TARGET_PID] = "pid",
	[TARGET_COMMAND] = "command", [TARGET_IMPORT] = "import",
};

const char *const filter_names[FILTER_PRESENCE_COUNT] = {
	[FILTER_ABSENT] = "absent",
	[FILTER_PRESENT] = "present",
	[FILTER_UNKNOWN] = "unknown",
};

const char *phase_name(enum phase phase)
{
	return phase_names[phase];
}

const char *target_kind_name(enum target_kind kind)
{
	return target_kind_names[kind];
}

const char *call_name(enum abi abi, int nr, char buffer[CALL_NAME_SIZE])
{
	const char *name = syscall_name(abi, nr);

	if (name)
		return name;
	snprintf(buffer, CALL_NAME_SIZE, "#%d", nr);
	return buffer;
}

const struct syscall_arguments *recording_call_arguments(enum abi abi, int nr)
{
	const char *name = syscall_name(abi, nr);

	return name ? syscall_arguments_of(abi, name) : NULL;
}
