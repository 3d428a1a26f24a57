// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Names and values as a person types them. The first byte chooses the kind of argument, the rest is
 * the text. A value that is read must be printed so that it is read back the same, in any context and
 * any size of buffer; a name that is suggested must be one that is known.
 */
#include "common/cleanup.h"
#include "syscall/arguments.h"
#include "syscall/suggest.h"
#include "syscall/syscall.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_value(enum abi abi, enum argument_kind kind, uint64_t value, uint64_t context)
{
	char text[ARGUMENT_TEXT_MAX], small[24];
	uint64_t back;

	argument_format(abi, kind, value, context, text, sizeof(text));
	must(argument_parse(abi, kind, text, &back) == 0 && back == value);
	argument_format(abi, kind, value, context, small, sizeof(small));
	must(argument_parse(abi, kind, small, &back) == 0 && back == value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Levels of socket options and domains of protocols, some of which there are not. */
	static const uint64_t contexts[] = { 0, 1, 2, 6, 16, 17, 41, 58, 255, 263, 270, 279, 999 };
	_cleanup_free_ char *text = NULL;
	enum argument_kind kind;
	enum abi abi;
	uint64_t value;
	const char *near;

	if (size == 0)
		return 0;
	kind = (enum argument_kind)(data[0] % (ARGUMENT_FLAGS + 1));
	abi = (enum abi)(data[0] / (ARGUMENT_FLAGS + 1) % ABI_COUNT);
	text = strndup((const char *)data + 1, size - 1);
	must(text != NULL);
	if (argument_parse(abi, kind, text, &value) == 0)
		for (size_t i = 0; i < ARRAY_SIZE(contexts); i++)
			check_value(abi, kind, value, contexts[i]);
	near = syscall_suggest(text);
	must(!near || syscall_is_known(near));
	return 0;
}
