// SPDX-License-Identifier: LGPL-2.1-or-later
/* Prints the least time of a getppid, in nanoseconds, over short batches: the shortest batch is the one
 * that nothing else disturbed. record_loop [BATCHES [CALLS]] */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define BATCH 20000

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

int main(int argc, char *argv[])
{
	long batches = argc > 1 ? atol(argv[1]) : 200, batch = argc > 2 ? atol(argv[2]) : BATCH;
	double least = 1e18;

	for (long i = 0; i < batches; i++) {
		double start = now_ns(), taken;

		for (long j = 0; j < batch; j++)
			syscall(SYS_getppid);
		taken = (now_ns() - start) / (double)batch;
		if (taken < least)
			least = taken;
	}
	printf("%.1f\n", least);
	return 0;
}
