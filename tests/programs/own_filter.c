// SPDX-License-Identifier: LGPL-2.1-or-later
/* Puts a filter of libseccomp's on itself that refuses getppid, and says what became of that; with an
 * argument it asks for a listener of its own instead. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int ask_for_listener(void)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = { 1, &allow };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		    &program) >= 0)
		puts("a listener");
	else
		printf("no listener: %s\n", strerror(errno));
	return 0;
}

int main(int argc, char *argv[])
{
	scmp_filter_ctx filter;

	(void)argv;
	if (argc > 1)
		return ask_for_listener();
	filter = seccomp_init(SCMP_ACT_ALLOW);
	if (!filter || seccomp_rule_add(filter, SCMP_ACT_ERRNO(EXDEV), SCMP_SYS(getppid), 0) < 0 ||
	    seccomp_load(filter) < 0)
		return 1;
	if (syscall(SYS_getppid) < 0)
		printf("refused: %s\n", strerror(errno));
	seccomp_release(filter);
	return 0;
}
