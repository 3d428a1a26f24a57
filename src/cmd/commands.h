/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of subcommands: a row has the name of a `command_NAME`, which NAME.c defines. `--help`, the
 * completions and the tests read this table. CONTRIBUTING.md has the steps to add a subcommand.
 */
#ifndef WHITTLE_CMD_COMMANDS_H
#define WHITTLE_CMD_COMMANDS_H

#include "cmd/options.h"

/* In the order of the flow, which is the order of --help. */
/* clang-format off */
#define COMMANDS(ROW) \
	ROW(record) \
	ROW(oci_hook) \
	ROW(import) \
	ROW(learn) \
	ROW(show) \
	ROW(merge) \
	ROW(watch) \
	ROW(status) \
	ROW(guard) \
	ROW(drift) \
	ROW(decide) \
	ROW(emit) \
	ROW(reach) \
	ROW(apply) \
	ROW(verify) \
	ROW(revert) \
	ROW(explain) \
	ROW(lookup) \
	ROW(compile) \
	ROW(decode) \
	ROW(compare) \
	ROW(test) \
	ROW(exec) \
	ROW(harden) \
	ROW(attach) \
	ROW(completion)
/* clang-format on */

#define DECLARE_COMMAND(name) extern const struct command command_##name;
COMMANDS(DECLARE_COMMAND)

/* Every row; NULL ends the table. */
extern const struct command *const commands[];

#endif
