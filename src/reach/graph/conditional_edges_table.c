// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Rows for glibc, from its source. A row states: without one of these calls, the branch's condition
 * (a flag in an object that only the library fills, an argument) cannot be true.
 */
#include "reach/graph/conditional_edges_table.h"

#include "common/cleanup.h"

#include <fcntl.h>
#include <glob.h>
#include <pthread.h>
#include <spawn.h>
#include <unistd.h>

/* Whatever the arguments; where all tests hold for the arguments of one call; from another object. */
#define CALLED(name)             \
	{                        \
		.symbol = (name) \
	}
#define PASSED(name, ...)                                  \
	{                                                  \
		.symbol = (name), .tests = { __VA_ARGS__ } \
	}
#define FROM_OUTSIDE(name)                             \
	{                                              \
		.symbol = (name), .from_outside = true \
	}
/* Arguments count from 1. */
#define HAS_BITS(number, bits)                        \
	{                                             \
		.argument = (number), .value = (bits) \
	}
#define IS(number, what)                                                \
	{                                                               \
		.argument = (number), .value = (what), .is_whole = true \
	}

/* nptl/tpp.c: __init_sched_fifo_prio, __pthread_tpp_change_priority and __pthread_current_priority are
 * for mutexes of PTHREAD_PRIO_PROTECT, and for who asks for the ceiling of any. */
static const struct branch_row mutex_branches[] = {
	{ .calls = { "sched_getparam", "sched_getscheduler", "sched_setscheduler",
		     "sched_get_priority_max", "sched_get_priority_min" },
	  .keys = { PASSED("pthread_mutexattr_setprotocol", HAS_BITS(2, PTHREAD_PRIO_PROTECT)),
		    CALLED("pthread_mutexattr_setprioceiling"),
		    CALLED("pthread_mutexattr_getprioceiling"),
		    CALLED("pthread_mutex_setprioceiling") } },
	{ .calls = { NULL } },
};

/* nptl/pthread_create.c: a thread gets a scheduler of its own where its attributes say that it does not
 * inherit one, and processors of its own where they name some. The attributes are opaque. */
static const struct branch_row thread_branches[] = {
	{ .calls = { "sched_getparam", "sched_getscheduler", "sched_setscheduler" },
	  .keys = { PASSED("pthread_attr_setinheritsched", IS(2, PTHREAD_EXPLICIT_SCHED)) } },
	{ .calls = { "sched_setaffinity" },
	  .keys = { FROM_OUTSIDE("pthread_attr_setaffinity_np"), CALLED("pthread_getattr_np") } },
	{ .calls = { NULL } },
};

/* sunrpc/svc.c: what a thread that ends takes back is what it had registered. */
static const struct branch_row rpc_branches[] = {
	{ .targets = { "svc_unregister" }, .keys = { CALLED("svc_register") } },
	{ .calls = { NULL } },
};

/* sysdeps/nptl/libc_start_call_main.h: the first thread comes there only by leaving main on its own. */
static const struct branch_row main_branches[] = {
	{ .calls = { "exit" },
	  .keys = { CALLED("pthread_exit"), CALLED("pthread_cancel"), CALLED("thrd_exit") } },
	{ .calls = { NULL } },
};

/* libio/genops.c: _IO_unbuffer_all waits where a stream is locked, by another thread then: its own locks
 * a thread gets again. It yields twice at most, and goes on whatever the answer is. */
static const struct branch_row stream_branches[] = {
	{ .is_vain = true,
	  .calls = { "sched_yield" },
	  .keys = { CALLED("pthread_create"), FROM_OUTSIDE("clone") } },
	{ .calls = { NULL } },
};

/* sysdeps/unix/sysv/linux/spawni.c: __spawni_child does what the attributes' flags and the file actions
 * say; both are opaque, and filled by these functions alone. */
