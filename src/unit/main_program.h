/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The programs that a unit's ExecStart= lines execute, and whether a policy's recordings contain their start. */
#ifndef WHITTLE_UNIT_MAIN_PROGRAM_H
#define WHITTLE_UNIT_MAIN_PROGRAM_H

#include "common/error.h"
#include "policy/policy.h"
#include "systemd/unit.h"

/* The paths by which a recording may name the programs: as written, without symbolic links, the interpreter of a
 * script, and the executable of the running main process. NULL-terminated; the caller frees the array and its
 * strings: main_program_free(). */
int main_program_paths(const struct unit *unit, char ***paths, struct error *err);
void main_program_free(char ***paths);

/* 0: some recorded run contains a start, or the policy does not tell. -EBADMSG: it tells, and none does; the error
 * says how to record one. */
int main_program_check_start(const struct unit *unit, const struct policy *policy,
			     struct error *err);

#endif
