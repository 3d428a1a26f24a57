/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The two parts of the view for people; both print to standard output. */
#ifndef WHITTLE_CMD_SHOW_TEXT_H
#define WHITTLE_CMD_SHOW_TEXT_H

#include "cmd/show/view.h"

void show_head(const struct view *view, bool colour);

/* -1: out of memory. NATIVE: the ABI that needs no mention. */
int show_table(const struct view_group *group, enum view_by by, enum abi native, bool colour);

#endif