static const struct branch_row spawn_branches[] = {
	{ .calls = { "setsid" },
	  .keys = { PASSED("posix_spawnattr_setflags", HAS_BITS(2, POSIX_SPAWN_SETSID)) } },
	{ .calls = { "setpgid" },
	  .keys = { PASSED("posix_spawnattr_setflags", HAS_BITS(2, POSIX_SPAWN_SETPGROUP)) } },
	{ .calls = { "setresuid", "setresgid", "getuid", "getgid" },
	  .keys = { PASSED("posix_spawnattr_setflags", HAS_BITS(2, POSIX_SPAWN_RESETIDS)) } },
	{ .calls = { "sched_setparam" },
	  .keys = { PASSED("posix_spawnattr_setflags", HAS_BITS(2, POSIX_SPAWN_SETSCHEDPARAM)) } },
	{ .calls = { "sched_setscheduler" },
	  .keys = { PASSED("posix_spawnattr_setflags", HAS_BITS(2, POSIX_SPAWN_SETSCHEDULER)) } },
	{ .calls = { "dup2" },
	  .keys = { CALLED("posix_spawn_file_actions_adddup2"),
		    CALLED("posix_spawn_file_actions_addopen") } },
	{ .calls = { "chdir" },
	  .keys = { CALLED("posix_spawn_file_actions_addchdir_np"),
		    CALLED("posix_spawn_file_actions_addchdir") } },
	{ .calls = { "fchdir" },
	  .keys = { CALLED("posix_spawn_file_actions_addfchdir_np"),
		    CALLED("posix_spawn_file_actions_addfchdir") } },
	{ .calls = { "close_range" },
	  .keys = { CALLED("posix_spawn_file_actions_addclosefrom_np") } },
	{ .calls = { "getpgrp", "getpgid" },
	  .keys = { CALLED("posix_spawn_file_actions_addtcsetpgrp_np") } },
	{ .calls = { NULL } },
};

/* nss/nss_module.c: the resolver is a module for the databases of hosts and networks. */
static const struct branch_row resolver_branches[] = {
	{ .targets = { "_nss_dns_" },
	  .keys = { CALLED("getaddrinfo"), CALLED("getnameinfo"), CALLED("gethostbyname"),
		    CALLED("gethostbyname2"), CALLED("gethostbyname_r"), CALLED("gethostbyname2_r"),
		    CALLED("gethostbyaddr"), CALLED("gethostbyaddr_r"), CALLED("gethostent"),
		    CALLED("gethostent_r"), CALLED("getnetbyname"), CALLED("getnetbyname_r"),
		    CALLED("getnetbyaddr"), CALLED("getnetbyaddr_r"), CALLED("getnetent"),
		    CALLED("getnetent_r"), FROM_OUTSIDE("__nss_lookup_function"),
		    FROM_OUTSIDE("__nss_database_lookup"), FROM_OUTSIDE("__nss_hosts_lookup2") } },
	{ .calls = { NULL } },
};

/*
 * sysdeps/unix/sysv/linux/faccessat.c: where the kernel is too old for faccessat2, the library compares
 * owners itself: only for a mode (F_OK has no bits), and for flags that faccessat can't do. Those of
 * the effective user are asked for by AT_EACCESS alone.
 */
static const struct branch_row access_branches[] = {
	{ .calls = { "getuid", "getgid" },
	  .keys = { PASSED("faccessat", HAS_BITS(3, R_OK | W_OK | X_OK),
			   HAS_BITS(4, AT_SYMLINK_NOFOLLOW)) } },
	{ .calls = { "geteuid", "getegid" },
	  .keys = { PASSED("faccessat", HAS_BITS(3, R_OK | W_OK | X_OK),
			   HAS_BITS(4, AT_EACCESS)) } },
	{ .targets = { "group_member" },
	  .keys = { PASSED("faccessat", HAS_BITS(3, R_OK | W_OK | X_OK),
			   HAS_BITS(4, AT_SYMLINK_NOFOLLOW | AT_EACCESS)) } },
	{ .calls = { NULL } },
};

/* posix/glob.c: home directories are for a pattern that may begin with "~". Where glob calls itself, it
 * passes of these flags at most what it was given. */
static const struct branch_row glob_branches[] = {
	{ .targets = { "getlogin_r", "getpwnam_r" },
	  .keys = { PASSED("glob", HAS_BITS(2, GLOB_TILDE | GLOB_TILDE_CHECK)) } },
	{ .calls = { NULL } },
};

