// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reviews a filter against a policy: prints the calls that the filter allows, and each call for which
 * the filter and the policy differ.
 *
 *	cc review-filter.c $(pkg-config --cflags --libs libwhittle) -o review-filter
 *	review-filter nginx.bpf nginx.policy
 *
 * Exit status: 0 if filter and policy are equivalent, 1 if they differ, 2 on an error.
 */
#include <stdio.h>
#include <stdlib.h>
#include <whittle.h>

static int trouble(const char *what, const struct whittle_error *error)
{
	fprintf(stderr, "review-filter: %s: %s\n", what, error->message);
	return 2;
}

static void print_call(enum whittle_abi abi, int nr)
{
	const char *name = whittle_syscall_name(abi, nr);

	if (name)
		printf("%s:%s", whittle_abi_name(abi), name);
	else
		printf("%s:%u", whittle_abi_name(abi), (unsigned)nr);
}

/* Prints every call with an action other than the default one. */
static void print_rules(const struct whittle_policy *policy)
{
	struct whittle_condition condition;
	struct whittle_rule rule;
	enum whittle_abi abi;
	char text[32];

	for (size_t i = 0; whittle_policy_rule(policy, i, &rule) == 0; i++) {
		print_call(rule.abi, rule.nr);
		printf(" %s", whittle_action_format(rule.action, text, sizeof(text)));
		for (size_t j = 0; j < rule.clauses; j++)
			for (size_t k = 0;
			     whittle_policy_condition(policy, i, j, k, &condition) == 0; k++)
				printf("%s argument %u",
				       k   ? " and"
				       : j ? " or"
					   : " by",
				       condition.argument);
		putchar('\n');
	}
	for (size_t i = 0; whittle_abi_local(i, &abi) == 0; i++)
		printf("other calls of %s %s\n", whittle_abi_name(abi),
		       whittle_action_format(whittle_policy_default(policy, abi, 99999), text,
					     sizeof(text)));
}

static void print_difference(void *context, const struct whittle_difference *difference)
{
	char left[32], right[32];

	(void)context;
	if (difference->is_foreign)
		printf("other ABIs");
	else
		print_call(difference->abi, difference->first);
	printf(" is %s and should be %s\n",
	       whittle_action_format(difference->left, left, sizeof(left)),
	       whittle_action_format(difference->right, right, sizeof(right)));
}

static int read_filter(const char *path, struct whittle_filter **filter,
		       struct whittle_error *error)
{
	static struct sock_filter program[BPF_MAXINSNS];
	FILE *file = fopen(path, "rb");
	size_t count;

	if (!file) {
		snprintf(error->message, sizeof(error->message), "it can't be opened");
		return -1;
	}
	count = fread(program, sizeof(program[0]), BPF_MAXINSNS, file);
	fclose(file);
	return whittle_filter_from_instructions(program, count, filter, error);
}

int main(int argc, char *argv[])
{
	struct whittle_filter *filter = NULL, *compiled = NULL;
	struct whittle_policy *policy = NULL, *decoded = NULL;
	struct whittle_error error = { 0 };
	size_t count;
	int status;

	if (argc != 3) {
		fprintf(stderr, "usage: review-filter FILTER POLICY\n");
		return 2;
	}
	if (read_filter(argv[1], &filter, &error) < 0 ||
	    whittle_decode(filter, NULL, 0, &decoded, &error) < 0) {
		status = trouble(argv[1], &error);
	} else if (whittle_policy_read(argv[2], &policy, &error) < 0 ||
		   whittle_compile(policy, NULL, &compiled, &error) < 0) {
		status = trouble(argv[2], &error);
	} else {
		print_rules(decoded);
		whittle_filter_instructions(compiled, 0, &count);
		printf("the policy takes %zu instructions\n", count);
		status = whittle_compare((struct whittle_side){ .filter = filter },
					 (struct whittle_side){ .policy = policy },
					 print_difference, NULL, &error);
		status = status < 0 ? trouble("compare", &error) : status > 0;
	}
	whittle_filter_free(filter);
	whittle_filter_free(compiled);
	whittle_policy_free(policy);
	whittle_policy_free(decoded);
	return status;
}
