# SPDX-License-Identifier: LGPL-2.1-or-later
# Never lets it touch the clock (-x).
packages=chrony
port= stop=TERM
command=(chronyd -d -x -F 1 -f "$run/chrony.conf")

prepare()
{
	chmod 755 .
	mkdir -p keep
	in_root chown _chrony: "$run/keep"
	chmod 770 keep
	printf '%s\n' 'local stratum 5' 'port 11123' 'cmdport 11323' 'bindaddress 127.0.0.1' "bindcmdaddress $run/keep/chronyd.sock" \
		"driftfile $run/keep/drift" "pidfile $run/keep/pid" 'allow 127.0.0.1' >chrony.conf
}

prepare_wide()
{
	prepare
	make_certificate
	openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -addext subjectAltName=DNS:localhost -days 9 -keyout tls.key -out tls.crt
	in_root chown _chrony: "$run/tls.key" "$run/tls.crt"
	echo '1 SHA1 HEX:1dc764e0791b11fa67efc7ecbc4b0d73f68a070c' >keep/keys
	mkdir logs sources
	echo 'server 127.0.0.1 port 12300 iburst minpoll -2 maxpoll 0 presend 1' >sources/a.sources
	in_root chown -R _chrony: "$run/keep" "$run/logs"
	cat >>chrony.conf <<-END
		server localhost port 12300 iburst minpoll -2 maxpoll 0 key 1 xleave
		server localhost nts ntsport 12400 iburst minpoll 0 maxpoll 0
		peer 127.0.0.3 port 12300 minpoll 0
		refclock SHM 0 refid SHM0 poll 0
		refclock SOCK $run/keep/ref.sock refid SOC0 poll 0
		sourcedir $run/sources
		keyfile $run/keep/keys
		dumpdir $run/keep
		ntsdumpdir $run/keep
		ntstrustedcerts $run/tls.crt
		ntsserverkey $run/tls.key
		ntsservercert $run/tls.crt
		ntsport 11400
		logdir $run/logs
		log measurements statistics tracking rtc refclocks tempcomp rawmeasurements
		logbanner 4
		manual
		makestep 1 3
		rtcsync
		hwtimestamp *
		leapsectz right/UTC
		smoothtime 400 0.01
		maxupdateskew 100
		lock_all
		tempcomp /sys/class/thermal/thermal_zone0/temp 1 26000 0 0 0
		clientloglimit 100000
		ratelimit interval 1 burst 2
		ntpsigndsocket $run/keep
		user _chrony
	END
}

ask_chrony() { in_root chronyc -h "$run/keep/chronyd.sock" "$@"; }
is_ready() { ask_chrony tracking >/dev/null 2>&1; }

short() { ask_chrony tracking; ask_chrony sources; ask_ntp; }

# One NTP question, by whom chrony serves.
ask_ntp()
{
	python3 -c '
import socket
ask = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
ask.settimeout(2)
ask.sendto(b"\x23" + bytes(47), ("127.0.0.1", 11123))
print(len(ask.recv(99)))'
}

wide()
{
	local line other

	printf '%s\n' 'local stratum 3' 'port 12300' 'cmdport 0' 'bindaddress 127.0.0.1' "bindcmdaddress /" 'allow' 'user root' \
		"keyfile $run/keep/keys" "ntsserverkey $run/tls.key" "ntsservercert $run/tls.crt" 'ntsport 12400' "pidfile $run/other.pid" >other.conf
	chronyd -d -x -f "$run/other.conf" >"$work/other.log" 2>&1 &
	other=$!
	await 12400
	pause 1.5
	step ask_ntp
	step ask_ntp
	step_quiet bash -c 'exec 3<>/dev/tcp/127.0.0.1/11400; echo nonsense >&3; read -t 1 -u 3 || true'
	while read -r line; do
		# shellcheck disable=SC2086
		step_quiet ask_chrony $line
	done <<-'END'
		tracking
		sources -v
		sourcestats -v
		sourcename 127.0.0.1
		ntpdata
		authdata -v
		selectdata -v
		activity
		serverstats
		clients
		rtcdata
		smoothing
		manual on
		manual list
		settime 12:00
		makestep
		burst 2/2
		online
		offline
		online
		refresh
		reselect
		add server localhost port 12300 iburst
		delete 127.0.0.1
		add pool localhost port 12300
		reload sources
		rekey
		dump
		cyclelogs
		allow 10.0.0.0/8
		deny 10.0.0.0/8
		accheck 10.0.0.1
		local stratum 7
		minpoll 127.0.0.1 1
		maxupdateskew 10
		retries 1
		trimrtc
		writertc
	END
	pause 2
	step_quiet ask_chrony tracking
	kill "$other"
	pause 1
	step_quiet ask_chrony sources
	step_quiet ask_chrony dump
}
