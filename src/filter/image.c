// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A filter as bytes: an array of struct sock_filter in the byte order of the machine that will load
 * it, as seccomp_export_bpf(3) writes and `bwrap --seccomp` reads it. Nothing in it states the
 * order; but an instruction's code is small, so a wrong order is detected at once.
 */
#include "filter/filter.h"

#include "common/cleanup.h"

#include <byteswap.h>
#include <errno.h>
#include <string.h>

static void swap_instructions(struct filter *filter)
{
	for (size_t i = 0; i < filter->count; i++) {
		filter->instructions[i].code = bswap_16(filter->instructions[i].code);
		filter->instructions[i].k = bswap_32(filter->instructions[i].k);
	}
}

int filter_from_bytes(const void *data, size_t size, struct filter *filter, bool *big_endian,
		      struct error *err)
{
	_cleanup_(filter_free) struct filter made = { 0 };
	bool is_big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	int r;

	*filter = made;
	if (size == 0 || size % sizeof(struct sock_filter) != 0)
		return error_set(err, -EBADMSG,
				 "not a filter: %zu bytes are not a multiple of an instruction's "
				 "%zu bytes",
				 size, sizeof(struct sock_filter));
	if (size / sizeof(struct sock_filter) > BPF_MAXINSNS)
		return error_set(err, -EBADMSG, "not a filter: more than %d instructions",
				 BPF_MAXINSNS);
	made.count = size / sizeof(struct sock_filter);
	made.instructions = malloc(size);
	if (!made.instructions)
		return error_oom(err);
	memcpy(made.instructions, data, size);
	r = filter_check(&made, err);
	if (r < 0) {
		struct error other = { 0 };

		swap_instructions(&made);
		if (filter_check(&made, &other) < 0)
			return error_prefix(err, "not a filter");
		is_big = !is_big;
		error_clear(err);
	}
	if (big_endian)
		*big_endian = is_big;
	*filter = made;
	made = (struct filter){ 0 };
	return 0;
}

int filter_write(const struct filter *filter, bool big_endian, FILE *out, struct error *err)
{
	bool is_swapped = big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);

	for (size_t i = 0; i < filter->count; i++) {
		struct sock_filter in = filter->instructions[i];
		struct filter one = { &in, 1 };

		if (is_swapped)
			swap_instructions(&one);
		if (fwrite(&in, sizeof(in), 1, out) != 1)
			return error_set_errno(err, errno ? -errno : -EIO, "the filter");
	}
	return 0;
}
