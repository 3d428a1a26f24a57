# SPDX-License-Identifier: LGPL-2.1-or-later
# test/broker, with the plugins that its tests load.
port=1883 stop=TERM source=mosquitto
processes=(mosquitto)
command=(mosquitto -v -c "$run/mosquitto.conf")

prepare()
{
	printf 'listener 1883 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location %s/\nuser root\n' \
		"$run" >mosquitto.conf
}

short()
{
	mosquitto_sub -h 127.0.0.1 -t a -C 1 -W 5 &
	pause 0.5
	mosquitto_pub -h 127.0.0.1 -t a -m b
	mosquitto_pub -h 127.0.0.1 -t a -m b -q 2 -r
	signal HUP
	mosquitto_pub -h 127.0.0.1 -t a -m c
}

prepare_suite()
{
	make -C test/broker/c CFLAGS='-I../../../include -w' || return
	sed -i 's/-days [0-9]*/-days 30/' test/ssl/gen.sh
	(cd test/ssl && rm -f ./*.crt ./*.key && bash ./gen.sh; chmod a+r ./*)
	wrap src/mosquitto /usr/sbin/mosquitto
	ln -sf /usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so plugins/dynamic-security/
	ln -sf /usr/bin/mosquitto_passwd apps/mosquitto_passwd/mosquitto_passwd
	# Debian's tests name the installed program.
	sed -i "s|'/usr/sbin/mosquitto'|'$suite_tree/src/mosquitto'|" test/mosq_test.py test/broker/*.py
}

run_suite()
{
	local count file
	local -a ports=(1888 1889 1890 1891 1892)

	cd test/broker || return
	# test.py lists them, each with the number of ports that it wants.
	while read -r count file; do
		[[ ! $UNITS || " $UNITS " == *" $file "* ]] || continue
		ended "$file" python3 "./$file" "${ports[@]:0:count}"
	done < <(sed -n "s/^ *(\\([0-9]\\), *'\\.\\/\\(.*\\.py\\)'),.*/\\1 \\2/p" test.py)
}
