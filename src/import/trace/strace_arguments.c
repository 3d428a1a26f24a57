// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Parses the values of arguments in strace's notation: names joined by "|", numbers in C notation, names in
 * comments after numbers (-X verbose), structs in braces, descriptors with their file in angle brackets
 * (-y). A value in an unknown notation is never guessed; the call's arguments become "any".
 */
#include "import/trace/strace.h"

#include "common/cleanup.h"

#include <ctype.h>

#define SLICES 7
#define TEXT   256

struct slice {
	const char *text;
	size_t length;
};

/* ---- where an argument begins and ends ---- */

/* Behind a string's closing quote. */
static const char *skip_string(const char *at, const char *end)
{
	for (at++; at < end && *at != '"';)
		at += *at == '\\' && at + 1 < end ? 2 : 1;
	return at < end ? at + 1 : end;
}

/* Behind "<...>" of a descriptor; strace escapes the brackets in names, but "->" joins addresses. */
static const char *skip_opened(const char *at, const char *end)
{
	for (at++; at < end; at++)
		if (*at == '>' && at[-1] != '-')
			return at + 1;
	return end;
}

static bool begins_opened(const char *start, const char *at, const char *end)
{
	return at > start && (isalnum((unsigned char)at[-1]) || at[-1] == '_') && at + 1 < end &&
	       at[1] != '<' && at[1] != '=';
}

/* The end of the argument that begins at AT: a comma, or the bracket that closes the call or struct. */
static const char *skip_argument(const char *at, const char *end)
{
	const char *start = at;
	unsigned depth = 0;

	while (at < end) {
		char c = *at;

		/* Words, the most of it. */
		if (isalnum((unsigned char)c) || c == '_' || c == '|' || c == ' ') {
			at++;
			continue;
		}
		if (c == '"') {
			at = skip_string(at, end);
			continue;
		}
		if (c == '<' && begins_opened(start, at, end)) {
			at = skip_opened(at, end);
			continue;
		}
		if (c == '(' || c == '[' || c == '{') {
			depth++;
		} else if (c == ')' || c == ']' || c == '}') {
			if (depth == 0)
				return at;
			depth--;
		} else if (c == ',' && depth == 0) {
			return at;
		}
		at++;
	}
	return end;
}

static struct slice trim(const char *text, const char *end)
{
	static const char unfinished[] = "<unfinished ...>";
	const size_t size = sizeof(unfinished) - 1;

	if ((size_t)(end - text) >= size && memcmp(end - size, unfinished, size) == 0)
		end -= size;
	while (text < end && *text == ' ')
		text++;
	while (text < end && end[-1] == ' ')
		end--;
	return (struct slice){ text, (size_t)(end - text) };
}

/* The first LIMIT arguments, SLICES at most: what is behind them may be long. */
static unsigned split(const char *at, const char *end, unsigned limit, struct slice slices[SLICES])
{
	unsigned count = 0;

	while (at < end && count < limit) {
		const char *stop = skip_argument(at, end);

		slices[count++] = trim(at, stop);
		if (stop == end || *stop != ',')
			break;
		at = stop + 1;
	}
	return count;
}

/* Cuts "NAME=" off, and tells whether it was there. */
static bool take_label(struct slice *slice, const char *label)
{
	size_t length = strlen(label);

	if (slice->length <= length || memcmp(slice->text, label, length) != 0 ||
	    slice->text[length] != '=')
		return false;
	*slice = trim(slice->text + length + 1, slice->text + slice->length);
	return true;
}

static bool find_label(const struct slice *slices, unsigned count, const char *label,
		       struct slice *found)
{
	for (unsigned i = 0; i < count; i++) {
		*found = slices[i];
		if (take_label(found, label))
			return true;
	}
	return false;
}

/* ---- one value ---- */

/* Names that strace has of flags that are recorded as bare numbers. */
static const struct {
	const char *name;
	uint64_t value;
} flags[] = {
	{ "SECCOMP_FILTER_FLAG_TSYNC", 1 },
	{ "SECCOMP_FILTER_FLAG_LOG", 2 },
	{ "SECCOMP_FILTER_FLAG_SPEC_ALLOW", 4 },
	{ "SECCOMP_FILTER_FLAG_NEW_LISTENER", 8 },
	{ "SECCOMP_FILTER_FLAG_TSYNC_ESRCH", 0x10 },
	{ "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", 0x20 },
	{ "MOVE_MOUNT_F_SYMLINKS", 1 },
	{ "MOVE_MOUNT_F_AUTOMOUNTS", 2 },
	{ "MOVE_MOUNT_F_EMPTY_PATH", 4 },
	{ "MOVE_MOUNT_T_SYMLINKS", 0x10 },
	{ "MOVE_MOUNT_T_AUTOMOUNTS", 0x20 },
	{ "MOVE_MOUNT_T_EMPTY_PATH", 0x40 },
	{ "OPEN_TREE_CLONE", 1 },
	{ "OPEN_TREE_CLOEXEC", 02000000 },
	{ "AT_SYMLINK_NOFOLLOW", 0x100 },
	{ "AT_NO_AUTOMOUNT", 0x800 },
	{ "AT_EMPTY_PATH", 0x1000 },
	{ "AT_RECURSIVE", 0x8000 },
	{ "UFFD_USER_MODE_ONLY", 1 },
	{ "O_CLOEXEC", 02000000 },
	{ "O_NONBLOCK", 04000 },
};

