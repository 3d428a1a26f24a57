// SPDX-License-Identifier: LGPL-2.1-or-later
#include "reach/object/name_services.h"

#include "common/cleanup.h"

#include <ctype.h>
#include <string.h>

/* glibc's nss/databases.def and nss/function.def, and the callers of nss_database_get for each. */
static const struct database {
	const char *name; /* in the file */
	const char *functions[16]; /* of the C library; NULL-terminated */
	const char *module_functions[8]; /* how those of a module begin, behind "_nss_MODULE_" */
} table[] = {
	{ "passwd",
	  { "getpwnam", "getpwnam_r", "getpwuid", "getpwuid_r", "getpwent", "getpwent_r",
	    "setpwent", "endpwent" },
	  { "getpw", "setpwent", "endpwent" } },
	{ "group",
	  { "getgrnam", "getgrnam_r", "getgrgid", "getgrgid_r", "getgrent", "getgrent_r",
	    "setgrent", "endgrent", "initgroups", "getgrouplist" },
	  { "getgr", "setgrent", "endgrent", "initgroups" } },
	{ "shadow",
	  { "getspnam", "getspnam_r", "getspent", "getspent_r", "setspent", "endspent" },
	  { "getsp", "setspent", "endspent" } },
	{ "gshadow",
	  { "getsgnam", "getsgnam_r", "getsgent", "getsgent_r", "setsgent", "endsgent" },
	  { "getsg", "setsgent", "endsgent" } },
	{ "hosts",
	  { "getaddrinfo", "getnameinfo", "gethostbyname", "gethostbyname_r", "gethostbyname2",
	    "gethostbyname2_r", "gethostbyaddr", "gethostbyaddr_r", "gethostent", "gethostent_r",
	    "sethostent", "endhostent" },
	  { "gethostby", "gethostent", "sethostent", "endhostent", "getcanonname" } },
	{ "networks",
	  { "getnetbyname", "getnetbyname_r", "getnetbyaddr", "getnetbyaddr_r", "getnetent",
	    "getnetent_r", "setnetent", "endnetent" },
	  { "getnetby", "getnetent", "setnetent", "endnetent" } },
	{ "protocols",
	  { "getprotobyname", "getprotobyname_r", "getprotobynumber", "getprotobynumber_r",
	    "getprotoent", "getprotoent_r", "setprotoent", "endprotoent" },
	  { "getproto", "setprotoent", "endprotoent" } },
	{ "services",
	  { "getservbyname", "getservbyname_r", "getservbyport", "getservbyport_r", "getservent",
	    "getservent_r", "setservent", "endservent" },
	  { "getserv", "setservent", "endservent" } },
	{ "rpc",
	  { "getrpcbyname", "getrpcbyname_r", "getrpcbynumber", "getrpcbynumber_r", "getrpcent",
	    "getrpcent_r", "setrpcent", "endrpcent" },
	  { "getrpc", "setrpcent", "endrpcent" } },
	{ "ethers",
	  { "ether_hostton", "ether_ntohost" },
	  { "gethostton", "getntohost", "getetherent", "setetherent", "endetherent" } },
	{ "netgroup",
	  { "setnetgrent", "endnetgrent", "getnetgrent", "getnetgrent_r", "innetgr" },
	  { "setnetgrent", "endnetgrent", "getnetgrent" } },
	{ "aliases",
	  { "getaliasbyname", "getaliasbyname_r", "getaliasent", "getaliasent_r", "setaliasent",
	    "endaliasent" },
	  { "getalias", "setaliasent", "endaliasent" } },
	{ "publickey",
	  { "getpublickey", "getsecretkey", "netname2user" },
	  { "getpublickey", "getsecretkey", "netname2user" } },
};
_Static_assert(ARRAY_SIZE(table) <= DATABASES_MAX, "a bit for each");

uint32_t name_services_asked(const char *function)
{
	uint32_t asked = 0;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		for (size_t k = 0; k < ARRAY_SIZE(table[i].functions) && table[i].functions[k]; k++)
			if (strcmp(table[i].functions[k], function) == 0)
				asked |= UINT32_C(1) << i;
	return asked;
}

uint32_t name_services_served(const char *module_function)
{
	static const char start[] = "_nss_";
	const char *name;
	uint32_t served = 0;

	if (strncmp(module_function, start, strlen(start)) != 0)
		return 0;
	name = strchr(module_function + strlen(start), '_');
	if (!name)
		return 0;
	name++;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		for (size_t k = 0; k < ARRAY_SIZE(table[i].module_functions); k++) {
			const char *begin = table[i].module_functions[k];

			if (begin && strncmp(name, begin, strlen(begin)) == 0)
				served |= UINT32_C(1) << i;
		}
	return served;
}

static uint32_t find_database(const char *name, size_t length)
{
	/* glibc asks the modules of `group` where there is no line for it. */
	if (length == strlen("initgroups") && strncmp(name, "initgroups", length) == 0)
		return find_database("group", strlen("group"));
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (strlen(table[i].name) == length && strncmp(table[i].name, name, length) == 0)
			return UINT32_C(1) << i;
	return 0;
}

static void add_module(struct name_services *services, const char *name, size_t length,
		       uint32_t databases)
{
	struct name_service *service;

	if (length == 0 || length >= NAME_SERVICE_NAME || memchr(name, '/', length))
		return;
	for (size_t i = 0; i < services->count; i++)
		if (strlen(services->items[i].name) == length &&
		    memcmp(services->items[i].name, name, length) == 0) {
			services->items[i].databases |= databases;
			return;
		}
	if (services->count == NAME_SERVICES_MAX)
		return;
	service = &services->items[services->count++];
	memcpy(service->name, name, length);
	service->name[length] = '\0';
	service->databases = databases;
}

/* "files [NOTFOUND = return] dns": between brackets stand no modules. */
static void parse_modules(struct name_services *services, const char *at, const char *end,
			  uint32_t databases)
{
	while (at < end) {
		const char *start = at;

		if (*at == '[') {
			while (at < end && *at != ']')
				at++;
			at += at < end;
			continue;
		}
		while (at < end && !isspace((unsigned char)*at) && *at != '[')
			at++;
		add_module(services, start, (size_t)(at - start), databases);
		while (at < end && isspace((unsigned char)*at))
			at++;
	}
}

void name_services_parse(const char *text, size_t size, struct name_services *services)
{
	const char *end = text + size;

	services->count = 0;
	for (const char *line = text; line < end;) {
		const char *next = memchr(line, '\n', (size_t)(end - line)), *stop, *colon;
		uint32_t databases;

		next = next ? next : end;
		stop = memchr(line, '#', (size_t)(next - line));
		stop = stop ? stop : next;
		while (line < stop && isspace((unsigned char)*line))
			line++;
		colon = memchr(line, ':', (size_t)(stop - line));
		if (colon) {
			const char *name_end = colon;

			while (name_end > line && isspace((unsigned char)name_end[-1]))
				name_end--;
			databases = find_database(line, (size_t)(name_end - line));
			for (colon++; colon < stop && isspace((unsigned char)*colon);)
				colon++;
			if (databases)
				parse_modules(services, colon, stop, databases);
		}
		line = next + 1;
	}
}
