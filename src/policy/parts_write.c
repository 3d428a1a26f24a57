// SPDX-License-Identifier: LGPL-2.1-or-later
/* Writes the parts of a policy that version 2 added, and reasons. */
#include "policy/parts.h"
#include "syscall/syscall.h"

void parts_write_reasons(struct json_writer *writer, const struct reason *reasons, size_t count)
{
	if (count == 0)
		return;
	json_write_array(writer, "reasons");
	for (size_t i = 0; i < count; i++) {
		json_write_object_line(writer, NULL);
		json_write_string(writer, "kind", reason_kind_name(reasons[i].kind));
		json_write_string(writer, "text", reasons[i].text);
		if (reasons[i].of_hosts) {
			json_write_uint(writer, "hosts", reasons[i].hosts);
			json_write_uint(writer, "of_hosts", reasons[i].of_hosts);
		}
		json_write_end_object(writer);
	}
	json_write_end_array(writer);
}

static void write_starts(struct json_writer *writer, const struct policy *policy)
{
	if (!policy->starts_known)
		return;
	json_write_array(writer, "starts");
	for (size_t i = 0; i < policy->starts_count; i++) {
		json_write_object_line(writer, NULL);
		json_write_string(writer, "executable", policy->starts[i].executable);
		json_write_uint(writer, "runs", policy->starts[i].runs);
		json_write_end_object(writer);
	}
	json_write_end_array(writer);
}

static void write_withheld(struct json_writer *writer, const struct policy *policy)
{
	if (policy->withheld_count == 0)
		return;
	json_write_array(writer, "withheld");
	for (size_t i = 0; i < policy->withheld_count; i++) {
		const struct withheld_call *call = &policy->withheld[i];

		json_write_object_line(writer, NULL);
		json_write_string(writer, "abi", abi_info(call->abi)->name);
		json_write_string(writer, "name", syscall_name(call->abi, call->nr));
		json_write_uint(writer, "nr", (uint64_t)call->nr);
		json_write_string(writer, "path", call->path);
		json_write_bool(writer, "own", call->is_own);
		json_write_end_object(writer);
	}
	json_write_end_array(writer);
}

static void write_directives(struct json_writer *writer, const char *key,
			     const struct directive *directives, size_t count, bool are_omitted)
{
	if (count == 0)
		return;
	json_write_array(writer, key);
	for (size_t i = 0; i < count; i++) {
		const struct directive *directive = &directives[i];

		json_write_object(writer, NULL);
		json_write_string(writer, "name", directive->name);
		json_write_string(writer, "value", directive->value);
		if (!are_omitted && !directive->value) {
			json_write_array_line(writer, "values");
			for (size_t k = 0; k < directive->values_count; k++)
				json_write_string(writer, NULL, directive->values[k]);
			json_write_end_array(writer);
		}
		parts_write_reasons(writer, directive->reasons, directive->reasons_count);
		json_write_end_object(writer);
	}
	json_write_end_array(writer);
}

void parts_write(struct json_writer *writer, const struct policy *policy)
{
	write_starts(writer, policy);
	if (policy->is_idle)
		json_write_bool(writer, "idle", true);
	write_withheld(writer, policy);
	write_directives(writer, "directives", policy->directives, policy->directives_count, false);
	write_directives(writer, "omitted", policy->omitted, policy->omitted_count, true);
}
