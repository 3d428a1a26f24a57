// SPDX-License-Identifier: LGPL-2.1-or-later
/* The BPF observer: the table of functions over the files bpf_*.c. */
#include "record/bpf.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/title.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

/* How often living processes are asked: titles and libraries loaded late change slowly. */
#define SURVEY_NS 2000000000

static void observe_close(struct observation *o)
{
	if (!o)
		return;
	ring_buffer__free(o->news);
	if (o->counts)
		munmap((void *)(uintptr_t)o->counts, o->counts_size);
	record_bpf__destroy(o->bpf);
	for (unsigned i = 0; i < RECORD_IMAGES; i++)
		titles_free(o->titles[i]);
	free(o->resolved);
	objects_freep(&o->objects);
	free(o);
}

static int observe_open(struct target *target, struct observation **observation, struct error *err)
{
	struct observation *o = calloc(1, sizeof(*o));
	int r;

	if (!o)
		return error_oom(err);
	o->target = target;
	o->objects = objects_new();
	r = o->objects ? bpf_load(o, err) : error_oom(err);
	if (r < 0) {
		observe_close(o);
		return r;
	}
	*observation = o;
	return 0;
}

static int observe_fd(struct observation *o)
{
	return ring_buffer__epoll_fd(o->news);
}

static int observe_handle(struct observation *o, struct error *err)
{
	int r;

	o->error = err;
	r = ring_buffer__consume(o->news);
	o->error = NULL;
	if (r < 0)
		return err->code ? err->code : error_set_errno(err, r, "the recorder's ring");
	if (clock_now_ns() < o->next_survey_ns)
		return 0;
	o->next_survey_ns = clock_now_ns() + SURVEY_NS;
	return bpf_survey(o, err);
}

static void observe_progress(struct observation *o, struct progress *progress)
{
	unsigned used = 2 * bpf_images(o);
	bool seen[RECORD_NATIVE_CALLS] = { false };

	progress->elapsed_ns = clock_now_ns() - o->started_ns;
	progress->calls = 0;
	progress->lost = o->bpf->bss->lost.calls + o->bpf->bss->lost.tasks;
	for (unsigned row = 0; row < used && row < o->rows; row++) {
		for (unsigned nr = 0; nr < RECORD_NATIVE_CALLS; nr++) {
			uint64_t count = bpf_count(o, row, nr);

			progress->calls += count;
			seen[nr] |= count > 0;
		}
	}
	progress->last_new_ns = o->last_new_ns > o->started_ns ? o->last_new_ns - o->started_ns : 0;
	progress->distinct = 0;
	for (unsigned nr = 0; nr < RECORD_NATIVE_CALLS; nr++)
		progress->distinct += seen[nr];
}

static int observe_living(struct observation *o, struct error *err)
{
	_cleanup_free_ struct record_live *live = NULL;
	size_t count;
	int r = bpf_list(o, &live, &count, err);

	return r < 0 ? r : (int)count;
}

/* The processes that live are asked anew: a snapshot is to know what they have mapped. */
static int observe_snapshot(struct observation *o, struct run *run, struct error *err)
{
	int r;

	o->next_survey_ns = 0;
	r = observe_handle(o, err);
	return r < 0 ? r : bpf_collect(o, run, err);
}

static int observe_finish(struct observation *o, struct run *run, struct error *err)
{
	int r;

	o->next_survey_ns = 0;
	r = observe_handle(o, err);
	if (r < 0)
		return r;
	bpf_link__destroy(o->bpf->links.record_sys_enter);
	o->bpf->links.record_sys_enter = NULL;
	return bpf_collect(o, run, err);
}

static int observe_preserve(struct observation *o, struct run *run, struct error *err)
{
	int r;

	objects_use_symbols(o->objects, false);
	r = observe_finish(o, run, err);
	objects_use_symbols(o->objects, true);
	return r;
}

const struct observer observer_bpf = {
	.name = "bpf",
	.summary = "BPF programs in the kernel: needs root, costs little",
	.open = observe_open,
	.start = bpf_start,
	.fd = observe_fd,
	.handle = observe_handle,
	.progress = observe_progress,
	.living = observe_living,
	.snapshot = observe_snapshot,
	.preserve = observe_preserve,
	.finish = observe_finish,
	.close = observe_close,
};
