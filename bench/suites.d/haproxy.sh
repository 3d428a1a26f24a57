# SPDX-License-Identifier: LGPL-2.1-or-later
# reg-tests, by varnishtest, of which HAProxy's own vtest is a later copy.
port=8080 stop=TERM source=haproxy
processes=(haproxy)
command=(haproxy -W -f "$run/haproxy.cfg")

prepare()
{
	cat >haproxy.cfg <<-END
		global
		  user www-data
		  stats socket $run/stats level admin
		defaults
		  mode http
		  timeout client 3s
		  timeout server 3s
		  timeout connect 1s
		frontend f
		  bind 127.0.0.1:8080
		  use_backend up if { path_beg /up }
		  default_backend down
		backend up
		  compression algo gzip
		  server s 127.0.0.1:8081
		backend down
		  server d 127.0.0.1:1
	END
	mkdir www
	echo page >www/up
	python3 -m http.server --bind 127.0.0.1 --directory www 8081 >/dev/null 2>&1 &
}

short()
{
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
