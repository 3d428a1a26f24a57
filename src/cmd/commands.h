/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of subcommands: a row has the name of a `command_NAME`, which NAME.c defines. `--help`, the
 * completions and the tests read this table. CONTRIBUTING.md has the steps to add a subcommand.
 */
#ifndef WHITTLE_CMD_COMMANDS_H
#define WHITTLE_CMD_COMMANDS_H

#include "cmd/options.h"

/* --help prints each group's commands in this order. */
/* clang-format off */
#define COMMANDS(ROW) \
	ROW(harden) \
	ROW(status) \
	ROW(watch) \
	ROW(revert) \
	ROW(record) \
	ROW(oci_hook) \
	ROW(show) \
	ROW(merge) \
	ROW(decide) \
	ROW(emit) \
	ROW(apply) \
	ROW(verify) \
	ROW(guard) \
	ROW(compile) \
	ROW(decode) \
	ROW(compare) \
	ROW(test) \
	ROW(exec) \
	ROW(attach) \
	ROW(import) \
	ROW(reach) \
	ROW(drift) \
	ROW(explain) \
	ROW(learn) \
	ROW(lookup) \
	ROW(completion)
/* clang-format on */

#define DECLARE_COMMAND(name) extern const struct command command_##name;
COMMANDS(DECLARE_COMMAND)

/* The heading of each group, in the order of --help. */
extern const char *const command_groups[GROUP_COUNT];

/* Every row; NULL ends the table. */
extern const struct command *const commands[];

#endif
