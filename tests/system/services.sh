# SPDX-License-Identifier: LGPL-2.1-or-later
# Debian's nginx, redis-server and memcached in a machine, for the tests that source this after
# units-lib.sh: for each what prepares it, what its clients do with it, and what asks whether it is
# there; and the recording of a unit meanwhile.

# ---- nginx ----

prepare_nginx()
{
	machine_write "$m" /etc/nginx/conf.d/test.conf <<-'END'
		server {
			listen 127.0.0.1:8080;
			root /var/www/html;
			location /proxied/ { proxy_pass http://127.0.0.1:8081/; }
		}
		server {
			listen 127.0.0.1:8081;
			location / { return 200 "from upstream\n"; }
		}
	END
	machine "$m" sh -c 'seq 100000 >/var/www/html/numbers.txt; echo static >/var/www/html/static.txt'
}

nginx_serves()
{
	machine "$m" sh -ec '
		[ "$(curl -sf http://127.0.0.1:8080/static.txt)" = static ]
		curl -sf http://127.0.0.1:8080/numbers.txt | cmp -s - /var/www/html/numbers.txt
		[ "$(curl -sf http://127.0.0.1:8080/proxied/)" = "from upstream" ]
		[ "$(curl -s -o /dev/null -w "%{http_code}" http://127.0.0.1:8080/absent)" = 404 ]' ||
		fail 'nginx does not serve a static, a large, a proxied or an absent page'
}

nginx_master()
{
	machine "$m" cat /run/nginx.pid
}

nginx_workers()
{
	machine "$m" pgrep -P "$(nginx_master)" -d ' '
}

nginx_has_new_workers()
{
	local now

	now=$(nginx_workers)
	[[ $now && $now != *"$1"* ]]
}

nginx_reloads()
{
	local workers

	workers=$(nginx_workers)
	machine "$m" systemctl reload nginx || fail 'systemctl reload nginx failed'
	eventually nginx_has_new_workers "${workers%% *}"
	nginx_serves
	workers=$(nginx_workers)
	machine "$m" kill -HUP "$(nginx_master)"
	eventually nginx_has_new_workers "${workers%% *}"
	nginx_serves
}

nginx_reopens_its_log()
{
	machine "$m" sh -c 'mv /var/log/nginx/access.log /var/log/nginx/access.log.1
		kill -USR1 "$(cat /run/nginx.pid)"'
	eventually in_machine test -e /var/log/nginx/access.log
	machine "$m" curl -sf 'http://127.0.0.1:8080/static.txt?after-reopening' >/dev/null
	eventually in_machine grep -q after-reopening /var/log/nginx/access.log
}

nginx_is_master()
{
	[[ $(nginx_master) != "$1" && ! $(machine "$m" sh -c 'cat /run/nginx.pid.oldbin 2>/dev/null') ]]
}

nginx_upgrades_its_binary()
{
	local old

	old=$(nginx_master)
	machine "$m" kill -USR2 "$old"
	eventually in_machine test -s /run/nginx.pid.oldbin
	eventually in_machine test -s /run/nginx.pid
	eventually in_machine sh -c '[ "$(cat /run/nginx.pid)" != "$(cat /run/nginx.pid.oldbin)" ]'
	machine "$m" kill -QUIT "$old"
	eventually nginx_is_master "$old"
	nginx_serves
	expect_property nginx.service ActiveState active
}

drive_nginx()
{
	nginx_serves
	nginx_reloads
	nginx_reopens_its_log
	nginx_upgrades_its_binary
}

# ---- redis ----

prepare_redis()
{
	machine "$m" sed -i 's/^appendonly .*/appendonly no/' /etc/redis/redis.conf
}

redis()
{
	machine "$m" redis-cli "$@"
}

expect_redis()
{
	local got

	got=$(redis "${@:2}")
	grep -q -- "$1" <<<"$got" || fail "redis-cli ${*:2}: expected $1, got $got"
}

redis_is_idle()
{
	! redis info persistence | grep -qE '_(in_progress|scheduled):1'
}

drive_redis()
{
	expect_redis OK set key value
	expect_redis value get key
	expect_redis 3 rpush list a b c
	expect_redis 6 eval 'return redis.call("incrby", "counter", 6)' 0
	redis del counter >/dev/null
	expect_redis OK set gone soon px 20
	eventually redis_has_no gone
	expect_redis OK save
	redis bgsave >/dev/null
	eventually redis_is_idle
	expect_redis 'last_bgsave_status:ok' info persistence
	expect_redis OK config set appendonly yes
	eventually redis_is_idle
	expect_redis OK set after aof
	expect_redis started bgrewriteaof
	eventually redis_is_idle
	expect_redis 'aof_last_bgrewrite_status:ok' info persistence
	expect_redis OK config set appendonly no
	expect_redis OK config set maxmemory 64mb
	expect_redis 'maxmemory' config get maxmemory
	expect_redis OK config rewrite
	expect_redis addr= client list
	expect_redis OK flushall async
}

redis_has_no()
{
	[[ $(redis exists "$1") == 0 ]]
}

# ---- memcached ----

prepare_memcached()
{
	:
}

memcached_says()
{
	printf '%s\r\n' "$@" quit | machine "$m" nc -w 5 127.0.0.1 11211 | tr -d '\r'
}

drive_memcached()
{
	local said

	said=$(memcached_says 'set key 0 0 5' value 'get key' 'incr absent 1' 'delete key' 'get key')
	expect_equal $'STORED\nVALUE key 0 5\nvalue\nEND\nNOT_FOUND\nDELETED\nEND' "$said"
	said=$(memcached_says 'stats' 'stats slabs' 'stats items' 'verbosity 0' 'flush_all')
	grep -q 'STAT threads' <<<"$said" || fail "memcached stats: $said"
	for connection in {1..8}; do
		said=$(memcached_says "set key$connection 0 1 1" x "get key$connection")
		grep -q STORED <<<"$said" || fail "memcached set: $said"
	done
}

nginx_answers()
{
	in_machine curl -sf http://127.0.0.1:8080/static.txt
}

redis_answers()
{
	[[ $(redis ping 2>/dev/null) == PONG ]]
}

memcached_answers()
{
	[[ $(memcached_says version 2>/dev/null) == VERSION* ]]
}

# ---- recording ----

# recording_begins UNIT FILE [OPTION]...: returns once the recorder is attached.
recording_begins()
{
	local unit=$1 file=$2
	shift 2

	rm -f "$machine_share/recorder.pid"
	machine "$m" sh -c 'echo $$ >/mnt/share/recorder.pid; exec whittle record --unit "$@"' sh "$unit" \
		-o "$file" "$@" >"$machine_share/recorder.out" 2>&1 &
	recorder=$!
	eventually recorder_is_attached
}

recorder_is_attached()
{
	[[ -s $machine_share/recorder.pid ]] || return 1
	machine "$m" sh -c 'grep -qs link_type "/proc/$1/fdinfo/"* && grep -q "^State:.S" "/proc/$1/status"' \
		sh "$(<"$machine_share/recorder.pid")"
}

recording_ends()
{
	machine "$m" kill -INT "$(<"$machine_share/recorder.pid")"
	wait "$recorder" || fail "whittle record ended with $?: $(<"$machine_share/recorder.out")"
}
