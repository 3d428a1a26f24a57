# SPDX-License-Identifier: LGPL-2.1-or-later
packages='memcached'
port=11211 stop=TERM
command=(memcached -u memcache -l 127.0.0.1 -p 11211)
musl_command=(/musl/bin/memcached "${command[@]:1}")

prepare() { :; }

ask()
{
	local connection

	exec {connection}<>"/dev/tcp/127.0.0.1/11211" || return
	printf '%b' "$1" >&"$connection"
	timeout 2 cat <&"$connection" | head -c 60 | tr -d '\r\n'
	exec {connection}<&-
}

short() { ask 'set a 0 0 1\r\nb\r\nget a\r\nquit\r\n'; }

ask_for()
{
	ask 'set a 0 0 1\r\n1\r\nget a\r\nincr a 1\r\ntouch a 1\r\ndelete a\r\nquit\r\n'
}

wide()
{
	local i data
	local -a askers

	printf -v data '%0*d' 500000 1
	for i in {1..150}; do
		ask "set k$i 0 1 500000\r\n$data\r\nget k$i\r\nquit\r\n" >/dev/null
	done
	for i in 'stats\r\nquit\r\n' 'stats slabs\r\nstats items\r\nstats settings\r\nquit\r\n' 'stats conns\r\nquit\r\n' \
		'flush_all\r\nverbosity 2\r\nslabs automove 1\r\nslabs reassign 1 2\r\nquit\r\n' 'lru_crawler crawl all\r\nquit\r\n' \
		'lru_crawler metadump all\r\nquit\r\n' 'lru tune 20 40 0.1 0.2\r\nquit\r\n' \
		'mg a v\r\nms b 2\r\nhi\r\nwatch fetchers\r\nmn\r\nquit\r\n' 'cache_memlimit 128\r\nquit\r\n' \
		'shutdown\r\nbroken request\r\nquit\r\n' '\x80\x0b\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'; do
		step_quiet ask "$i"
		ask "$i"
	done
	step ask_for
	timeout 1 bash -c "exec 3<>/dev/tcp/127.0.0.1/11211; printf 'watch fetchers evictions mutations\r\n' >&3; cat <&3" &
	pause 0.3
	ask 'set w 0 0 1\r\n1\r\nget w\r\nget none\r\nquit\r\n'
	for i in {1..30}; do
		ask 'get a b c d\r\nquit\r\n' &
		askers+=("$!")
	done
	wait "${askers[@]}"
	signal HUP
	signal USR1
}
