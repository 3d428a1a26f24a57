# SPDX-License-Identifier: LGPL-2.1-or-later
# The regression tests against a server that runs, with the C functions that they load. Recorded with the just-in-time
# compiler, which is a module.
port=5432 stop=INT source=postgresql-15
processes=(postgres)
bin=$(echo /usr/lib/postgresql/*/bin)
as_postgres=(setpriv --reuid=postgres --regid=postgres --clear-groups)
command=("${as_postgres[@]}" "$bin/postgres" -D "$run/data" -h 127.0.0.1 -k "$run")

prepare()
{
	mkdir -m 700 data
	chown postgres: data
	"${as_postgres[@]}" "$bin/initdb" -A trust -D "$run/data"
}

sql() { psql -q -h 127.0.0.1 -U postgres -c "$1"; }

short()
{
	sql 'create table t (a int); insert into t values (1); select * from t'
	signal HUP
	# Debian's settings compile what is costly; what does that is a module.
	sql 'set jit_above_cost = 0; select sum(a) from t; drop table t'
}

prepare_suite()
{
	local name

	cd src/test/regress || return
	gcc -w -O1 -shared -fPIC -I"$(/usr/bin/pg_config --includedir-server)" -o regress.so regress.c || return
	for name in autoinc refint; do
		ln -s "$(/usr/bin/pg_config --pkglibdir)/$name.so" .
	done
	wrap "$work/postgres" "$bin/postgres"
	rm -rf "$work/pgsuite"
	mkdir -m 700 "$work/pgsuite"
	chown -R postgres: "$work/pgsuite" .
	"${as_postgres[@]}" "$bin/initdb" -A trust -D "$work/pgsuite" --no-locale -E UTF8
}

run_suite()
{
	local server regress

	cd src/test/regress || return
	regress=$(/usr/bin/pg_config --pgxs)
	regress=${regress%/makefiles/*}/test/regress/pg_regress
	setsid "${as_postgres[@]}" "$work/postgres" -D "$work/pgsuite" -p 5433 -h 127.0.0.1 -k "$work" &>"$work/server.log" &
	server=$!
	await 5433
	until "$bin/pg_isready" -q -h 127.0.0.1 -p 5433; do
		kill -0 "$server" || return
		pause 0.2
	done
	"${as_postgres[@]}" timeout 1500 "$regress" --inputdir="$PWD" --outputdir="$PWD" --bindir="$bin" --dlpath="$PWD" --host=127.0.0.1 --port=5433 \
		--user=postgres --max-connections=6 --schedule=./parallel_schedule |
		tee -a "$work/suite.log" | sed -n 's/^\(test\)\{0,1\} *\([a-z][a-z0-9_.-]*\) *\.\.\. ok .*/ok \2/p; s/^\(test\)\{0,1\} *\([a-z][a-z0-9_.-]*\) *\.\.\. FAILED.*/not ok \2/p' >>"$results"
	kill -INT "$server"
	wait "$server"
}
