# SPDX-License-Identifier: LGPL-2.1-or-later
port=11211 stop=TERM source=memcached
command=(memcached -u memcache -l 127.0.0.1 -p 11211)
processes=(memcached)

prepare() { :; }

short()
{
	local connection

	exec {connection}<>/dev/tcp/127.0.0.1/11211
	printf 'set a 0 0 1\r\nb\r\nget a\r\nstats\r\nquit\r\n' >&"$connection"
	timeout 2 cat <&"$connection"
	exec {connection}<&-
}

prepare_suite()
{
	# An option of a build that filters itself.
	sed -i '/relaxed_privileges/d' t/lib/MemcachedTest.pm
	gcc -w -o timedrun timedrun.c
	wrap memcached-debug /usr/bin/memcached
	ln -s memcached-debug memcached
}

run_suite()
{
	# shellcheck disable=SC2086
	prove_files ${UNITS:-t/*.t}
}
