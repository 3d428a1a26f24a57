# SPDX-License-Identifier: LGPL-2.1-or-later
packages='mosquitto mosquitto-clients'
port=1883 stop=TERM
command=(mosquitto -c "$run/mosquitto.conf")

prepare()
{
	chmod 777 .
	printf '%s\n' 'listener 1883 127.0.0.1' 'allow_anonymous true' "log_dest file $run/log" >mosquitto.conf
}

prepare_wide()
{
	prepare
	make_certificate
	mosquitto_passwd -b -c users user secret
	printf '%s\n' 'user user' 'topic readwrite #' >rules
	chmod 644 users rules
	mkdir -m 777 stored
	cat >>mosquitto.conf <<-END
		persistence true
		persistence_location $run/stored/
		autosave_interval 1
		max_queued_messages 20
		max_inflight_messages 5
		log_dest stdout
		log_dest topic
		log_type all
		connection_messages true
		sys_interval 1
		max_keepalive 60
		listener 8883 127.0.0.1
		certfile $run/cert.pem
		keyfile $run/key.pem
		listener 1884 127.0.0.1
		protocol websockets
		listener 1885 ::1
		listener 0 $run/sock
		connection up
		address 127.0.0.1:1886
		topic bridged/# both 1
		restart_timeout 1
		connection named
		address localhost:1
		topic lost/# out
		restart_timeout 1
	END
}

publish() { mosquitto_pub -p "${at:-1883}" -t "$1" -m "$2" "${@:3}"; }
receive() { mosquitto_sub -p "${at:-1883}" -C 1 -W 3 -t "$@"; }

short() { publish a b -r; receive a; publish a c; }

# In both directions at once, by what follows.
pass_on()
{
	local receiver

	receive "pass/$1" "${@:2}" >"$work/passed" &
	receiver=$!
	await_true 3 subscribed "pass/$1"
	publish "pass/$1" "$1" "${@:2}"
	wait "$receiver"
	cat "$work/passed"
}

# The broker writes it into its log.
subscribed() { grep -qsF "$1" "$run/log"; }

wide()
{
	local quality upstream

	printf '%s\n' 'listener 1886 127.0.0.1' 'allow_anonymous true' >upstream.conf
	mosquitto -c "$run/upstream.conf" >/dev/null 2>&1 &
	upstream=$!
	await 1886
	for quality in 0 1 2; do
		step pass_on "quality$quality" -q "$quality"
		step pass_on "five$quality" -q "$quality" -V mqttv5
	done
	step publish kept value -r
	step receive kept
	step publish kept '' -r -n
	step pass_on will --will-topic last --will-payload gone
	step mosquitto_pub -t big -f /bin/bash
	step mosquitto_sub -c -i sleeper -q 1 -t asleep -W 1
	for quality in {1..30}; do
		publish asleep "$quality" -q 1
	done
	step_quiet mosquitto_sub -c -i sleeper -q 1 -t asleep -C 5 -W 3
	step_quiet receive '$SYS/broker/uptime'
	step_quiet receive '$SYS/broker/log/#'
	step mosquitto_pub -p 8883 --cafile cert.pem --insecure -t t -m x
	step mosquitto_pub -p 8883 --cafile cert.pem --insecure -q 2 -V mqttv5 -t t -m x
	step mosquitto_pub -h ::1 -p 1885 -t t -m x
	step_quiet mosquitto_pub --unix "$run/sock" -t t -m x
	step_quiet mosquitto_rr -t request -e answer -m x -W 1
	step fetch_code / --url http://127.0.0.1:1884/
	step_quiet curl -s -m 2 -o /dev/null -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' \
		-H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' -H 'Sec-WebSocket-Protocol: mqtt' http://127.0.0.1:1884/
	step publish bridged/x y -q 1
	at=1886 step publish bridged/z y -q 1
	kill "$upstream"
	step publish bridged/x again -q 1
	step_quiet bash -c 'head -c 300 /dev/urandom >/dev/tcp/127.0.0.1/1883'
	signal USR1
	signal USR2
	printf '%s\n' "password_file $run/users" "acl_file $run/rules" >>mosquitto.conf
	sed -i 's/allow_anonymous true/allow_anonymous false/' mosquitto.conf
	signal HUP
	step publish a b
	step publish a b -u user -P secret
	step publish a b -u user -P wrong
}
