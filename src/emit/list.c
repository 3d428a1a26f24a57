// SPDX-License-Identifier: LGPL-2.1-or-later
/* Names, one per line, sorted: for scripts. A call without a name is printed as its number. */
#include "common/cleanup.h"
#include "emit/emit.h"
#include "syscall/syscall.h"

#include <linux/seccomp.h>
#include <string.h>

static int compare_names(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

static int emit(const struct policy *policy, const struct emit_options *options, FILE *out,
		struct error *err)
{
	char **names = calloc(policy->rules_count + 1, sizeof(*names));
	size_t count = 0;
	int r = 0;

	(void)options;
	if (!names)
		return error_oom(err);
	for (size_t i = 0; r == 0 && i < policy->rules_count; i++) {
		const struct rule *rule = &policy->rules[i];
		const char *name = syscall_name(rule->abi, rule->nr);

		if (rule->action != SECCOMP_RET_ALLOW)
			continue;
		if (name)
			names[count] = strdup(name);
		else if (asprintf(&names[count], "%d", rule->nr) < 0)
			names[count] = NULL;
		if (!names[count])
			r = error_oom(err);
		else
			count++;
	}
	qsort(names, count, sizeof(*names), compare_names);
	for (size_t i = 0; i < count; i++) {
		if (r == 0)
			fprintf(out, "%s\n", names[i]);
		free(names[i]);
	}
	free(names);
	return r;
}

const struct emitter emit_list = {
	.name = "list",
	.summary = "names of the allowed calls, one a line, for scripts",
	/* It says nothing on what is refused, so nothing on how. */
	.enforced_by = "scripts, libseccomp's tools",
	.can = EMIT_ACTION_PER_CALL | EMIT_NUMBERS | EMIT_FOREIGN,
	.loses = "the action for all other calls",
	.emit = emit,
};
