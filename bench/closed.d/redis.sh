# SPDX-License-Identifier: LGPL-2.1-or-later
packages='redis-server redis-tools'
port=6379 stop=TERM
command=(redis-server --port 6379 --dir "$run" --save 900 1 --enable-debug-command yes --daemonize no)
musl_command=("/musl/bin/redis-server" "${command[@]:1}")

prepare() { :; }

cli() { redis-cli "$@"; }

short() { cli set a b; cli get a; cli incr n; cli del a; cli info; }

is_replicated() { [[ $(redis-cli get b) == c ]]; }

wide()
{
	local line

	redis-benchmark -q -n 2000 -c 40 -P 4
	step_quiet redis-cli config set appendonly yes
	pause 1
	step_quiet redis-cli bgrewriteaof
	pause 1
	while read -r line; do
		# shellcheck disable=SC2086
		step_quiet redis-cli -e ${line}
		pause 0.05
	done <<-END
		bgsave
		config set appendfsync always
		config set io-threads-do-reads yes
		config set activedefrag yes
		lpush l 3 2 1
		sort l
		debug sleep 0
		debug jmap
		debug populate 20000 key 100
		config set maxmemory 4mb
		config set maxmemory-policy allkeys-lru
		memory purge
		memory doctor
		memory stats
		memory malloc-stats
		config set maxclients 20000
		config set hz 100
		config set oom-score-adj relative
		config set oom-score-adj no
		config set unixsocket $run/sock
		config set loglevel debug
		config set syslog-enabled yes
		config set tcp-keepalive 10
		config rewrite
		client list
		client kill type normal
		latency doctor
		flushall async
		save
		acl list
		acl genpass
		script load return(1)
		function stats
		cluster info
		sentinel masters
		config set port 6380
	END
	step_quiet redis-cli -p 6380 config set port 6379
	step_quiet redis-cli config set bind "127.0.0.1 ::1"
	step_quiet redis-cli eval 'for i=1,2000 do redis.call("lpush","l",i) end return redis.call("sort","l")' 0
	step_quiet redis-cli eval 'return redis.pcall("nosuch")' 0
	mkdir other
	redis-server --port 6390 --save '' --daemonize yes --dir "$run/other" --repl-diskless-sync yes --repl-diskless-sync-delay 0
	await 6390
	redis-cli -p 6390 set b c
	step_quiet redis-cli replicaof 127.0.0.1 6390
	await_true 8 is_replicated
	step redis-cli get b
	step_quiet redis-cli config set repl-diskless-load on-empty-db
	step_quiet redis-cli replicaof no one
	redis-cli -p 6390 replicaof 127.0.0.1 6379
	pause 2
	step_quiet redis-cli config set repl-diskless-sync no
	redis-cli -p 6390 replicaof no one
	redis-cli -p 6390 replicaof 127.0.0.1 6379
	pause 2
	redis-cli -p 6390 shutdown nosave
	step_quiet redis-cli migrate 127.0.0.1 1 b 0 100
	redis-cli --pipe <<<PING
	step_quiet redis-cli multi
	timeout 1 redis-cli monitor
	timeout 1 redis-cli blpop nothing 1
	step_quiet redis-cli debug reload
	step_quiet redis-cli debug restart
	await 6379
	step_quiet redis-cli debug segfault
}
