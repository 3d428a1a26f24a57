/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Output that `apply`, `revert` and `verify` share. */
#ifndef WHITTLE_CMD_UNIT_OUTPUT_H
#define WHITTLE_CMD_UNIT_OUTPUT_H

#include "common/error.h"
#include "common/json.h"
#include "unit/serving.h"
#include "unit/verify.h"

/* Callbacks for apply_options. A step is printed as one line, and only on a terminal. */
void unit_output_step(void *context, const char *step);
void unit_output_warning(void *context, const char *sentence);

/* "verified: 3 processes (5 threads) ..." */
void unit_output_verification(const struct verification *verification);
void unit_output_json_verification(struct json_writer *json,
				   const struct verification *verification);

/* Two phases: how many processes have the serving filter of their role. */
void unit_output_serving(const struct serving_result *serving);
void unit_output_json_serving(struct json_writer *json, const struct serving_result *serving);

/* Prints the unit's last journal lines to standard error. NULL prints nothing. */
void unit_output_journal(const char *unit, const char *lines);
void unit_output_json_journal(struct json_writer *json, const char *lines);

#endif
