<?php
// SPDX-License-Identifier: LGPL-2.1-or-later
// What web applications do, one action a request.
$actions = [
	'file' => function () { file_put_contents('../temp/a', str_repeat('x', 9000)); chmod('../temp/a', 0600); touch('../temp/a', 5); rename('../temp/a', '../temp/b'); copy('../temp/b', '../temp/c'); unlink('../temp/b'); $f = fopen('../temp/c', 'r+'); ftruncate($f, 5); fflush($f); fsync($f); },
	'directory' => function () { @mkdir('../temp/d'); scandir('.'); rmdir('../temp/d'); getcwd(); realpath('.'); disk_free_space('.'); },
	'lock' => function () { flock(fopen('../temp/l', 'w'), LOCK_EX); },
	'process' => function () { exec('true'); proc_close(proc_open(['true'], [], $pipes)); },
	'lookup' => function () { gethostbyname('localhost'); },
	'socket' => function () { file_get_contents('http://127.0.0.1:8081/'); },
	'session' => function () { session_save_path('../temp'); session_start(); $_SESSION['a'] = 1; session_write_close(); },
	'temporary' => function () { fwrite(tmpfile(), 'x'); unlink(tempnam('../temp', 'x')); },
	'sleep' => function () { usleep(1000); sleep(2); },
	'random' => function () { random_bytes(9); mt_rand(); uniqid(); },
	'time' => function () { date_default_timezone_set('Europe/Berlin'); date('c'); hrtime(); getrusage(); getmypid(); sys_getloadavg(); },
	'stream' => function () { readfile('large'); stream_select($r, $w, $e, 0, 1000); },
	'unix' => function () { fwrite(stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0)[0], 'x'); },
	'error' => function () { trigger_error('x'); nosuch(); },
	'memory' => function () { strlen(str_repeat('x', 50000000)); gc_collect_cycles(); opcache_reset(); },
	'link' => function () { @unlink('../temp/s'); symlink('x', '../temp/s'); readlink('../temp/s'); lstat('../temp/s'); is_writable('.'); umask(); },
];
ob_start();
@$actions[$_SERVER['QUERY_STRING']]();
ob_end_clean();
echo 'done';
