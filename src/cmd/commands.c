// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cmd/commands.h"

#include <stddef.h>

const char *const command_groups[GROUP_COUNT] = {
	[GROUP_UNSET] = "",
	[GROUP_START] = "Start here",
	[GROUP_STEPS] = "Step by step",
	[GROUP_FILES] = "Files and filters",
	[GROUP_ANALYSIS] = "Analysis",
	[GROUP_OTHER] = "Other",
};

#define POINT(name) &command_##name,
const struct command *const commands[] = { COMMANDS(POINT) NULL };
