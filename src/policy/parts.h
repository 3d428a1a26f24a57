/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parts of a policy that version 2 added: starts, idle, withheld calls, directives, and reasons
 * with numbers of hosts. Private to this folder: policy.c, finish.c, read.c and write.c call these.
 */
#ifndef WHITTLE_POLICY_PARTS_H
#define WHITTLE_POLICY_PARTS_H

#include "common/json.h"
#include "policy/policy.h"

/* parts.c. Takes over the reason's text, also on failure. */
int parts_add_reason(struct reason **reasons, size_t *count, const struct reason *reason);
/* The same with a text that is formatted. -ENOMEM. */
int parts_format_reason(struct reason **reasons, size_t *count, enum reason_kind kind,
			const char *format, va_list arguments)
	__attribute__((format(printf, 4, 0)));
int parts_copy_reasons(struct reason **to, size_t *to_count, const struct reason *from,
		       size_t count);
int parts_check_reasons(const struct reason *reasons, size_t count, struct error *err);
void parts_free_reasons(struct reason *reasons, size_t count);
int parts_copy(struct policy *to, const struct policy *from);
int parts_finish(struct policy *policy, struct error *err);
void parts_free(struct policy *policy);

/* parts_read.c. The members of the object; absent ones leave everything as it is. */
int parts_read_reasons(const struct json_at *object, struct reason **reasons, size_t *count,
		       struct error *err);
int parts_read(const struct json_at *root, struct policy *policy, struct error *err);

/* read.c. The name, the number or both; together they must agree. */
int parts_read_call(const struct json_at *object, enum abi abi, int *nr, struct error *err);
int parts_read_abi(const struct json_at *at, enum abi *abi, struct error *err);

/* parts_write.c */
void parts_write_reasons(struct json_writer *writer, const struct reason *reasons, size_t count);
void parts_write(struct json_writer *writer, const struct policy *policy);

#endif
