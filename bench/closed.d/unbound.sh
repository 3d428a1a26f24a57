# SPDX-License-Identifier: LGPL-2.1-or-later
packages='unbound dnsutils'
port=5354 stop=TERM
command=(unbound -d -c "$run/unbound.conf")

prepare()
{
	cat >unbound.conf <<-END
		server:
		  interface: 127.0.0.1@5354
		  username: unbound
		  chroot: ""
		  pidfile: "$run/data.pid"
		  local-zone: "example." static
		  local-data: "www.example. A 127.0.0.1"
		  do-not-query-localhost: no
		  logfile: "$run/log"
		remote-control:
		  control-enable: yes
		  control-interface: $run/control
		  control-use-cert: no
		forward-zone:
		  name: "."
		  forward-addr: 127.0.0.1@1
	END
}

prepare_wide()
{
	prepare
	make_certificate
	sed -i "s|^server:|server:\n  num-threads: 2\n  so-reuseport: yes\n  verbosity: 3\n  log-queries: yes\n  interface: 127.0.0.1@5853\n  tls-port: 5853\n  tls-service-key: $run/key.pem\n  tls-service-pem: $run/cert.pem\n  interface: ::1@5354\n  outgoing-range: 64\n  so-rcvbuf: 1m\n  prefetch: yes\n  serve-expired: yes\n  ip-ratelimit: 1000|" unbound.conf
}

seek() { dig +tries=1 +time=1 -p 5354 @127.0.0.1 +short "$@"; }

short() { seek www.example; signal HUP; await 5354; seek www.example; }

wide()
{
	local word

	step seek www.example AAAA
	step seek www.example
	step seek +tcp www.example
	step seek other.test
	step seek +dnssec other.test
	step_quiet seek version.bind CH TXT
	timeout 10 openssl s_client -connect 127.0.0.1:5853 </dev/null
	for word in status stats 'local_data a.example. A 1.2.3.4' 'flush www.example' dump_cache dump_requestlist \
		'verbosity 1' 'set_option verbosity: 2' list_forwards log_reopen reload; do
		# shellcheck disable=SC2086
		step_quiet unbound-control -c unbound.conf $word
	done
	await 5354
	for _ in {1..40}; do
		seek other$RANDOM.test &
	done
	pause 1.2
	signal HUP
	await 5354
	step seek +tcp www.example
}
