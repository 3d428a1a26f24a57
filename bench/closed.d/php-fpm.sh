# SPDX-License-Identifier: LGPL-2.1-or-later
packages='php-fpm libfcgi-bin'
port=9100 stop=QUIT
program=$(echo "$service_root"/usr/sbin/php-fpm*)
command=("${program#"$service_root"}" -F -R -y "$run/fpm.conf")

prepare()
{
	web_files
	printf '%s\n' '[global]' "error_log = $run/log" '[www]' user=www-data group=www-data listen=127.0.0.1:9100 pm=dynamic \
		pm.max_children=4 pm.start_servers=2 pm.min_spare_servers=1 pm.max_spare_servers=3 pm.status_path=/status >fpm.conf
	echo '<?php echo "hello";' >www/a.php
}

prepare_wide()
{
	prepare
	printf '%s\n' access.log="$run/access" catch_workers_output=yes \
		request_terminate_timeout=5 pm.max_requests=20 >>fpm.conf
	cp "$SOURCE/bench/closed.d/actions.php" www/
}

ask_php()
{
	env REQUEST_METHOD=GET SCRIPT_FILENAME="$run/www/$1" SCRIPT_NAME="/$1" QUERY_STRING="$2" \
		cgi-fcgi -bind -connect 127.0.0.1:9100
}

short() { ask_php a.php; kill -USR2 "$service_pid"; pause 1; await 9100; ask_php a.php; }

wide()
{
	local action

	for action in file directory lock process lookup socket session temporary sleep random time stream unix error memory link; do
		step ask_php actions.php "$action"
	done
	for action in {1..40}; do
		ask_php a.php &
	done
	pause 1
	kill -USR1 "$service_pid"
	pause 0.5
	step ask_php a.php
	kill -USR2 "$service_pid"
	pause 1
	await 9100
	step ask_php a.php
}
