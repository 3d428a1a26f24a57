# SPDX-License-Identifier: LGPL-2.1-or-later
packages='postgresql'
port=5432 stop=INT
bin=$(echo "$service_root"/usr/lib/postgresql/*/bin)
bin=${bin#"$service_root"}
data=/work/pg$(basename "${bin%/bin}")
command=(setpriv --reuid=postgres --regid=postgres --clear-groups "$bin/postgres" -D "$data" -h 127.0.0.1 -k /work)

prepare()
{
	[[ -e $data/PG_VERSION ]] && return
	mkdir -m 700 "$data"
	in_root chown postgres: "$data"
	in_root setpriv --reuid=postgres --regid=postgres --clear-groups "$bin/initdb" -A trust -D "$data" >/dev/null
}

sql() { psql -q -h 127.0.0.1 -U postgres -c "$1"; }

short() { sql 'select 1'; kill -HUP "$service_pid"; sql 'select 2'; }

wide()
{
	local line

	psql -q -h 127.0.0.1 -U postgres -c 'drop database if exists wide' -c 'create database wide'
	while read -r line; do
		step_quiet psql -q -h 127.0.0.1 -U postgres -d wide -c "$line"
	done <<-'END'
		create table t (a serial primary key, b text, c jsonb)
		insert into t (b) select repeat(md5(i::text), 20) from generate_series(1, 20000) i
		create index on t using gin (to_tsvector('simple', b))
		create index on t (b)
		select count(*), sum(length(b)) from t group by a % 7 order by 1
		set work_mem = '64kB'; select * from t order by b desc limit 5
		set max_parallel_workers_per_gather = 2; set parallel_setup_cost = 0; set min_parallel_table_scan_size = 0; select count(*) from t where b like '%1%'
		vacuum (full, analyze) t
		vacuum (parallel 2) t
		checkpoint
		create tablespace ts location '/work/nowhere'
		copy t to '/tmp/t.copy'
		copy t (b) from program 'echo x'
		listen a; notify a
		select pg_reload_conf(), pg_switch_wal(), pg_rotate_logfile()
		select pg_sleep(0.1)
		set statement_timeout = 100; select pg_sleep(5)
		begin; lock t; select txid_current(); rollback
		create function f() returns int language plpgsql as $$ begin return 1; end $$; select f()
		select lo_creat(-1)
		create temp table u as select * from t
		truncate t
		drop table t
		select * from pg_stat_activity, pg_stat_io limit 1
		select pg_ls_waldir(), pg_ls_logdir()
		create extension if not exists plpgsql
		select pg_backup_start('x'); select pg_backup_stop()
		alter system set log_min_duration_statement = 0
		create database other template template0 strategy file_copy
		drop database other
	END
	step_quiet in_root pg_basebackup -h 127.0.0.1 -U postgres -D "$run/base" -X stream
	step_quiet in_root pg_dump -h 127.0.0.1 -U postgres -d wide -f /dev/null
	step_quiet psql -q -h /work -U postgres -c 'select 1'
	for line in {1..8}; do
		psql -q -h 127.0.0.1 -U postgres -c 'select pg_sleep(0.3)' &
	done
	pause 1
	kill -HUP "$service_pid"
	pause 0.5
}
