# SPDX-License-Identifier: LGPL-2.1-or-later
packages='haproxy'
port=8080 stop=TERM
command=(haproxy -W -f "$run/haproxy.cfg")

haproxy_conf()
{
	cat <<-END
		global
		  maxconn 200
		  user www-data
		  $1
		defaults
		  mode http
		  timeout client 3s
		  timeout server 3s
		  timeout connect 1s
		frontend f
		  bind 127.0.0.1:8080
		  $2
		  use_backend up if { path_beg /up }
		  default_backend down
		backend up
		  compression algo gzip
		  server s 127.0.0.1:8081 $3
		backend down
		  server d 127.0.0.1:1
	END
}

prepare()
{
	web_files
	haproxy_conf "stats socket $run/stats level admin" '' '' >haproxy.cfg
}

prepare_wide()
{
	web_files
	make_certificate
	cat key.pem cert.pem >both.pem
	chmod 644 both.pem
	haproxy_conf "stats socket $run/stats level admin expose-fd listeners
		  log 127.0.0.1:9004 local0
		  nbthread 2
		  chroot /var/empty-none
		  tune.ssl.default-dh-param 2048" "bind 127.0.0.1:8443 ssl crt $run/both.pem alpn h2,http/1.1
		  bind unix@$run/front.sock
		  bind [::1]:8080 v6only
		  bind abns@whittle
		  log global
		  option httplog
		  filter cache c
		  http-request cache-use c
		  http-response cache-store c
		  stick-table type ip size 1k expire 10s store http_req_rate(10s)
		  http-request track-sc0 src
		  use_backend ssl if { path_beg /ssl }
		  use_backend dns if { path_beg /dns }" 'check inter 200ms source 127.0.0.3' | sed '/chroot/d' >haproxy.cfg
	cat >>haproxy.cfg <<-END
		cache c
		  total-max-size 4
		backend ssl
		  server s 127.0.0.1:8443 ssl verify none
		resolvers r
		  nameserver n 127.0.0.1:5353
		backend dns
		  server s localhost:8081 resolvers r init-addr libc,none check
		listen stats
		  bind 127.0.0.1:8090
		  stats enable
		  stats uri /
		listen tcp
		  mode tcp
		  bind 127.0.0.1:8091
		  server s 127.0.0.1:8081 send-proxy
		peers p
		  peer me 127.0.0.1:8092
	END
	sed -i 's/^defaults/  localpeer me\ndefaults/' haproxy.cfg
}

short() { fetch /; fetch /none; signal USR2; await 8080; fetch /; }

wide()
{
	local path

	pause 0.6
	for path in /up/x /up/x /up/chunked /up/none /x /ssl/up/x /dns/x; do
		step fetch_code "$path"
	done
	step fetch /up/x -T www/large
	step fetch_code /up/x --compressed
	step curl -skf -m 5 -o /dev/null https://127.0.0.1:8443/up/x
	step curl -skf -m 5 -o /dev/null --http1.1 https://127.0.0.1:8443/up/x
	step fetch /up/x --unix-socket "$run/front.sock"
	step fetch_code / --url http://127.0.0.1:8090/
	step fetch_code / --url http://127.0.0.1:8091/
	for path in 'show info' 'show stat' 'show fd' 'disable server up/s' 'enable server up/s' 'show sess' 'show pools' \
		'set maxconn global 300' 'show table f' 'show threads' 'show activity' 'set server up/s addr 127.0.0.1' \
		'shutdown sessions server up/s' 'show profiling' 'show libs' 'debug dev delay 1'; do
		step_quiet socat - "UNIX-CONNECT:$run/stats" <<<"$path"
	done
	ab -q -n 2000 -c 40 -k http://127.0.0.1:8080/up/x
	signal USR2
	await 8080
	step fetch_code /up/x
	signal HUP
	step fetch_code /x
}