/* sysdeps/posix/sysconf.c */
static const struct branch_row sysconf_branches[] = {
	{ .targets = { "get_phys_pages" }, .keys = { PASSED("sysconf", IS(1, _SC_PHYS_PAGES)) } },
	{ .targets = { "get_avphys_pages" },
	  .keys = { PASSED("sysconf", IS(1, _SC_AVPHYS_PAGES)) } },
	{ .calls = { NULL } },
};

/* sysdeps/posix/tempname.c: __gen_tempname takes from a table what makes the file, the directory or
 * nothing. */
static const struct branch_row temporary_branches[] = {
	{ .calls = { "mkdir" }, .keys = { CALLED("mkdtemp") } },
	{ .calls = { NULL } },
};

/* intl/dcigettext.c: the working directory is asked for where a domain is bound to a relative path. */
static const struct branch_row translation_branches[] = {
	{ .calls = { "getcwd" }, .targets = { "getcwd" }, .keys = { CALLED("bindtextdomain") } },
	{ .calls = { NULL } },
};

/* resolv/res_send.c: send_vc() asks for the peer of a connection that an earlier query has left open.
 * Connections stay open by RES_STAYOPEN, which only a program sets, in the state that it is handed or
 * hands over. */
static const struct branch_row connection_branches[] = {
	{ .calls = { "getpeername" },
	  .targets = { "getpeername" },
	  .keys = { FROM_OUTSIDE("__res_state"), FROM_OUTSIDE("res_nquery"),
		    FROM_OUTSIDE("res_nsearch"), FROM_OUTSIDE("res_nsend"),
		    FROM_OUTSIDE("res_nquerydomain"), FROM_OUTSIDE("__res_nquery"),
		    FROM_OUTSIDE("__res_nsearch"), FROM_OUTSIDE("__res_nsend"),
		    FROM_OUTSIDE("__res_nquerydomain"), FROM_OUTSIDE("__res_context_send"),
		    FROM_OUTSIDE("__res_context_query") } },
	{ .calls = { NULL } },
};

/* sysdeps/unix/sysv/linux/____longjmp_chk.c: asks whether the target is on the alternate stack, which
 * there is only by sigaltstack. */
static const struct branch_row jump_branches[] = {
	{ .calls = { "sigaltstack" }, .keys = { FROM_OUTSIDE("sigaltstack") } },
	{ .calls = { NULL } },
};

/* sysdeps/unix/sysv/linux/getcwd.c: reads directories where the kernel gives no absolute path: the
 * directory is not below the root, and is not found by reading either, or its path is longer than any
 * that a call takes. */
static const struct branch_row directory_branches[] = {
	{ .is_vain = true, .calls = { "getdents64" }, .targets = { "readdir", "__readdir" } },
	{ .calls = { NULL } },
};

/* elf/dl-object.c: the working directory is asked for where an object is loaded by a relative path.
 * elf/dl-dst.h: the program's own directory, where a name has $ORIGIN in it; that of the program's
 * RPATH is known since the start. The library itself loads by names without a slash. */
static const struct branch_row load_branches[] = {
	{ .calls = { "getcwd", "readlink" },
	  .keys = { FROM_OUTSIDE("dlopen"), FROM_OUTSIDE("dlmopen") } },
	{ .calls = { NULL } },
};

/* iconv/gconv_conf.c: __gconv_get_path() makes what GCONV_PATH has absolute. Without the directory it
 * leaves out what is relative. */
static const struct branch_row converter_branches[] = {
	{ .is_vain = true, .calls = { "getcwd" }, .targets = { "getcwd" } },
	{ .calls = { NULL } },
};

/* sysdeps/unix/sysv/linux/malloc-hugepages.c: __malloc_hugepage_config() is for GLIBC_TUNABLES, and runs
 * when memory is first allocated, before any other code. */
static const struct branch_row huge_page_branches[] = {
	{ .is_vain = true, .calls = { "getdents64" }, .targets = { "getdents64" } },
	{ .calls = { NULL } },
};

