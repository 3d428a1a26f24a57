# SPDX-License-Identifier: LGPL-2.1-or-later
# runtest, a unit at a time: one that throws takes only its own tests along.
port=6379 stop=TERM source=redis
command=(redis-server --port 6379 --dir "$run" --save "900 1" --daemonize no)
processes=(redis-server)
# Not: dumps that are broken at random, and what takes minutes.
units=(unit/{auth,protocol,keyspace,scan,info,info-command,quit,aofrw,acl,acl-v2,latency-monitor,dump,sort,expire,other,multi}
	unit/type/{string,incr,list,list-2,set,zset,hash,stream,stream-cgroups}
	unit/{pubsub,pubsubshard,slowlog,scripting,functions,introspection,introspection-2,limits,bitops,bitfield,geo,hyperloglog}
	unit/{lazyfree,wait,pause,querybuf,tracking,oom-score-adj,shutdown,networking,cluster,client-eviction,violations}
	unit/{replybufsize,cluster-scripting,maxmemory,obuf-limits} unit/cluster/{misc,links}
	integration/{block-repl,replication,replication-2,replication-3,replication-4,replication-psync,replication-buffer}
	integration/{shutdown,aof,aof-multi-part,rdb,corrupt-dump,convert-zipmap-hash-on-load,convert-ziplist-hash-on-load}
	integration/{convert-ziplist-zset-on-load,logging,psync2,psync2-reg,psync2-pingoff,psync2-master-restart,failover}
	integration/{redis-cli,redis-benchmark,dismiss-mem})

prepare() { :; }

short()
{
	redis-cli set a b
	redis-cli get a
	redis-cli incr n
	redis-cli info
	redis-cli bgsave
	pause 0.5
}

prepare_suite()
{
	local name

	for name in redis-{cli,benchmark,check-aof,check-rdb,sentinel}; do
		ln -sf "/usr/bin/$name" "src/$name"
	done
	wrap src/redis-server /usr/bin/redis-server
}

run_suite()
{
	local unit

	for unit in ${UNITS:-${units[@]}}; do
		# shellcheck disable=SC2016
		timeout 420 ./runtest --durable --clients 1 --single "$unit" 2>&1 | tee -a "$work/suite.log" |
			sed -n 's/\x1b\[[0-9;]*m//g; s/^\[ok\]: \(.*\) ([0-9]* ms)$/ok UNIT \1/p; s/^\[err\]: \(.*\) in tests\/.*/not ok UNIT \1/p; s/^\[exception\].*/not ok UNIT ends/p' |
			sed "s|UNIT|$unit|" >>"$results"
		ends_well "$unit" "${PIPESTATUS[0]}"
	done
}
