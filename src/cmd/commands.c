// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cmd/commands.h"

#include <stddef.h>

#define POINT(name) &command_##name,
const struct command *const commands[] = { COMMANDS(POINT) NULL };
