/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What record.bpf.c and user space share: plain types, sizes in fixed widths. */
#ifndef WHITTLE_BPF_RECORD_H
#define WHITTLE_BPF_RECORD_H

#define RECORD_NATIVE_CALLS 512 /* numbers of the native ABI that are counted without a hash */

#endif
