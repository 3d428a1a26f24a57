# SPDX-License-Identifier: LGPL-2.1-or-later
# test/system, without what sets the clock or puts a filter of chronyd's own on.
port=11123 stop=TERM source=chrony
processes=(chronyd)
command=(chronyd -d -x -F 0 -f "$run/chrony.conf")

# What listens is asked by TCP: the port of the NTS key exchange.
prepare()
{
	chmod 755 .
	openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost
	chown _chrony: key.pem
	cat >chrony.conf <<-END
		local stratum 10
		allow
		user _chrony
		port 11124
		bindaddress 127.0.0.1
		cmdport 0
		bindcmdaddress $run/control/chronyd.sock
		pidfile $run/pid
		driftfile $run/drift
		ntsserverkey $run/key.pem
		ntsservercert $run/cert.pem
		ntsport 11123
		server 127.0.0.1 port 11124 iburst
	END
	install -d -m 770 -o _chrony -g _chrony control
}

ask() { chronyc -h "$run/control/chronyd.sock" "$@"; }

short()
{
	ask tracking
	ask sources
	ask -a 'makestep'
	ask reload sources
}

prepare_suite()
{
	mkdir bin
	wrap bin/chronyd /usr/sbin/chronyd
	ln -s /usr/bin/chronyc bin/chronyc
}

run_suite()
{
	local name

	cd test/system || return
	for name in ${UNITS:-0[0-9][0-9]-*}; do
		[[ $name != *scfilter ]] || continue
		# They skip by 9.
		TEST_DIR=/var/lib/chrony-suite CHRONY_PATH=$suite_tree/bin ended "$name" \
			bash -c '"./$1"; status=$?; exit $((status == 9 ? 77 : status))' bash "$name"
	done
}
