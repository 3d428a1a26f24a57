# SPDX-License-Identifier: LGPL-2.1-or-later
# The tests of testdata that start unbound; the tools that ask it are built from the source.
port=5354 stop=TERM source=unbound
processes=(unbound)
command=(unbound -d -c "$run/unbound.conf")

prepare()
{
	cat >unbound.conf <<-END
		server:
		  interface: 127.0.0.1@5354
		  username: unbound
		  chroot: ""
		  pidfile: "$run/pid"
		  local-zone: "example." static
		  local-data: "www.example. A 127.0.0.1"
		  do-not-query-localhost: no
		remote-control:
		  control-enable: yes
		  control-interface: $run/control
		  control-use-cert: no
		forward-zone:
		  name: "."
		  forward-addr: 127.0.0.1@1
	END
}

seek() { dig +tries=1 +time=1 -p 5354 @127.0.0.1 +short "$@"; }

short()
{
	seek www.example
	seek other.test
	seek +tcp www.example
	unbound-control -c "$run/unbound.conf" reload
	await 5354
	seek www.example
}

prepare_suite()
{
	local name

	if [[ ! -e $work/tools ]]; then
		./configure --enable-subnet --with-libevent --with-libnghttp2 --disable-shared || return
		make -j2 streamtcp petal delayer unbound-host || return
		cp -a . "$work/tools"
	fi
	cp -a "$work/tools/." .
	for name in unbound-checkconf unbound-control unbound-anchor; do
		ln -sf "/usr/sbin/$name" .
	done
	wrap unbound /usr/sbin/unbound
}

run_suite()
{
	local name

	cd testdata || return
	for name in ${UNITS:-[a-z]*.tdir}; do
		name=${name%.tdir}
		case $name in
		clang* | dnscrypt* | dnstap* | nss_compile | py* | hostsfileosx | ipset | dynlibmod | speed*) continue ;;
		esac
		bash ../testcode/mini_tdir.sh -a ../.. exe "$name.tdir" >>"$work/suite.log" 2>&1 </dev/null
		if [[ -e .done-$name ]]; then
			echo "ok $name"
		elif [[ ! -e .skip-$name ]]; then
			echo "not ok $name"
		fi >>"$results"
	done
}
