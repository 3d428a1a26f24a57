/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of the recording file, by enum. */
#ifndef WHITTLE_RECORDING_NAMES_H
#define WHITTLE_RECORDING_NAMES_H

#include "common/json.h"
#include "recording/run.h"

#define TARGET_KIND_COUNT     (TARGET_IMPORT + 1)
#define FILTER_PRESENCE_COUNT (FILTER_UNKNOWN + 1)

/* The value of the file's first key, before its version. */
#define RECORDING_FORMAT "whittle-recording"

extern const char *const phase_names[PHASE_COUNT];
extern const char *const target_kind_names[TARGET_KIND_COUNT];
extern const char *const filter_names[FILTER_PRESENCE_COUNT];

/* Writes losses as a member on one line: in the file, and in the output of `show`. */
void recording_write_losses(struct json_writer *writer, const char *key,
			    const struct losses *losses);

#endif
