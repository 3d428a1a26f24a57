/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each file of this folder that writes a format defines one of these, or several; emit.c lists them. */
#ifndef WHITTLE_EMIT_FORMATS_H
#define WHITTLE_EMIT_FORMATS_H

#include "emit/emit.h"

extern const struct emitter emit_bpf;
extern const struct emitter emit_bpf_c;
extern const struct emitter emit_docker;
extern const struct emitter emit_firecracker;
extern const struct emitter emit_firejail;
extern const struct emitter emit_kafel;
extern const struct emitter emit_kubernetes;
extern const struct emitter emit_kubernetes_pod;
extern const struct emitter emit_libseccomp_c;
extern const struct emitter emit_list;
extern const struct emitter emit_lxc;
extern const struct emitter emit_minijail;
extern const struct emitter emit_minijail_frequency;
extern const struct emitter emit_nspawn;
extern const struct emitter emit_oci;
extern const struct emitter emit_seccomp_profile;
extern const struct emitter emit_systemd;

#endif
