/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Termination signals as a descriptor, so that a command can wait for them and for its work in one
 * poll(), and no signal is lost between a check and the wait. */
#ifndef WHITTLE_CMD_CANCEL_H
#define WHITTLE_CMD_CANCEL_H

#include "common/error.h"

/* Blocks SIGINT, SIGTERM and SIGHUP and returns a descriptor that becomes readable when one
 * arrives. */
int cancel_open(struct error *err);

#endif
