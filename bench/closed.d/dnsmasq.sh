# SPDX-License-Identifier: LGPL-2.1-or-later
packages='dnsmasq-base dnsutils'
port=5353 stop=TERM
command=(dnsmasq -C "$run/dnsmasq.conf" -k)

prepare()
{
	echo '127.0.0.1 www.example' >hosts
	printf '%s\n' user=nobody port=5353 listen-address=127.0.0.1 bind-interfaces no-resolv "addn-hosts=$run/hosts" \
		server=127.0.0.1#1 >dnsmasq.conf
}

prepare_wide()
{
	prepare
	mkdir -m 777 files tftp
	echo x >tftp/a
	printf '%s\n' 'user=root' 'log-queries=extra' "log-facility=$run/log" 'log-async=5' 'all-servers' 'server=127.0.0.2#5300' \
		"hostsdir=$run/files" 'conntrack' 'dns-loop-detect' 'enable-tftp' "tftp-root=$run/tftp" 'address=/blocked/0.0.0.0' \
		'dhcp-range=127.0.0.10,127.0.0.20,1h' 'dhcp-authoritative' "dhcp-leasefile=$run/leases" 'min-port=4000' \
		'txt-record=t.example,hello' 'edns-packet-max=1232' 'cache-size=10' 'filterwin2k' 'auth-server=a.example,lo' >>dnsmasq.conf
	sed -i '/conntrack/d; /^user=nobody/d; s/bind-interfaces/bind-dynamic/' dnsmasq.conf
}

look() { dig +tries=1 +time=1 -p 5353 @127.0.0.1 +short "$@"; }

short() { look www.example; signal HUP; look www.example; }

wide()
{
	step look www.example AAAA
	step look -x 127.0.0.1
	step look +tcp www.example
	step look other.test
	step_quiet look version.bind CH TXT
	step look t.example TXT
	step look blocked
	echo '127.0.0.9 new.example' >files/new
	pause 0.5
	step look new.example
	step curl -s -m 3 -o /dev/null tftp://127.0.0.1/a
	signal HUP
	signal USR1
	signal USR2
	ip link add dummy0 type dummy
	ip addr add 10.9.8.7/24 dev dummy0
	ip link set dummy0 up
	pause 0.3
	ip link del dummy0
	step look +tcp other.test
	for _ in {1..60}; do
		look other$RANDOM.test &
	done
	pause 1.2
	step look www.example
}
