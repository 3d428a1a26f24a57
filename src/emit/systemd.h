/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shared by the drop-in's text (systemd.c) and its meaning (systemd_meaning.c): the target's
 * systemd, the value of SystemCallFilter=, and the directives that recorded arguments permit. Read
 * in systemd's src/shared/seccomp-util.c and src/core/exec-invoke.c, 247 to 257, and compared with
 * the filters that 252 and 257 install.
 */
#ifndef WHITTLE_EMIT_SYSTEMD_H
#define WHITTLE_EMIT_SYSTEMD_H

#include "emit/emit.h"
#include "systemd/settings.h"

/* Versions that differ in the filters they install. */
#define SYSTEMD_CALL_LOG 247 /* SystemCallLog= */
#define SYSTEMD_ERRNO_IN_LIST \
	249 /* `~name:errno` after an allowlist takes effect (systemd#18916) */
#define SYSTEMD_FAMILIES_NONE 249 /* RestrictAddressFamilies=none */
#define SYSTEMD_PRCTL_MDWE    254 /* MemoryDenyWriteExecute= by PR_SET_MDWE where there is one */
/* Calls outside @known get ENOSYS, whatever SystemCallErrorNumber= says (systemd#30291). From then
 * on `~name:ENOSYS` makes the unit fail to start (status 228/SECCOMP): libseccomp refuses a rule
 * whose action is the filter's default. */
#define SYSTEMD_ENOSYS_UNKNOWN 255
#define SYSTEMD_WRITE_IMPLIED  256 /* handoff_timestamp_fd: write() is in every allowlist */
/* ABIs that SystemCallArchitectures= shuts out get no allowlist. */
#define SYSTEMD_SHUT_WITHOUT_LIST 248
#define SYSTEMD_CLONE3_ENOSYS	  251 /* RestrictNamespaces= denies clone3 (systemd#23126) */
#define SYSTEMD_OPENAT2_ENOSYS \
	252 /* RestrictSUIDSGID= denies openat2 with ENOSYS, before with EPERM */

struct systemd_target {
	unsigned version;
	unsigned local_version; /* this machine's; 0: it has none */
	bool is_local; /* this machine's: its libseccomp decides which names are known */
	bool has_mdwe; /* the kernel has PR_SET_MDWE */
	/* The policy's default logs: nothing is denied, and unlisted calls are logged, which is
	 * SystemCallLog=~. It has no implied names and no errors, and applies to every ABI. */
	bool is_trial;
	bool is_tight; /* the policy's level is `observed` */
	unsigned release; /* from emit_options */
	enum abi native;
};

void systemd_target_find(const struct policy *policy, const struct emit_options *options,
			 struct systemd_target *target);

/* The version that systemd_target_find() finds. */
unsigned systemd_target_version(const struct policy *policy, const struct emit_options *options);

/* Whether the target's systemd knows the name; else warns and drops it. */
bool systemd_knows(const struct systemd_target *target, const char *name);

/* The number that the target's libseccomp assigns to the name on an ABI, or -ENOENT. */
int systemd_number(const struct systemd_target *target, enum abi abi, const char *name);

/* ---- directives from recorded arguments (systemd_restrict.c) ---- */

enum systemd_directive {
	RESTRICT_ADDRESS_FAMILIES,
	MEMORY_DENY_WRITE_EXECUTE,
	RESTRICT_NAMESPACES,
	LOCK_PERSONALITY,
	RESTRICT_REALTIME,
	RESTRICT_SUID_SGID,
	SYSTEMD_DIRECTIVES,
};

#define FAMILIES_MAX 64

struct systemd_restrictions {
	bool is_set[SYSTEMD_DIRECTIVES];
	char why_not[SYSTEMD_DIRECTIVES][128]; /* a sentence where it is not set */
	unsigned families[FAMILIES_MAX]; /* ascending */
	size_t families_count; /* 0: none */
	uint64_t namespaces; /* CLONE_NEW* flags that stay allowed */
};

const char *systemd_directive_name(enum systemd_directive directive);

/* Whether a socket of the family was observed. */
bool systemd_family_is_seen(const struct policy *policy, unsigned family);

