/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ctrl-C and its kin as a descriptor, so that a command can wait for them and for its work at
 * once, and none arrives between a look and a wait. */
#ifndef WHITTLE_CMD_CANCEL_H
#define WHITTLE_CMD_CANCEL_H

#include "common/error.h"

/* Blocks SIGINT, SIGTERM and SIGHUP and returns a descriptor that is readable once one has come. */
int cancel_open(struct error *err);

#endif
