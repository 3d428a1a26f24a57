// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The format is DWARF's .debug_frame with the Linux Standard Base's changes (LSB Core 5.0, 10.6):
 * records of a length, then either 0 (a common entry, which states the encoding of pointers) or the
 * distance back to one (a frame description: where a function begins and how long it is).
 */
#include "reach/code/unwind.h"

#include <dwarf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LETTERS_LIMIT	 16
#define ENCODING_UNKNOWN 0xff /* DW_EH_PE_omit */

struct reader {
	const uint8_t *data; /* of the table, at rva START */
	uint32_t start, size;
};

static bool skip_leb128(const struct reader *reader, uint32_t *at, uint32_t end)
{
	while (*at < end)
		if (!(reader->data[(*at)++] & 0x80))
			return true;
	return false;
}

static unsigned encoded_size(uint8_t encoding)
{
	switch (encoding & 0x0f) {
	case DW_EH_PE_absptr:
	case DW_EH_PE_udata8:
	case DW_EH_PE_sdata8:
		return 8;
	case DW_EH_PE_udata4:
	case DW_EH_PE_sdata4:
		return 4;
	case DW_EH_PE_udata2:
	case DW_EH_PE_sdata2:
		return 2;
	default:
		return 0;
	}
}

static uint64_t encoded_value(const uint8_t *at, uint8_t encoding)
{
	switch (encoding & 0x0f) {
	case DW_EH_PE_udata4:
		return load32(at);
	case DW_EH_PE_sdata4:
		return (uint64_t)(int64_t)(int32_t)load32(at);
	case DW_EH_PE_udata2:
		return load16(at);
	case DW_EH_PE_sdata2:
		return (uint64_t)(int64_t)(int16_t)load16(at);
	default:
		return load64(at);
	}
}

/* How the frame descriptions of the common entry at AT (behind its id) write their pointers, and
 * whether they are of frames that the kernel makes for a signal. */
static uint8_t pointer_encoding(const struct reader *reader, uint32_t at, uint32_t end,
				bool *is_signal)
{
	const char *letters = (const char *)reader->data + at + 1;
	uint8_t encoding = DW_EH_PE_absptr;
	size_t room = at + 1 < end ? end - at - 1 : 0;
	size_t length = strnlen(letters, room < LETTERS_LIMIT ? room : LETTERS_LIMIT);

	*is_signal = false;
	at += 2 + (uint32_t)length;
	if (at >= end)
		return ENCODING_UNKNOWN;
	if (letters[0] != 'z')
		return letters[0] == '\0' ? encoding : ENCODING_UNKNOWN;
	/* code alignment, data alignment, return register, length of what follows */
	for (int i = 0; i < 4; i++)
		if (!skip_leb128(reader, &at, end))
			return ENCODING_UNKNOWN;
	for (size_t i = 1; i < length && at < end; i++) {
		if (letters[i] == 'R')
			encoding = reader->data[at++];
		else if (letters[i] == 'L')
			at++;
		else if (letters[i] == 'P')
			at += 1 + encoded_size(reader->data[at]);
		else if (letters[i] == 'S')
			*is_signal = true;
		else if (letters[i] != 'B')
			break;
	}
	return encoding;
}

/* The frame description whose pointers begin at AT. */
static bool frame_range(const struct image *image, const struct reader *reader, uint32_t at,
			uint32_t end, uint8_t encoding, struct range *range)
{
	unsigned size = encoded_size(encoding);
	uint64_t start, length;

	if (encoding == ENCODING_UNKNOWN || size == 0 || end - at < 2 * size)
		return false;
	start = encoded_value(reader->data + at, encoding);
	length = encoded_value(reader->data + at + size, encoding & 0x07);
	if ((encoding & 0x70) == DW_EH_PE_pcrel)
		start += image->base + reader->start + at;
	else if ((encoding & 0x70) != 0)
		return false;
	if (!image_rva(image, start, &range->start) || length == 0 ||
	    length > image->span - range->start || !image_is_code(image, range->start) ||
	    !image_is_code(image, range->start + length - 1))
		return false;
	range->end = range->start + (uint32_t)length;
	return true;
}

static bool find_table(const struct image *image, struct reader *reader)
{
	const uint8_t *header = NULL;
	uint64_t start = image->eh_frame.start;

	if (image->eh_frame_header)
		header = image_at(image, image->eh_frame_header, 8);
	/* version 1, then three encodings, the first of the pointer to .eh_frame */
	if (header && header[0] == 1 && header[1] == (DW_EH_PE_pcrel | DW_EH_PE_sdata4))
		start = (uint64_t)image->eh_frame_header + 4 +
			(uint64_t)(int64_t)(int32_t)load32(header + 4);
	else if (image->eh_frame.end == 0)
		return false;
	reader->size = image_left(image, start);
	reader->start = (uint32_t)start;
	reader->data = reader->size ? image_at(image, start, reader->size) : NULL;
	return reader->data != NULL;
}

static int compare_ranges(const void *left, const void *right)
{
	const struct range *a = left, *b = right;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->end > b->end ? -1 : a->end < b->end;
}

/* What stands twice goes, and what overlaps is cut where the next one begins. */
static void make_disjoint(range_array *ranges)
{
	size_t kept = 0;

	qsort(ranges->items, ranges->count, sizeof(*ranges->items), compare_ranges);
	for (size_t i = 0; i < ranges->count; i++) {
		struct range *last = kept ? &ranges->items[kept - 1] : NULL;

		if (last && ranges->items[i].start == last->start)
			continue;
		if (last && ranges->items[i].start < last->end)
			last->end = ranges->items[i].start;
		ranges->items[kept++] = ranges->items[i];
	}
	ranges->count = kept;
}

int unwind_ranges(const struct image *image, range_array *ranges, struct error *err)
{
	struct reader reader;
	uint32_t common_at = UINT32_MAX;
	uint8_t encoding = ENCODING_UNKNOWN;
	bool is_signal = false;

	if (!find_table(image, &reader))
		return 0;
	for (uint32_t at = 0; reader.size - at >= 8;) {
		uint64_t length = load32(reader.data + at);
		uint32_t body = at + 4, id, end;

		if (length == 0)
			break;
		if (length == UINT32_MAX) {
			if (reader.size - at < 20)
				break;
			length = load64(reader.data + at + 4);
			body = at + 12;
		}
		if (length < 4 || length > reader.size - body)
			break;
		end = body + (uint32_t)length;
		id = load32(reader.data + body);
		if (id != 0 && id <= body) {
			struct range range;

			/* Descriptions follow their common entry closely: the last one is kept. */
			if (body - id != common_at && reader.size - (body - id) >= 12) {
				uint32_t start = body - id;
				uint64_t size = load32(reader.data + start);

				if (size >= 4 && size <= reader.size - start - 4 &&
				    load32(reader.data + start + 4) == 0) {
					encoding = pointer_encoding(&reader, start + 8,
								    start + 4 + (uint32_t)size,
								    &is_signal);
					common_at = start;
				}
			}
			if (body - id != common_at ||
			    !frame_range(image, &reader, body + 4, end, encoding, &range)) {
				at = end;
				continue;
			}
			/* Unwinders look a caller up by the byte before the return address: such a
			 * frame returns to its function's first. So the entry begins one early. */
			range.start += is_signal && range.end - range.start > 1;
			if (!array_push(ranges, range))
				return error_oom(err);
		}
		at = end;
	}
	make_disjoint(ranges);
	return 0;
}
