/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The name service switch of glibc (nsswitch.conf(5)): to look up a database, as getpwnam(3) does, the C
 * library loads a module by a name that it makes at run time, libnss_systemd.so.2, and calls
 * _nss_systemd_getpwnam_r in it. A table has the database that each function looks up; the file has the
 * modules that serve it.
 */
#ifndef WHITTLE_REACH_OBJECT_NAME_SERVICES_H
#define WHITTLE_REACH_OBJECT_NAME_SERVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DATABASES_MAX 16

/* The databases that the function looks up, a bit each; 0: it looks up none. */
uint32_t name_services_asked(const char *function);

/* The databases that a module's function of this name serves. */
uint32_t name_services_served(const char *module_function);

#define NAME_SERVICES_MAX 64
#define NAME_SERVICE_NAME 32 /* with its end */

struct name_services {
	struct name_service {
		char name[NAME_SERVICE_NAME]; /* "systemd" */
		uint32_t databases; /* a bit each */
	} items[NAME_SERVICES_MAX];
	size_t count;
};

/* Reads the text of an nsswitch.conf. Text in another format, and more modules than fit, are left out. */
void name_services_parse(const char *text, size_t size, struct name_services *services);

#endif