static bool flag_value(const char *word, uint64_t *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (strcmp(flags[i].name, word) == 0) {
			*value = flags[i].value;
			return true;
		}
	return false;
}

static bool has_only_digits(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

/* "SIGRT_3" and, before version 4.6, "SIGRTMIN+3": the kernel's first one is 32. */
static bool signal_value(const char *word, uint64_t *value)
{
	static const char *const starts[] = { "SIGRT_", "SIGRTMIN+", "SIG_" };

	if (strcmp(word, "SIGRTMIN") == 0) {
		*value = 32;
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		size_t length = strlen(starts[i]);

		if (strncmp(word, starts[i], length) != 0 || !has_only_digits(word + length) ||
		    strlen(word + length) > 3)
			continue;
		*value = strtoul(word + length, NULL, 10) + (i < 2 ? 32 : 0);
		return true;
	}
	return false;
}

/* "_IOC(_IOC_READ|_IOC_WRITE, 0x94, 0x1b, 0x38)" (asm-generic/ioctl.h). */
static bool ioc_value(const char *text, uint64_t *value)
{
	static const char start[] = "_IOC(";
	unsigned long fields[3], direction = 0;
	const char *comma = strchr(text, ',');
	char *rest;

	if (strncmp(text, start, strlen(start)) != 0 || !comma)
		return false;
	if (memmem(text, (size_t)(comma - text), "_IOC_WRITE", 10))
		direction |= 1;
	if (memmem(text, (size_t)(comma - text), "_IOC_READ", 9))
		direction |= 2;
	for (unsigned i = 0; i < ARRAY_SIZE(fields); i++) {
		fields[i] = strtoul(comma + 1, &rest, 0);
		if (*rest != (i + 1 < ARRAY_SIZE(fields) ? ',' : ')') || fields[i] > 0x3fff)
			return false;
		comma = rest;
	}
	*value = (uint64_t)direction << 30 | fields[2] << 16 | (fields[0] & 0xff) << 8 |
		 (fields[1] & 0xff);
	return true;
}

/* One word between "|". */
static bool word_value(enum abi abi, enum argument_kind kind, char *word, uint64_t *value)
{
	static const char private[] = "_PRIVATE";
	size_t length = strlen(word);

	if (word[0] == '-' && has_only_digits(word + 1)) {
		*value = 0 - strtoull(word + 1, NULL, 10);
		return true;
	}
	if (argument_parse(abi, kind, word, value) == 0)
		return true;
	/* "21<<MAP_HUGE_SHIFT": a size, in bits that no set keeps. */
	if (kind == ARGUMENT_MAP_FLAGS && strstr(word, "<<MAP_HUGE_SHIFT")) {
		*value = 0;
		return true;
	}
	if (kind == ARGUMENT_FUTEX_OPERATION && length > strlen(private) &&
	    strcmp(word + length - strlen(private), private) == 0) {
		word[length - strlen(private)] = '\0';
		return argument_parse(abi, kind, word, value) == 0;
	}
	if (kind == ARGUMENT_IOCTL_REQUEST)
		return ioc_value(word, value);
	/* The low byte of clone's flags is a signal. */
	if (kind == ARGUMENT_CLONE_FLAGS && argument_parse(abi, ARGUMENT_SIGNAL, word, value) == 0)
		return true;
	if (kind == ARGUMENT_SIGNAL || kind == ARGUMENT_CLONE_FLAGS)
		return signal_value(word, value);
	return (kind == ARGUMENT_FLAGS || kind == ARGUMENT_AT_FLAGS) && flag_value(word, value);
}

/* -X verbose has the names in comments behind the numbers. */
static void cut_comments(char *text)
{
	char *open, *close;

	while ((open = strstr(text, " /* ")) && (close = strstr(open, " */")))
		memmove(open, close + 3, strlen(close + 3) + 1);
}

/* All the words between "|"; they are changed. */
static bool words_value(enum abi abi, enum argument_kind kind, char *words, uint64_t *value)
{
	uint64_t one;

	*value = 0;
	for (char *next; words; words = next) {
		next = strchr(words, '|');
		if (next)
			*next++ = '\0';
		if (!word_value(abi, kind, words, &one))
			return false;
		*value |= one;
	}
	return true;
}

static bool read_value(enum abi abi, enum argument_kind kind, const char *given, size_t length,
		       uint64_t *value)
{
	static const char other[] = " or ", old[] = "PF_";
	char text[TEXT], *at = text, *next;

	if (length == 0 || length >= sizeof(text))
		return false;
	memcpy(text, given, length);
	text[length] = '\0';
	cut_comments(text);
	/* Before version 4.15. */
	if (kind == ARGUMENT_SOCKET_DOMAIN && strncmp(text, old, strlen(old)) == 0)
		text[0] = 'A';
	/* A request that several drivers have was "A or B": which of the names is known is all the same. */
	while (kind == ARGUMENT_IOCTL_REQUEST && (next = strstr(at, other))) {
		*next = '\0';
		if (word_value(abi, kind, at, value))
			return true;
		at = next + strlen(other);
	}
	/* "_IOC(_IOC_READ|_IOC_WRITE, ...)" is one word. */
	return kind == ARGUMENT_IOCTL_REQUEST ? word_value(abi, kind, at, value)
					      : words_value(abi, kind, at, value);
}

static unsigned slot_of(enum argument_kind kind, const char *text, size_t length)
{
	uint32_t hash = 2166136261u ^ (unsigned)kind;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)text[i]) * 16777619u;
	return (hash ^ hash >> 15) & (STRACE_WORDS - 1);
}

