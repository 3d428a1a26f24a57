/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each file of this folder that writes a format defines one of these; emit.c lists them. */
#ifndef WHITTLE_EMIT_FORMATS_H
#define WHITTLE_EMIT_FORMATS_H

#include "emit/emit.h"

extern const struct emitter emit_list;
extern const struct emitter emit_systemd;

#endif
