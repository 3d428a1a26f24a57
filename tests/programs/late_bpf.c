// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Opens the denials of the kernel with a limit that no kernel keeps, and looks at what is left behind:
 *
 *	late_bpf	prints how the opening failed; then, when the thread that was left behind has
 *			ended, how many descriptors more than before are open; then how an opening with
 *			time enough goes
 */
#include "common/cleanup.h"
#include "denial/kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int ignore(void *context, const struct denial *denial, uint64_t count, struct error *err)
{
	(void)context;
	(void)denial;
	(void)count;
	(void)err;
	return 0;
}

static int count_entries(const char *path)
{
	_cleanup_closedir_ DIR *directory = opendir(path);
	int count = 0;

	while (directory && readdir(directory))
		count++;
	return count;
}

/* The threads beside this one, at most a minute. */
static void await_threads(void)
{
	for (int i = 0; i < 600 && count_entries("/proc/self/task") > 3; i++)
		nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
}

int main(void)
{
	const struct denial_kernel_events events = { .denial = ignore };
	struct denial_kernel *kernel = NULL;
	struct error err = { 0 };
	int before = count_entries("/proc/self/fd");
	int r = denial_kernel_open_within(&events, 1000, &kernel, &err);

	printf("%s: %s\n", r < 0 ? strerrorname_np(-r) : "in time", err.message);
	await_threads();
	printf("%d left open\n", count_entries("/proc/self/fd") - before);
	error_clear(&err);
	r = denial_kernel_open_within(&events, UINT64_C(120000000000), &kernel, &err);
	printf("%s\n", r < 0 ? err.message : "in time");
	denial_kernel_closep(&kernel);
	return r < 0;
}
