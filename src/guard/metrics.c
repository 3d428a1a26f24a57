// SPDX-License-Identifier: LGPL-2.1-or-later
#include "guard/metrics.h"

#include "common/array.h"
#include "common/cleanup.h"
#include "recording/recording.h"

#include <inttypes.h>
#include <string.h>

struct call_count {
	bool is_other;
	bool has_abi;
	enum abi abi;
	int nr;
	uint32_t action;
	uint64_t count;
};

struct unit_count {
	char *name;
	struct call_count *calls;
	size_t calls_count;
	uint64_t reactions[REACTION_COUNT];
};

struct metrics {
	struct unit_count *units;
	size_t units_count;
	uint64_t denials, untold, scrapes;
};

struct metrics *metrics_new(void)
{
	return calloc(1, sizeof(struct metrics));
}

void metrics_freep(struct metrics **at)
{
	struct metrics *metrics = take(*at);

	if (!metrics)
		return;
	for (size_t i = 0; i < metrics->units_count; i++) {
		free(metrics->units[i].name);
		free(metrics->units[i].calls);
	}
	free(metrics->units);
	free(metrics);
}

static struct unit_count *find_unit(const struct metrics *metrics, const char *name)
{
	for (size_t i = 0; i < metrics->units_count; i++)
		if (strcmp(metrics->units[i].name, name) == 0)
			return &metrics->units[i];
	return NULL;
}

static struct unit_count *make_unit(struct metrics *metrics, const char *name)
{
	struct unit_count *unit = find_unit(metrics, name);

	if (unit)
		return unit;
	unit = array_grow_one(&metrics->units, metrics->units_count);
	if (!unit)
		return NULL;
	unit->name = strdup(name);
	if (!unit->name)
		return NULL;
	metrics->units_count++;
	return unit;
}

static struct call_count *make_call(struct unit_count *unit, const struct denial *denial)
{
	struct call_count *call;
	bool is_other = unit->calls_count >= METRICS_CALLS_MAX;

	for (size_t i = 0; i < unit->calls_count; i++) {
		call = &unit->calls[i];
		if (call->is_other
			    ? is_other
			    : call->has_abi == denial->has_abi && call->abi == denial->abi &&
				      call->nr == denial->nr && call->action == denial->action)
			return call;
	}
	call = array_grow_one(&unit->calls, unit->calls_count);
	if (!call)
		return NULL;
	unit->calls_count++;
	call->is_other = is_other;
	call->has_abi = denial->has_abi;
	call->abi = denial->abi;
	call->nr = denial->nr;
	call->action = denial->action;
	return call;
}

int metrics_count_denial(struct metrics *metrics, const char *name, const struct denial *denial,
			 uint64_t count, struct error *err)
{
	struct unit_count *unit = make_unit(metrics, name);
	struct call_count *call = unit ? make_call(unit, denial) : NULL;

	if (!call)
		return error_oom(err);
	call->count += count;
	metrics->denials += count;
	return 0;
}

int metrics_count_reaction(struct metrics *metrics, const char *name, enum reaction reaction,
			   struct error *err)
{
	struct unit_count *unit = make_unit(metrics, name);

	if (!unit)
		return error_oom(err);
	unit->reactions[reaction]++;
	return 0;
}

void metrics_count_untold(struct metrics *metrics, uint64_t count)
{
	metrics->untold += count;
}

void metrics_count_scrape(struct metrics *metrics)
{
	metrics->scrapes++;
}

uint64_t metrics_denials(const struct metrics *metrics)
{
	return metrics->denials;
}

/* ---- text ---- */

