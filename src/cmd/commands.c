// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cmd/commands.h"

#include <stddef.h>

const char *const command_groups[GROUP_COUNT] = {
	[GROUP_START] = "Start here",
	[GROUP_STEPS] = "Step by step",
	[GROUP_FILES] = "Files and filters",
	[GROUP_ANALYSIS] = "Analysis",
	[GROUP_OTHER] = "Other",
};

/* One row per command. --help prints each group's commands in this order. */
/* clang-format off */
const struct command *const commands[] = {
	&command_harden,
	&command_status,
	&command_watch,
	&command_revert,

	&command_record,
	&command_oci_hook,
	&command_show,
	&command_merge,
	&command_decide,
	&command_emit,
	&command_apply,
	&command_verify,
	&command_guard,

	&command_compile,
	&command_decode,
	&command_compare,
	&command_test,
	&command_exec,
	&command_attach,
	&command_import,

	&command_reach,
	&command_drift,
	&command_explain,
	&command_learn,
	&command_lookup,

	&command_completion,
	NULL,
};
/* clang-format on */