static bool value_of(struct strace_word words[STRACE_WORDS], enum abi abi, enum argument_kind kind,
		     struct slice slice, uint64_t *value)
{
	struct strace_word *word;

	if (slice.length == 0 || slice.length > STRACE_WORD)
		return read_value(abi, kind, slice.text, slice.length, value);
	word = &words[slot_of(kind, slice.text, slice.length)];
	if (word->length != slice.length || word->kind != (unsigned char)kind ||
	    word->abi != (unsigned char)abi || memcmp(word->text, slice.text, slice.length) != 0) {
		word->kind = (unsigned char)kind;
		word->abi = (unsigned char)abi;
		word->length = (unsigned char)slice.length;
		memcpy(word->text, slice.text, slice.length);
		word->is_known = read_value(abi, kind, slice.text, slice.length, &word->value);
	}
	*value = word->value;
	return word->is_known;
}

/* ---- all of a call's ---- */

/* "{flags=O_RDONLY|O_CLOEXEC, mode=0600}": what the table takes from behind the pointer. */
static bool find_member(const struct slice *slices, unsigned count, const struct argument *argument,
			struct slice *found)
{
	struct slice members[SLICES], given;

	if (argument->index >= count)
		return false;
	given = slices[argument->index];
	if (given.length < 2 || given.text[0] != '{')
		return false;
	count = split(given.text + 1, given.text + given.length, SLICES, members);
	return find_label(members, count, argument->label, found);
}

static bool find_argument(const struct syscall_arguments *table, unsigned i,
			  const struct slice *slices, unsigned count, struct slice *found)
{
	const struct argument *argument = &table->argument[i];

	if (argument->pointee_offset >= 0)
		return find_member(slices, count, argument, found);
	/* clone's are named, since their order hangs on the architecture. */
	if (strcmp(table->name, "clone") == 0)
		return find_label(slices, count, "flags", found);
	if (argument->index >= count)
		return false;
	*found = slices[argument->index];
	take_label(found, "flags");
	return true;
}

/* clone's stand in an order of strace's own. */
static unsigned arguments_needed(const struct syscall_arguments *table)
{
	unsigned last = 0;

	for (unsigned i = 0; i < table->count; i++)
		if (table->argument[i].index > last)
			last = table->argument[i].index;
	return strcmp(table->name, "clone") == 0 ? SLICES : last + 1;
}

bool strace_arguments(struct strace_word words[STRACE_WORDS], enum abi abi,
		      const struct syscall_arguments *table, const char *open, const char *end,
		      uint64_t values[ARGUMENTS_MAX])
{
	struct slice slices[SLICES];
	unsigned count = split(open, end, arguments_needed(table), slices);

	for (unsigned i = 0; i < table->count; i++) {
		uint64_t needed = syscall_argument_needs(table, i), value;
		struct slice found;

		values[i] = 0;
		if (needed && !(values[i - 1] & needed))
			continue;
		if (!find_argument(table, i, slices, count, &found) ||
		    !value_of(words, abi, table->argument[i].kind, found, &value))
			return false;
		values[i] = value & table->argument[i].mask;
	}
	return true;
}