static void head(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void plain(FILE *out, const char *name, const char *type, const char *help, uint64_t value)
{
	head(out, name, type, help);
	fprintf(out, "%s %" PRIu64 "\n", name, value);
}

/* Of a label's value backslash, quote and newline are escaped, the rest stands as it is. */
static void label(FILE *out, const char *name, const char *value, const char *after)
{
	fprintf(out, "%s=\"", name);
	for (; *value; value++) {
		if (*value == '\n')
			fputs("\\n", out);
		else if (*value == '\\' || *value == '"')
			fprintf(out, "\\%c", *value);
		else
			fputc(*value, out);
	}
	fprintf(out, "\"%s", after);
}

static void write_call(FILE *out, const char *unit, const struct call_count *call)
{
	const struct denial denial = { .has_action = true,
				       .action = call->action,
				       .has_errno = true };
	char buffer[CALL_NAME_SIZE], action[32];

	fputs("whittle_denials_total{", out);
	label(out, "unit", unit, ",");
	if (call->is_other) {
		label(out, "syscall", "other", ",");
		label(out, "abi", "other", ",");
		label(out, "action", "other", "}");
	} else {
		label(out, "syscall",
		      call->has_abi ? call_name(call->abi, call->nr, buffer) : "unknown", ",");
		label(out, "abi", call->has_abi ? abi_info(call->abi)->name : "unknown", ",");
		label(out, "action", denial_action(&denial, action, sizeof(action)), "}");
	}
	fprintf(out, " %" PRIu64 "\n", call->count);
}

static void write_denials(FILE *out, const struct metrics *metrics)
{
	head(out, "whittle_denials_total", "counter",
	     "System calls denied by the filter of a guarded unit.");
	for (size_t i = 0; i < metrics->units_count; i++)
		for (size_t k = 0; k < metrics->units[i].calls_count; k++)
			write_call(out, metrics->units[i].name, &metrics->units[i].calls[k]);
}

static void write_units(FILE *out, const struct metrics *metrics, const struct guarded_units *units)
{
	head(out, "whittle_guarded", "gauge", "1 for each unit that is enforced and watched.");
	for (size_t i = 0; i < units->count; i++) {
		fputs("whittle_guarded{", out);
		label(out, "unit", units->units[i].name, ",");
		label(out, "stage", managed_unit_stage_name(units->units[i].stage), ",");
		label(out, "on_denial", managed_unit_reaction_name(units->units[i].reaction),
		      "} 1\n");
	}
	head(out, "whittle_unit_denials_total", "counter",
	     "Denials of a guarded unit, over all system calls.");
	for (size_t i = 0; i < units->count; i++) {
		const struct unit_count *unit = find_unit(metrics, units->units[i].name);
		uint64_t sum = 0;

		for (size_t k = 0; unit && k < unit->calls_count; k++)
			sum += unit->calls[k].count;
		fputs("whittle_unit_denials_total{", out);
		label(out, "unit", units->units[i].name, "}");
		fprintf(out, " %" PRIu64 "\n", sum);
	}
}

static void write_shares(FILE *out, const struct guarded_units *units,
			 const struct denial_kernel *kernel)
{
	static const char *const names[] = { "whittle_unit_denials_folded_total",
					     "whittle_unit_denials_lost_total" };
	static const char *const helps[] = {
		"Denials of a unit counted by call and action alone, because too many kinds came.",
		"Denials of a unit that are in no other count, because too many calls and actions came.",
	};

	for (size_t k = 0; kernel && k < ARRAY_SIZE(names); k++) {
		head(out, names[k], "counter", helps[k]);
		for (size_t i = 0; i < units->count; i++) {
			struct denial_kernel_share share =
				denial_kernel_share(kernel, units->units[i].name);

			fprintf(out, "%s{", names[k]);
			label(out, "unit", units->units[i].name, "}");
			fprintf(out, " %" PRIu64 "\n", k ? share.lost : share.folded);
		}
	}
}

static void write_reactions(FILE *out, const struct metrics *metrics)
{
	head(out, "whittle_reactions_total", "counter", "Reactions to denials that were started.");
	for (size_t i = 0; i < metrics->units_count; i++)
		for (unsigned k = 0; k < REACTION_COUNT; k++) {
			if (!metrics->units[i].reactions[k])
				continue;
			fputs("whittle_reactions_total{", out);
			label(out, "unit", metrics->units[i].name, ",");
			label(out, "reaction", managed_unit_reaction_name((enum reaction)k), "}");
			fprintf(out, " %" PRIu64 "\n", metrics->units[i].reactions[k]);
		}
}

int metrics_text(const struct metrics *metrics, const struct guarded_units *units,
		 const struct denial_kernel *kernel, const struct denial_kernel_totals *totals,
		 char **text, size_t *size, struct error *err)
{
	FILE *out = open_memstream(text, size);

	if (!out)
		return error_oom(err);
	write_units(out, metrics, units);
	write_denials(out, metrics);
	write_shares(out, units, kernel);
	write_reactions(out, metrics);
	plain(out, "whittle_machine_denials_total", "counter",
	      "System calls denied on the whole machine, by any seccomp filter.", totals->denials);
	plain(out, "whittle_denials_unplaced_total", "counter",
	      "Denials of guarded units that are in no other count of a unit's denials.",
	      totals->unplaced);
	plain(out, "whittle_denials_undetailed_total", "counter",
	      "Denials counted without their own arguments and stack.", totals->undetailed);
	plain(out, "whittle_bpf_missed_total", "counter",
	      "Times that a BPF program did not run, so denials may be missing.", totals->missed);
	plain(out, "whittle_denials_untold_total", "counter",
	      "Denials logged only as a sum, because too many came at once.", metrics->untold);
	plain(out, "whittle_scrapes_total", "counter", "Scrapes answered.", metrics->scrapes);
	if (fclose(out) == 0)
		return 0;
	free(*text);
	*text = NULL;
	return error_oom(err);
}
