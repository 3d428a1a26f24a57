/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The name service switch of glibc (nsswitch.conf(5)): for a look-up of a database, getpwnam(3), the C
 * library loads a module by a name that is made up while the program runs, libnss_systemd.so.2, and
 * calls _nss_systemd_getpwnam_r in it. Which database a function looks up is a table, which modules
 * serve it the file says.
 */
#ifndef WHITTLE_REACH_OBJECT_NAME_SERVICES_H
#define WHITTLE_REACH_OBJECT_NAME_SERVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct database {
	const char *name; /* in the file */
	const char *functions[16]; /* of the C library; NULL-terminated */
	const char *module_functions[8]; /* how those of a module begin, behind "_nss_MODULE_" */
};

#define DATABASES_MAX 16
size_t name_service_databases(const struct database **databases);

/* The databases that the function looks up, a bit each; 0: it is no such function. */
uint32_t name_service_asked(const char *function);

/* The databases that a module's function of this name serves. */
uint32_t name_service_served(const char *module_function);

#define NAME_SERVICES_MAX 64
#define NAME_SERVICE_NAME 32 /* with its end */

struct name_services {
	struct name_service {
		char name[NAME_SERVICE_NAME]; /* "systemd" */
		uint32_t databases; /* a bit each */
	} items[NAME_SERVICES_MAX];
	size_t count;
};

/* Reads the text of an nsswitch.conf. What is no such text, or more than there is room for, is left out. */
void name_services_parse(const char *text, size_t size, struct name_services *services);

#endif
