// SPDX-License-Identifier: LGPL-2.1-or-later
/* Attaches the programs of a BPF object until it is killed; says "ready" when they are. */
#include <bpf/libbpf.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
	struct bpf_object *object = argc == 2 ? bpf_object__open(argv[1]) : NULL;
	struct bpf_program *program;

	if (!object || bpf_object__load(object) < 0)
		return 1;
	bpf_object__for_each_program(program, object) if (!bpf_program__attach(program)) return 1;
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}