/* lib/vdso/gettimeofday.c, arch/x86/entry/vdso/vgetcpu.c: the vDSO answers these, whatever the clock
 * source is. */
static const struct branch_row vdso_branches[] = {
	{ .is_vain = true, .calls = { "time", "getcpu" } },
	{ .calls = { NULL } },
};

/* elf/dl-profile.c: the loader profiles a library where LD_PROFILE names it. As with LD_PRELOAD, that
 * nobody sets such variables is taken for granted: there is no key. */
static const struct branch_row profile_branches[] = {
	{ .calls = { "setitimer" } },
	{ .calls = { NULL } },
};

const struct context_row conditional_edge_contexts[] = {
	{ .library = "pthread_mutexattr_setprotocol",
	  .signature = { "sched_getparam", "sched_getscheduler" },
	  .branches = mutex_branches },
	{ .library = "pthread_mutexattr_setprotocol",
	  .signature = { "sched_get_priority_max", "sched_get_priority_min" },
	  .branches = mutex_branches },
	{ .library = "pthread_attr_setinheritsched",
	  .function = "pthread_create",
	  .branches = thread_branches },
	{ .library = "pthread_attr_setinheritsched",
	  .called_by = "pthread_create",
	  .signature = { "sched_setaffinity", "sched_setscheduler" },
	  .branches = thread_branches },
	{ .library = "svc_register", .refers_to = "svc_unregister", .branches = rpc_branches },
	{ .library = "pthread_exit",
	  .called_by = "__libc_start_main",
	  .signature = { "exit" },
	  .branches = main_branches },
	{ .library = "pthread_create", .refers_to = "sched_yield", .branches = stream_branches },
	{ .library = "posix_spawnattr_setflags",
	  .signature = { "setsid", "setpgid", "sched_setparam", "sched_setscheduler", "chdir",
			 "fchdir" },
	  .branches = spawn_branches },
	{ .library = "getaddrinfo",
	  .refers_to = "_nss_dns_gethostbyname4_r",
	  .branches = resolver_branches },
	{ .library = "_dl_mcount", .signature = { "setitimer" }, .branches = profile_branches },
	{ .library = "faccessat", .function = "faccessat", .branches = access_branches },
	{ .library = "glob", .function = "glob", .branches = glob_branches },
	{ .library = "sysconf", .function = "sysconf", .branches = sysconf_branches },
	{ .library = "dcgettext",
	  .called_by = "dcgettext",
	  .signature = { "getcwd" },
	  .branches = translation_branches },
	{ .library = "__res_context_send",
	  .called_by = "__res_context_send",
	  .signature = { "getpeername" },
	  .branches = connection_branches },
	{ .library = "__res_context_send",
	  .function = "__res_context_send",
	  .branches = connection_branches },
	{ .library = "__longjmp_chk",
	  .called_by = "__longjmp_chk",
	  .signature = { "sigaltstack" },
	  .branches = jump_branches },
	{ .library = "__longjmp_chk", .function = "__longjmp_chk", .branches = jump_branches },
	{ .library = "getcwd", .function = "getcwd", .branches = directory_branches },
	{ .library = "_dl_mcount",
	  .signature = { "getcwd", "getdents64" },
	  .branches = directory_branches },
	{ .library = "_dl_mcount", .signature = { "getcwd" }, .branches = load_branches },
	{ .library = "_dl_mcount", .signature = { "readlink" }, .branches = load_branches },
	{ .library = "iconv_open",
	  .signature = { "getcwd" },
	  .refers_to = "strtok_r",
	  .branches = converter_branches },
	{ .library = "malloc",
	  .signature = { "getdents64", "pread64" },
	  .refers_to = "__pread64_nocancel",
	  .branches = huge_page_branches },
	{ .library = "time", .function = "time", .branches = vdso_branches },
	{ .library = "sched_getcpu", .function = "sched_getcpu", .branches = vdso_branches },
	{ .library = "mkdtemp",
	  .in_table = true,
	  .signature = { "mkdir" },
	  .branches = temporary_branches },
};
const size_t conditional_edge_contexts_count = ARRAY_SIZE(conditional_edge_contexts);
