// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The loop over files: the registry finds the importer of a file, which then gets the file line by
 * line, in blocks, or whole.
 */
#include "import/import.h"
#include "import/import_policy.h"
#include "import/registry.h"

#include "common/cleanup.h"
#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

/* ---- lines ---- */

static void read_line(struct import *import, const char *line, size_t length)
{
	const char *wrong;

	import->result.lines++;
	if (length && line[length - 1] == '\r')
		length--;
	wrong = import->importer->line(import, line, length);
	if (wrong)
		import_mistake(import, import->result.lines, wrong, line, length);
}

/* Every whole line of a block, and at the end of a file what is left; how many bytes that was. */
static size_t read_lines(struct import *import, const char *data, size_t size, bool is_end)
{
	const char *at = data, *end = data + size, *newline;

	while (!import->is_stopped && (newline = memchr(at, '\n', (size_t)(end - at)))) {
		read_line(import, at, (size_t)(newline - at));
		at = newline + 1;
	}
	if (is_end && at < end && !import->is_stopped) {
		read_line(import, at, (size_t)(end - at));
		at = end;
	}
	return (size_t)(at - data);
}

struct block {
	char *data; /* IMPORT_BLOCK bytes */
	size_t used;
	bool is_end;
	bool in_giant; /* inside a line that no block holds */
};

