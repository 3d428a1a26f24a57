# SPDX-License-Identifier: LGPL-2.1-or-later
# The package mariadb-test, some of the suite main.
port=3306 stop=TERM source=
processes=(mariadbd)
command=(mariadbd --no-defaults --user=mysql "--datadir=$run/mysql" --bind-address=127.0.0.1 "--socket=$run/sock"
	"--pid-file=$run/pid")

prepare()
{
	mkdir mysql
	chown mysql: mysql
	mariadb-install-db --no-defaults --user=mysql --datadir="$run/mysql" --auth-root-authentication-method=normal
}

sql() { mariadb --no-defaults -S "$run/sock" -e "$1"; }

short()
{
	sql 'create table test.t (a int); insert into test.t values (1); select * from test.t'
	signal HUP
	sql 'drop table test.t'
}

prepare_suite()
{
	wrap_installed /usr/sbin/mariadbd
	chown mysql: "$suite_tree"
}

run_suite()
{
	cd /usr/share/mysql/mysql-test || return
	# shellcheck disable=SC2086
	setpriv --reuid=mysql --regid=mysql --clear-groups env HOME="$suite_tree" timeout 1500 \
		perl ./mysql-test-run.pl --vardir="$suite_tree/var" --tmpdir="$suite_tree/tmp" --force --max-test-fail=0 \
		--retry=1 --parallel=1 --suite=main ${UNITS:---do-test=^[a-d]} 2>&1 |
		tee -a "$work/suite.log" | sed -n 's/^\([a-z_]*\.[^ ]*\( [^[]*\)\{0,1\}\) *\[ pass \].*/ok \1/p; s/^\([a-z_]*\.[^ ]*\( [^[]*\)\{0,1\}\) *\[ fail \].*/not ok \1/p' >>"$results"
}
