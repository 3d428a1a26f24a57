/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the files of the unprivileged observer about an observation; private to them. */
#ifndef WHITTLE_RECORD_NOTIFY_H
#define WHITTLE_RECORD_NOTIFY_H

#include "bpf/record.h"
#include "record/objects.h"
#include "record/observer.h"

#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#define NOTIFY_PHASES 3

/* The distinct tuples of one call of one image in one phase; past the limit "any". */
struct notify_arguments {
	struct argument_values *values;
	size_t count;
	bool is_any;
};

/* The calls of one image in one phase by one ABI. The numbers are those below RECORD_RULES, without
 * the x32 bit; others are in notify_others. */
struct notify_calls {
	uint64_t count[RECORD_RULES];
	uint64_t first_ns[RECORD_RULES]; /* since the start */
	struct notify_arguments *arguments[RECORD_RULES];
	struct {
		int object; /* -1: not found */
		uint64_t offset;
	} first[RECORD_RULES];
};

/* A call whose number is in no table. */
struct notify_other {
	unsigned image, phase;
	enum record_abi abi;
	int nr;
	uint64_t count, first_ns;
};

struct notify_image {
	char *executable, *command;
	struct titles *titles;
	char **argv;
	unsigned depth;
	bool is_manager;
	pid_t pid; /* one of its processes, for the title */
	struct notify_calls *calls[NOTIFY_PHASES][RECORD_ABIS]; /* NULL: none yet */
};

/* A process that lives, or did a moment ago. */
struct notify_process {
	pid_t tgid;
	unsigned image, phase;
	bool may_have_executed; /* its last call was an execve: read its image again */
	uint64_t stack_start; /* changes with each execve that succeeds */
};

struct observation {
	struct target *target;
	/* For a process that has just executed. Unknown if the filter allows known calls: then the
	 * calls by which a process waits for work are not observed. */
	enum phase first_phase;
	uint64_t started_ns, last_new_ns;
	int listener;
	pthread_t server;
	bool is_served;
	atomic_bool is_over;

	/* The holder of the lock owns everything below. */
	pthread_mutex_t lock;
	struct error err; /* the first failure of the server */
	struct record_rule rules[RECORD_ABIS][RECORD_RULES];
	bool has_rule[RECORD_ABIS][RECORD_RULES];
	uint32_t
		*process_of_thread; /* by thread id: index + 1 into processes, 0 not observed yet */
	size_t threads_max;
	pid_t *threads; /* those that are in it */
	size_t threads_count;
	uint64_t next_survey_ns;
	struct notify_process *processes;
	size_t processes_count;
	struct notify_image *images;
	size_t images_count;
	struct notify_other *others;
	size_t others_count;
	struct objects *objects;
	uint64_t calls;
	size_t distinct;
	struct losses lost;
	bool is_filtered; /* a process installed a filter of its own */
	char *warning;
};

/* notify_account.c: counts one call. Called for each before the kernel continues it. */
int notify_account(struct observation *observation, const struct seccomp_notif *call,
		   struct error *err);

/* notify_account.c: forgets processes that have ended, and reads the titles of living ones. */
int notify_survey(struct observation *observation, struct error *err);

/* notify_collect.c: turns everything into a run. */
int notify_collect(struct observation *observation, struct run *run, struct error *err);

#endif
