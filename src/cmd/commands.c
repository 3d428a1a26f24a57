// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cmd/commands.h"

#include <stddef.h>

/* One row per command, in the order of the workflow. --help prints them in this order. */
/* clang-format off */
const struct command *const commands[] = {
	&command_record,
	&command_oci_hook,
	&command_import,
	&command_learn,
	&command_show,
	&command_merge,
	&command_watch,
	&command_status,
	&command_guard,
	&command_drift,
	&command_decide,
	&command_emit,
	&command_reach,
	&command_apply,
	&command_verify,
	&command_revert,
	&command_explain,
	&command_lookup,
	&command_compile,
	&command_decode,
	&command_compare,
	&command_test,
	&command_exec,
	&command_harden,
	&command_attach,
	&command_completion,
	NULL,
};
/* clang-format on */
