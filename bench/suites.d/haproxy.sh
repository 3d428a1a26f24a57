# SPDX-License-Identifier: LGPL-2.1-or-later
# reg-tests, by varnishtest, of which HAProxy's own vtest is a later copy.
# The short use and its configuration are those of bench/closed, with a server behind it.
. /source/bench/closed.d/haproxy.sh
source=haproxy
processes=(haproxy)

short()
{
	echo page >www/up
	python3 -m http.server --bind 127.0.0.1 --directory www 8081 >/dev/null 2>&1 &
	await 8081
	fetch /up
	fetch /none
	signal USR2
	await 8080
	fetch /up
	kill %?http.server
}

prepare_suite()
{
	wrap haproxy /usr/sbin/haproxy
	mkdir "$suite_tree/tmp"
}

run_suite()
{
	local name

	for name in ${UNITS:-reg-tests/*/*.vtc}; do
		# What is slow or broken by its makers' own word.
		grep -q '^#REGTEST_TYPE=\(slow\|broken\|devel\)' "$name" && continue
		TMPDIR=$suite_tree/tmp HAPROXY_PROGRAM=$suite_tree/haproxy ended "$name" varnishtest -q -t 30 "$name"
	done
}
