// SPDX-License-Identifier: LGPL-2.1-or-later
/* Shared by formats: names, reasons and the lines that open a file. */
#include "common/cleanup.h"
#include "emit/emit.h"
#include "syscall/arguments.h"
#include "syscall/syscall.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

void emit_warn(const struct emit_options *options, const char *format, ...)
{
	char *message;
	va_list ap;
	int r;

	if (!options->warn)
		return;
	va_start(ap, format);
	r = vasprintf(&message, format, ap);
	va_end(ap);
	if (r < 0)
		return;
	options->warn(options->context, message);
	free(message);
}

enum abi emit_native_abi(const struct policy *policy)
{
	for (size_t i = 0; i < policy->abis_count; i++)
		if (abi_info(policy->abis[i])->is_64_bit && policy->abis[i] != ABI_X32)
			return policy->abis[i];
	return policy->abis_count ? policy->abis[0] : abi_native();
}

/* How many bytes at TEXT are one of the line breaks that YAML knows besides ASCII's: U+0085, U+2028,
 * U+2029. */
static size_t break_length(const char *text)
{
	if (strncmp(text, "\xc2\x85", 2) == 0)
		return 2;
	return strncmp(text, "\xe2\x80\xa8", 3) == 0 || strncmp(text, "\xe2\x80\xa9", 3) == 0 ? 3
											      : 0;
}

void emit_comment_text(FILE *out, const char *text)
{
	while (*text) {
		size_t length = break_length(text);
		bool is_bad = length || (unsigned char)*text < 0x20 || *text == 0x7f;

		putc(is_bad ? '?' : *text, out);
		text += length ? length : 1;
	}
}

/* The same to the end of a line, which no backslash may join to the next. */
static void print_to_end(FILE *out, const char *text)
{
	size_t length = strlen(text);

	emit_comment_text(out, text);
	fputs(length && text[length - 1] == '\\' ? ".\n" : "\n", out);
}

/* ---- reasons ---- */

/* The reason that says most, that is the first in the order of their kinds; NULL where there is none. */
static const struct reason *main_reason(const struct rule *rule)
{
	const struct reason *main = NULL;

	for (size_t i = 0; i < rule->reasons_count; i++)
		if (!main || rule->reasons[i].kind < main->kind)
			main = &rule->reasons[i];
	return main;
}

void emit_reason_text(FILE *out, const struct rule *rule)
{
	const struct reason *reason = main_reason(rule);
	size_t more = 0;

	if (!reason)
		return;
	if (reason->kind != REASON_SEEN && reason->kind != REASON_BASE &&
	    reason->kind != REASON_RUNTIME)
		fprintf(out, "%s: ", reason_kind_name(reason->kind));
	emit_comment_text(out, reason->text);
	for (size_t i = 0; i < rule->reasons_count; i++)
		more += rule->reasons[i].kind > reason->kind &&
			rule->reasons[i].kind != REASON_BASE;
	if (more)
		fprintf(out, " (and %zu more)", more);
}

char *emit_reason(const struct rule *rule)
{
	char *text = NULL;
	size_t size;
	FILE *out = rule->reasons_count ? open_memstream(&text, &size) : NULL;

	if (!out)
		return NULL;
	emit_reason_text(out, rule);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

void emit_header(FILE *out, const char *prefix, const struct policy *policy,
		 const struct emit_options *options)
{
	const char *unit = options->unit ? options->unit : policy->target;

	fprintf(out, "%s ", prefix);
	emit_comment_text(out, unit ? unit : "A program");
	fprintf(out,
		": the system calls that it may make; all others are denied.\n%s Written by "
		"whittle %s",
		prefix, WHITTLE_VERSION);
	if (policy->level) {
		fputs(" at level ", out);
		emit_comment_text(out, policy->level);
	}
	if (policy->recordings_count)
		fprintf(out, " from %zu recording%s", policy->recordings_count,
			policy->recordings_count > 1 ? "s" : "");
	fputs(".\n", out);
	if (!options->with_reasons || !policy->open || !policy->open[0])
		return;
	fprintf(out, "%s\n%s Caveats:\n", prefix, prefix);
	for (char **sentence = policy->open; *sentence; sentence++) {
		fprintf(out, "%s - ", prefix);
		print_to_end(out, *sentence);
	}
}

/* ---- rules by name ---- */

const char *emit_call_name(const struct rule *rule, char buffer[16])
{
	const char *name = syscall_name(rule->abi, rule->nr);

	if (name)
		return name;
	snprintf(buffer, 16, "%d", rule->nr);
	return buffer;
}

static int compare_rules(const void *left, const void *right)
{
	const struct rule *a = *(const struct rule *const *)left;
	const struct rule *b = *(const struct rule *const *)right;
	char a_text[16], b_text[16];
	int order = strcmp(emit_call_name(a, a_text), emit_call_name(b, b_text));

	if (order)
		return order;
	/* The rules of one call keep their order: they are one array. */
	return (a > b) - (a < b);
}

const struct rule **emit_rules_by_name(const struct policy *policy, size_t *count)
{
	const struct rule **rules = calloc(policy->rules_count + 1, sizeof(const struct rule *));
	size_t kept = 0;

	if (!rules)
		return NULL;
	for (size_t i = 0; i < policy->rules_count; i++)
		rules[i] = &policy->rules[i];
	qsort(rules, policy->rules_count, sizeof(const struct rule *), compare_rules);
	for (size_t i = 0; i < policy->rules_count; i++) {
		const struct rule *last = kept ? rules[kept - 1] : NULL;
		char a[16], b[16];

		if (last && last->abi != rules[i]->abi &&
		    strcmp(emit_call_name(last, a), emit_call_name(rules[i], b)) == 0)
			continue;
		rules[kept++] = rules[i];
	}
	*count = kept;
	return rules;
}

const char *emit_value_name(const struct rule *rule, const struct condition *condition,
			    char *buffer)
{
	const char *name = syscall_name(rule->abi, rule->nr);
	const struct syscall_arguments *known = name ? syscall_arguments_of(rule->abi, name) : NULL;

	for (unsigned i = 0; known && i < known->count; i++) {
		const struct argument *argument = &known->argument[i];

		if (argument->index != condition->argument || argument->pointee_offset >= 0)
			continue;
		argument_format(rule->abi, argument->kind, condition->value, 0, buffer,
				ARGUMENT_TEXT_MAX);
		return isalpha((unsigned char)*buffer) ? buffer : NULL;
	}
	return NULL;
}