void systemd_restrict(const struct policy *policy, const struct systemd_target *target,
		      struct systemd_restrictions *restrictions);

/* "AF_INET AF_UNIX", "yes", "net mnt": into BUFFER, which is returned. */
const char *systemd_directive_value(const struct systemd_restrictions *restrictions,
				    enum systemd_directive directive, char *buffer, size_t size);

/* Whether the target's version has a release as old as target->release. */
bool systemd_has_release(const struct systemd_target *target);

/* Adds to POLICY the calls that directives deny although SystemCallFilter= allows them, before the
 * rule that allows the call (which is added too). -ENOMEM. */
int systemd_add_restricted(struct policy *policy, const struct systemd_target *target,
			   const struct systemd_restrictions *restrictions, enum abi abi,
			   const char *name, int nr);

/* ---- the list (systemd_list.c) ---- */

struct systemd_entry {
	const char *name;
	const struct rule *rule; /* of the native ABI where it has one */
	uint32_t action; /* SECCOMP_RET_ALLOW or an errno of its own */
	bool is_implied; /* systemd allows it in every allowlist, and that is its only reason */
	bool is_trick; /* allowed so that a directive denies it with ENOSYS */
	bool is_within; /* denied because the unit's own settings deny it */
	bool is_removed; /* denied with the action that systemd gives to a call that is not listed */
};

struct systemd_list {
	struct systemd_entry *entries; /* sorted by name */
	size_t count;
	uint32_t fallback; /* the action for known calls that are not listed */
	char *notes; /* sentences for comments of the drop-in, each ends with "\n"; NULL none */
};

void systemd_list_free(struct systemd_list *list);

/* Leaves out what systemd cannot express, with warnings. */
int systemd_list_make(const struct policy *policy, const struct systemd_target *target,
		      const struct systemd_restrictions *restrictions,
		      const struct emit_options *options, struct systemd_list *list,
		      struct error *err);

/* NULL if the list lacks it. */
const struct systemd_entry *systemd_list_find(const struct systemd_list *list, const char *name);

/* Whether a filter of the target that has an allowlist knows the call: the others get ENOSYS from
 * SYSTEMD_ENOSYS_UNKNOWN on. */
bool systemd_filters_name(const struct systemd_target *target, const char *name);

/* Whether systemd allows the call in every allowlist. */
bool systemd_implies(const struct systemd_target *target, const char *name);

/* ---- within a unit's own settings (systemd_within.c) ---- */

/* The action that systemd's filter of these settings has for a call: SECCOMP_RET_ALLOW also if they have no
 * filter. */
uint32_t systemd_settings_action(const struct unit_settings *settings,
				 const struct systemd_target *target, const char *name);

/* The action of SystemCallErrorNumber=. */
uint32_t systemd_settings_fallback(const struct unit_settings *settings);

/* Whether SETTINGS allow more than LIMIT on one of the ABIs that systemd of this machine filters; then
 * WHAT says what: "ptrace", "RestrictRealtime=". */
bool systemd_settings_exceed(const struct unit_settings *settings,
			     const struct unit_settings *limit, const struct systemd_target *target,
			     char *what, size_t size);

/* A copy of POLICY without the ABIs that options->within excludes. -EOPNOTSUPP: it excludes the native
 * one. */
int systemd_within_abis(const struct policy *policy, const struct emit_options *options,
			struct policy **result, struct error *err);

/* Removes the address families and the kinds of namespaces that options->within denies. */
void systemd_within_restrict(const struct policy *policy, const struct systemd_target *target,
			     const struct emit_options *options,
			     struct systemd_restrictions *restrictions);

/* Denies the calls that options->within denies, each with the action that it has there, and chooses the
 * fallback for which the fewest calls need an entry of their own. */
int systemd_within_list(const struct policy *policy, const struct systemd_target *target,
			const struct emit_options *options, struct systemd_list *list,
			struct error *err);

/* systemd_meaning.c */
int systemd_meaning(const struct policy *policy, const struct emit_options *options,
		    struct policy **meaning, struct error *err);

#endif