static int fill(struct block *block, int fd, const char *path, struct error *err)
{
	while (block->used < IMPORT_BLOCK && !block->is_end) {
		ssize_t got = read(fd, block->data + block->used, IMPORT_BLOCK - block->used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_set_errno(err, -errno, "%s", path);
		block->is_end = got == 0;
		block->used += (size_t)got;
	}
	return 0;
}

/* A line that fills a block: its beginning is given to nobody, and the rest is skipped. */
static void skip_giant(struct import *import, struct block *block)
{
	const char *newline = memchr(block->data, '\n', block->used);
	size_t skipped = newline ? (size_t)(newline - block->data) + 1 : block->used;

	if (!block->in_giant) {
		import->result.lines++;
		import_mistake(import, import->result.lines, "a line of more than 1 MiB",
			       block->data, IMPORT_EXCERPT);
	}
	block->in_giant = !newline;
	block->used -= skipped;
	memmove(block->data, block->data + skipped, block->used);
}

static int read_by_line(struct import *import, struct block *block, int fd, struct error *err)
{
	int r = 0;

	for (;;) {
		size_t done;

		import->result.bytes += block->used;
		if (block->in_giant)
			skip_giant(import, block);
		done = read_lines(import, block->data, block->used, block->is_end);
		if (!done && block->used == IMPORT_BLOCK) {
			skip_giant(import, block);
		} else {
			block->used -= done;
			memmove(block->data, block->data + done, block->used);
		}
		if (import->is_stopped)
			return err->code;
		if (block->is_end)
			return 0;
		import->result.bytes -= block->used;
		r = fill(block, fd, import->result.path, err);
		if (r < 0)
			return r;
	}
}

/* ---- files ---- */

static int read_document(struct import *import, struct block *block, int fd, struct error *err)
{
	_cleanup_free_ char *data = malloc(IMPORT_DOCUMENT_MAX + 1);
	size_t used = block->used;
	int r;

	if (!data)
		return error_oom(err);
	memcpy(data, block->data, used);
	while (!block->is_end) {
		block->used = 0;
		r = fill(block, fd, import->result.path, err);
		if (r < 0)
			return r;
		if (block->used > IMPORT_DOCUMENT_MAX - used)
			return error_set(err, -EFBIG,
					 "%s: larger than the limit of %zu bytes for such a file",
					 import->result.path, IMPORT_DOCUMENT_MAX);
		memcpy(data + used, block->data, block->used);
		used += block->used;
	}
	data[used] = '\0';
	import->result.bytes = used;
	r = import->importer->policy ? import_policy_document(import, data, used, err)
				     : import->importer->document(import, data, used, err);
	return r == 0 && import->is_stopped ? err->code : r;
}

static void import_clear(struct import *import)
{
	run_builder_freep(&import->run_builder);
	if (import->state && import->importer->clear_state)
		import->importer->clear_state(import->state);
	free(import->state);
	import->state = NULL;
	import->importer = NULL;
}

static int start_run(struct import *import, const struct importer *importer, struct error *err)
{
	import->importer = importer;
	import->run_builder = run_builder_new(import->settings->abi);
	import->state = importer->state_size ? calloc(1, importer->state_size) : NULL;
	if (!import->run_builder || (importer->state_size && !import->state))
		return error_oom(err);
	/* What is counted without a program's name is counted here. */
	if (!importer->begin)
		run_builder_image(import->run_builder, "", 0, false);
	return 0;
}

/* The run that was read goes into the recording. TARGET is the file's name, or the stem of several. */
static int end_run(struct import *import, const char *target, size_t target_length,
		   uint64_t started_us, struct recording *recording, struct error *err)
{
	_cleanup_(run_freep) struct run *run = run_new();
	int r;

	if (!run)
		return error_oom(err);
	run->observer = strdup(import->importer->name);
	run->target = strndup(target, target_length);
	run->ended = strdup("end of input");
	run->whittle = strdup(WHITTLE_VERSION);
	if (!run->observer || !run->target || !run->ended || !run->whittle)
		return error_oom(err);
	run->target_kind = TARGET_IMPORT;
	run->started_us = started_us;
	if (import->importer->has_filter)
		run->filter = FILTER_PRESENT;
	r = run_builder_finish(import->run_builder, run, err);
	import_clear(import);
	return r < 0 ? r : recording_add(recording, take(run), err);
}

static bool is_document(const struct importer *importer)
{
	return importer->document || importer->policy;
}

static int read_block(struct import *import, struct block *block, int fd,
		      const struct importer *importer, struct error *err)
{
	uint64_t before;
	int r = import->importer ? 0 : start_run(import, importer, err);

	if (r < 0)
		return r;
	import->result.source = importer->name;
	import->strict = err;
	before = import->run_builder->total;
	if (importer->begin)
		importer->begin(import, import->result.path);
	r = is_document(importer) ? read_document(import, block, fd, err)
				  : read_by_line(import, block, fd, err);
	if (r < 0)
		return r;
	import->result.calls = import->run_builder->total - before;
	if (import->settings->done)
		import->settings->done(import->settings->context, &import->result);
	return 0;
}

static size_t stem_of(const struct importer *importer, const char *path)
{
	return importer->stem ? importer->stem(path) : 0;
}

/* When the source was written, which is the best that is known of when it was observed. */
static uint64_t time_of(int fd)
{
	struct stat status;
	struct timespec now;

	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		now = status.st_mtim;
	else
		clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec < 0 ? 0 : (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* The run so far, while further files may belong to it. */
struct pending {
	const char *path;
	size_t stem; /* 0: no further file does */
	uint64_t started_us;
};

static int end_pending(struct import *import, struct pending *pending, struct recording *recording,
		       struct error *err)
{
	if (!import->importer)
		return 0;
	if (!import->run_builder->total)
		return error_set(err, -EBADMSG, "%s: no system call was found (read as %s)",
				 pending->path, import->importer->name);
	return end_run(import, pending->path, pending->stem ? pending->stem : strlen(pending->path),
		       pending->started_us, recording, err);
}

static int import_file(struct import *import, const char *path, struct block *block,
		       struct pending *pending, struct recording *recording, struct error *err)
{
	bool is_input = strcmp(path, "-") == 0;
	_cleanup_close_ int opened = is_input ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int fd = is_input ? STDIN_FILENO : opened, r;
	const struct importer *importer;
	size_t stem;

	path = is_input ? "standard input" : path;
	if (fd < 0)
		return error_set_errno(err, -errno, "%s", path);
	*block = (struct block){ .data = block->data };
	import->result = (struct import_result){ .path = path };
	r = fill(block, fd, path, err);
	if (r < 0)
		return r;
	r = registry_choose(import->settings, false, path, block->data, block->used, &importer,
			    err);
	if (r < 0)
		return r;
	stem = stem_of(importer, path);
	if (import->importer != importer || !stem || stem != pending->stem ||
	    strncmp(path, pending->path, stem) != 0) {
		r = end_pending(import, pending, recording, err);
		if (r < 0)
			return r;
		*pending = (struct pending){ path, stem, time_of(fd) };
	}
	return read_block(import, block, fd, importer, err);
}

int import_files(char *const *paths, size_t count, const struct import_settings *settings,
		 struct recording *recording, struct error *err)
{
	_cleanup_free_ char *data = malloc(IMPORT_BLOCK);
	struct import import = { .settings = settings };
	struct pending pending = { 0 };
	struct block block = { .data = data };
	int r = data ? 0 : error_oom(err);

	for (size_t i = 0; i < count && r == 0; i++)
		r = import_file(&import, paths[i], &block, &pending, recording, err);
	if (r == 0)
		r = end_pending(&import, &pending, recording, err);
	import_clear(&import);
	return r;
}

int import_memory(const char *path, const char *data, size_t size,
		  const struct import_settings *settings, struct recording *recording,
		  struct error *err)
{
	_cleanup_free_ char *copy = malloc(size + 1);
	struct import import = { .settings = settings, .result = { .path = path } };
	struct pending pending = { .path = path };
	struct block block = { .data = copy, .used = size, .is_end = true };
	const struct importer *importer;
	int r;

	if (!copy)
		return error_oom(err);
	memcpy(copy, data, size);
	copy[size] = '\0';
	r = registry_choose(settings, false, path, block.data, block.used, &importer, err);
	if (r == 0 && size > IMPORT_DOCUMENT_MAX && is_document(importer))
		r = error_set(err, -EFBIG, "%s: too large", path);
	if (r == 0)
		r = read_block(&import, &block, -1, importer, err);
	if (r == 0)
		r = end_pending(&import, &pending, recording, err);
	import_clear(&import);
	return r;
}
