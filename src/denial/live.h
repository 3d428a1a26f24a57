/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's denial records as they are written: from the audit socket (the multicast group that the
 * journal reads too, netlink(7)), or if it is unavailable from /dev/kmsg. Both lose records under load and
 * report the loss.
 */
#ifndef WHITTLE_DENIAL_LIVE_H
#define WHITTLE_DENIAL_LIVE_H

#include "common/error.h"
#include "denial/denial.h"

struct denial_live;

/* Called for each record. Its texts are valid only during the call. */
typedef int (*denial_live_teller)(void *context, const struct denial *denial, struct error *err);

/* -EPERM and others: the error has the reason of each source. */
int denial_live_open(denial_live_teller tell, void *context, struct denial_live **live,
		     struct error *err);
void denial_live_closep(struct denial_live **live);

int denial_live_fd(const struct denial_live *live);

/* "the audit socket", "the kernel log" */
const char *denial_live_name(const struct denial_live *live);

/* Reads the waiting records. */
int denial_live_read(struct denial_live *live, struct error *err);

/* The number of records known to be lost since the opening. */
uint64_t denial_live_lost(const struct denial_live *live);

#endif
