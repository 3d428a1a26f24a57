# SPDX-License-Identifier: LGPL-2.1-or-later
# sapi/fpm/tests.
port=9100 stop=QUIT source=php8.2
processes=(php-fpm8.2)
command=(/usr/sbin/php-fpm8.2 -F -R -y "$run/fpm.conf")

prepare()
{
	web_files
	printf '%s\n' '[global]' "error_log = $run/log" '[www]' user=www-data group=www-data listen=127.0.0.1:9100 \
		pm=dynamic pm.max_children=4 pm.start_servers=2 pm.min_spare_servers=1 pm.max_spare_servers=3 >fpm.conf
	echo '<?php echo "hello";' >www/a.php
}

ask_php()
{
	env REQUEST_METHOD=GET SCRIPT_FILENAME="$run/www/a.php" SCRIPT_NAME=/a.php cgi-fcgi -bind -connect 127.0.0.1:9100
}

short()
{
	ask_php
	signal USR2
	await 9100
	ask_php
}

prepare_suite()
{
	mkdir -p cli fpm ini
	# The tests expect the settings that PHP has without a file.
	: >ini/php.ini
	ln -s /usr/bin/php8.2 cli/php
	wrap fpm/php-fpm /usr/sbin/php-fpm8.2
}

run_suite()
{
	# shellcheck disable=SC2086
	PHPRC=$suite_tree/ini TEST_PHP_EXECUTABLE=$suite_tree/cli/php TEST_FPM_RUN_AS_ROOT=1 NO_INTERACTION=1 timeout 1200 \
		cli/php run-tests.php -q --no-color ${UNITS:-sapi/fpm/tests} 2>&1 | tr '\r' '\n' | tee -a "$work/suite.log" |
		sed -n 's/^PASS .*\[\(.*\)\].*/ok \1/p; s/^FAIL .*\[\(.*\)\].*/not ok \1/p' >>"$results"
}
