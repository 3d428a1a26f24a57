/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The subcommands: each file NAME.c of this folder defines one, commands.c lists them. */
#ifndef WHITTLE_CMD_COMMANDS_H
#define WHITTLE_CMD_COMMANDS_H

#include "cmd/options.h"

extern const struct command command_apply;
extern const struct command command_revert;
extern const struct command command_verify;
extern const struct command command_completion;
extern const struct command command_explain;
extern const struct command command_import;
extern const struct command command_learn;
extern const struct command command_lookup;
extern const struct command command_merge;
extern const struct command command_reach;
extern const struct command command_show;
extern const struct command command_record;
extern const struct command command_oci_hook;
extern const struct command command_watch;
extern const struct command command_status;
extern const struct command command_guard;
extern const struct command command_drift;
extern const struct command command_decide;
extern const struct command command_emit;
extern const struct command command_compile;
extern const struct command command_decode;
extern const struct command command_compare;
extern const struct command command_test;
extern const struct command command_exec;
extern const struct command command_harden;
extern const struct command command_attach;

/* The heading of each group, in the order of --help. */
extern const char *const command_groups[GROUP_COUNT];

/* Every subcommand, in the order of --help; NULL ends the table. */
extern const struct command *const commands[];

#endif
