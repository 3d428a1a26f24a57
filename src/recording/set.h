/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of this folder share about the set of runs. */
#ifndef WHITTLE_RECORDING_SET_H
#define WHITTLE_RECORDING_SET_H

#include "recording/run.h"

/* recording_add of a run that comes from the file SOURCE (copied; NULL: made in this process). */
int recording_add_from(struct recording *recording, struct run *run, const char *source,
		       struct error *err);

#endif
