# SPDX-License-Identifier: LGPL-2.1-or-later
packages='mariadb-server mariadb-client'
port=3306 stop=TERM
data=/work/mysql${service_root//\//-}
command=(mariadbd --no-defaults --user=mysql --datadir="$data" --bind-address=127.0.0.1 --socket="$data.sock" --pid-file="$data.pid")

prepare()
{
	[[ -e $data ]] && return
	mkdir -m 755 "$data"
	in_root chown mysql: "$data"
	chmod 777 /work
	in_root mariadb-install-db --no-defaults --user=mysql --datadir="$data" --auth-root-authentication-method=normal >/dev/null
}

short() { mariadb --no-defaults -S "$data.sock" -e 'select 1'; kill -HUP "$service_pid"; mariadb --no-defaults -S "$data.sock" -e 'select 2'; }

wide()
{
	local line

	while read -r line; do
		step_quiet mariadb --no-defaults -S "$data.sock" -e "$line"
	done <<-'END'
		create database if not exists wide
		create or replace table wide.t (a int auto_increment primary key, b text) engine=innodb
		insert into wide.t (b) select repeat(md5(seq), 20) from seq_1_to_20000
		create or replace table wide.m (a int, b text) engine=myisam
		insert into wide.m select * from wide.t
		create or replace table wide.r (a int) engine=aria
		set sort_buffer_size=1024; select sum(length(b)), a % 7 from wide.t group by 2 order by 1
		set tmp_memory_table_size=1024; select distinct b from wide.t order by b limit 3
		alter table wide.t add index (b(20)), algorithm=copy
		optimize table wide.t, wide.m
		check table wide.m
		repair table wide.m
		flush logs
		flush tables with read lock
		select * from wide.t into outfile '/tmp/out.txt'
		load data infile '/tmp/nosuch' into table wide.t
		set global slow_query_log=1
		set global general_log=1
		set global innodb_buffer_pool_size=64*1024*1024
		set global max_connections=300
		install soname 'ha_federatedx'
		lock tables wide.t write
		select get_lock('x', 1), sleep(0.1)
		show engine innodb status
		show processlist
		create or replace user u@localhost identified by 'x'
		set global thread_pool_size=2
		truncate wide.t
		drop database wide
		shutdown wait for all slaves
	END
}
