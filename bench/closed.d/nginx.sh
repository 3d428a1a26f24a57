# SPDX-License-Identifier: LGPL-2.1-or-later
# Recorded with no more than a static site; used as a proxy of everything.
# nginx-full.sh is the same with modules.
packages=nginx
port=8080 stop=QUIT
modules=()

prepare()
{
	web_files
	nginx_short_conf "$(nginx_modules)" >nginx.conf
}

prepare_wide()
{
	prepare
	make_certificate
	htpasswd -bc users user secret
	printf '<?xml version="1.0"?><a><b>x</b></a>' >www/a.xml
	cat >www/a.xslt <<-END
		<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
		<xsl:template match="/"><p><xsl:value-of select="a/b"/></p></xsl:template></xsl:stylesheet>
	END
	base64 -d >www/a.png <<<iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==
	echo '<!--#include virtual="/index.html"--><!--#echo var="date_local"--><!--#include virtual="/proxy/x"-->' >www/ssi.shtml
	gzip -k www/plain.txt
	nginx_wide_conf "$(nginx_modules)" >nginx.conf
}

command=(nginx -c "$run/nginx.conf" -g 'daemon off;')

# What is loaded is part of the program, so the recording has it too.
nginx_modules()
{
	local module

	for module in "${modules[@]}"; do
		echo "load_module /usr/lib/nginx/modules/ngx_${module}_module.so;"
	done
}

nginx_short_conf()
{
	cat <<-END
		$1
		user www-data; worker_processes 2; pid $run/nginx.pid; error_log $run/logs/error.log;
		events { worker_connections 256; }
		http {
			access_log $run/logs/access.log;
			server { listen 127.0.0.1:8080; root $run/www; }
		}
	END
}

nginx_wide_conf()
{
	cat <<-END
		$1
		user www-data; worker_processes 2; pid $run/nginx.pid; error_log $run/logs/error.log info;
		error_log syslog:server=127.0.0.1:9004 alert; error_log memory:1m debug;
		worker_rlimit_nofile 2048; worker_priority -2; worker_cpu_affinity auto; worker_shutdown_timeout 3s;
		pcre_jit on; timer_resolution 50ms; working_directory $run; lock_file $run/lock; thread_pool pool threads=4;
		worker_rlimit_core 1m;
		events { worker_connections 256; accept_mutex on; multi_accept on; debug_connection 127.0.0.1; }
		http {
			log_format long '\$remote_addr \$upstream_addr \$request_time \$ssl_protocol';
			access_log $run/logs/access.log; access_log $run/logs/buffer.log combined buffer=4k flush=1s gzip;
			access_log $run/logs/\$host.log long; access_log syslog:server=unix:$run/none.sock;
			open_log_file_cache max=10; open_file_cache max=100 inactive=1s; open_file_cache_valid 1s;
			proxy_cache_path $run/cache levels=1:2 keys_zone=c:1m max_size=200k inactive=2s loader_sleep=50 manager_sleep=100;
			proxy_cache_path $run/cache2 keys_zone=d:1m use_temp_path=off; proxy_cache_path $run/cache3 keys_zone=e:1m; fastcgi_cache_path $run/cache4 keys_zone=f:1m;
			client_body_temp_path $run/temp/b 1 2; proxy_temp_path $run/temp/p; fastcgi_temp_path $run/temp/f;
			client_max_body_size 50m; client_body_buffer_size 8k; resolver 127.0.0.1:5353 valid=1s; resolver_timeout 1s;
			limit_req_zone \$uri zone=r:1m rate=5r/s; limit_conn_zone \$uri zone=n:1m; ssl_session_cache shared:s:1m;
			geo \$geo { default 0; 127.0.0.0/8 1; } map \$uri \$mapped { default a; ~x b; }
			split_clients \$uri \$split { 50% a; * b; } server_names_hash_bucket_size 128; reset_timedout_connection on;
			upstream many { zone u 64k; least_conn; server 127.0.0.1:8081 max_fails=1; server 127.0.0.1:1 backup; keepalive 4; }
			upstream down { hash \$uri consistent; server 127.0.0.1:1; server 127.0.0.1:2; }
			upstream sock { ip_hash; server unix:$run/nginx.sock; }
			server { listen 127.0.0.1:8080 reuseport backlog=64 deferred so_keepalive=10:5:3 fastopen=8 rcvbuf=64k sndbuf=64k;
				listen [::1]:8080 ipv6only=on; listen unix:$run/nginx.sock; server_name localhost *.example ~^x\d+; root $run/www;
				set_real_ip_from unix:; lingering_close always; keepalive_timeout 2s; send_timeout 2s;
				location /list/ { autoindex on; autoindex_format json; }
				location /random/ { alias $run/www/; random_index on; }
				location /gzip/ { alias $run/www/; gzip on; gzip_types *; gzip_min_length 1; gunzip on; }
				location /static/ { alias $run/www/; gzip_static on; add_header X-A b; expires 1h; etag on; disable_symlinks on; }
				location /send/ { alias $run/www/; sendfile on; tcp_nopush on; sendfile_max_chunk 64k; }
				location /aio/ { alias $run/www/; aio threads=pool; directio 512; output_buffers 1 64k; }
				location /aiow/ { proxy_pass http://many/; aio threads; aio_write on; proxy_buffers 4 4k; proxy_busy_buffers_size 4k; proxy_max_temp_file_size 1m; }
				location /proxy/ { proxy_pass http://many/; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_cache c; proxy_cache_valid 1m; proxy_cache_use_stale updating; proxy_cache_lock on; proxy_cache_background_update on; proxy_cache_revalidate on; }
				location /slice/ { slice 64k; proxy_pass http://127.0.0.1:8080/; proxy_cache e; proxy_cache_key \$uri\$slice_range; proxy_set_header Range \$slice_range; proxy_cache_valid 200 206 1h; }
				location /store/ { proxy_pass http://many/; proxy_store on; proxy_store_access user:rw group:rw all:r; root $run/temp; }
				location /bind/ { proxy_pass http://127.0.0.1:8081/; proxy_bind 127.0.0.2; proxy_socket_keepalive on; proxy_request_buffering off; proxy_buffering off; }
				location /sock/ { proxy_pass http://sock/; }
				location /name/ { set \$to localhost; proxy_pass http://\$to:8081; }
				location /ssl/ { proxy_pass https://127.0.0.1:8443/; proxy_ssl_session_reuse on; proxy_ssl_verify off; }
				location /fcgi/ { fastcgi_pass 127.0.0.1:9000; fastcgi_param QUERY_STRING \$query_string; fastcgi_cache f; fastcgi_cache_key \$uri; fastcgi_cache_valid 1m; fastcgi_keep_conn on; }
				location /scgi/ { scgi_pass 127.0.0.1:9001; scgi_param SCGI 1; }
				location /uwsgi/ { uwsgi_pass 127.0.0.1:9002; uwsgi_param A b; }
				location /grpc/ { grpc_pass grpc://127.0.0.1:8082; }
				location /mem/ { set \$memcached_key \$uri; memcached_pass 127.0.0.1:9003; }
				location /put/ { alias $run/temp/put/; dav_methods PUT DELETE MKCOL COPY MOVE; create_full_put_path on; dav_access user:rw group:rw all:r; min_delete_depth 0; }
				location /auth/ { alias $run/www/; auth_basic x; auth_basic_user_file $run/users; }
				location /sub/ { alias $run/www/; auth_request /proxy/x; sub_filter 000 111; sub_filter_types *; addition_types *; add_after_body /index.html; }
				location /secure/ { alias $run/www/; secure_link \$arg_m,\$arg_e; secure_link_md5 "\$uri x"; }
				location /limit/ { alias $run/www/; limit_req zone=r burst=2; limit_conn n 1; }
				location /mirror/ { mirror /proxy/x; alias $run/www/; }
				location /try/ { try_files \$uri \$uri/ =404; error_page 404 = @back; } location @back { proxy_pass http://many; }
				location /body/ { client_body_in_file_only on; proxy_pass http://many/; }
				location /bodyclean/ { client_body_in_file_only clean; client_body_in_single_buffer on; proxy_pass http://many/; }
				location /early/ { proxy_pass http://down; proxy_next_upstream error timeout; proxy_connect_timeout 1s; }
				location /status { stub_status; } location /flv/ { alias $run/www/; flv; } location /mp4/ { alias $run/www/; mp4; }
				location /return { return 302 /index.html; } location /rewrite { rewrite ^ /index.html last; }
				location /deny { deny all; } location /userid { userid on; alias $run/www; }
				location ~ \.shtml$ { ssi on; }
				$([[ $1 == *image_filter* ]] && echo "location /image/ { alias $run/www/; image_filter resize 2 2; }")
				$([[ $1 == *xslt* ]] && echo "location /xslt/ { alias $run/www/; xslt_stylesheet $run/www/a.xslt; }")
			}
			server { listen 127.0.0.1:8443 ssl http2; root $run/www; ssl_certificate $run/cert.pem; ssl_certificate_key $run/key.pem;
				ssl_session_tickets on; ssl_stapling on; ssl_early_data on; ssl_verify_client optional_no_ca; ssl_buffer_size 4k;
				location /push { http2_push /index.html; return 200 "x"; } location /proxy/ { proxy_pass http://many/; } }
			server { listen 127.0.0.1:8082 http2; location / { return 200 "x"; } }
			server { listen 127.0.0.1:8083 proxy_protocol; root $run/www; }
		}
		$([[ $1 == *mail* ]] && cat <<-MAIL
		mail { auth_http 127.0.0.1:8081/auth; proxy on; ssl_certificate $run/cert.pem; ssl_certificate_key $run/key.pem;
			server { listen 127.0.0.1:2143; protocol imap; starttls on; imap_capabilities IMAP4rev1; }
			server { listen 127.0.0.1:2110; protocol pop3; }
			server { listen 127.0.0.1:2993 ssl; protocol imap; }
			server { listen 127.0.0.1:2025; protocol smtp; smtp_auth login plain none; xclient off; } }
		MAIL
		)
		$([[ $1 == *stream* ]] && cat <<-STREAM
		stream { log_format s '\$remote_addr \$bytes_sent'; access_log $run/logs/stream.log s; upstream b { zone v 64k; least_conn; server 127.0.0.1:8081; }
			server { listen 127.0.0.1:7001; proxy_pass b; proxy_protocol off; proxy_upload_rate 1m; }
			server { listen 127.0.0.1:7002 udp reuseport; proxy_pass 127.0.0.1:9004; proxy_responses 1; proxy_timeout 2s; }
			server { listen 127.0.0.1:7003 ssl; ssl_certificate $run/cert.pem; ssl_certificate_key $run/key.pem; proxy_pass b; }
			server { listen 127.0.0.1:7004; ssl_preread on; proxy_pass 127.0.0.1:8443; }
			server { listen 127.0.0.1:7005; proxy_pass 127.0.0.1:8443; proxy_ssl on; }
			server { listen 127.0.0.1:7006; return \$time_local; } server { listen unix:$run/stream.sock; proxy_pass b; } }
		STREAM
		)
	END
}

short() { fetch /; fetch /none; fetch /; signal HUP; fetch /; }

wide()
{
	local path old

	for path in /list/ /gzip/plain.txt /static/plain.txt /send/large /aio/large /aiow/x /proxy/x \
		/proxy/x /proxy/chunked /proxy/none /slice/large /slice/large /store/x /store/x /bind/x /sock/ /name/x \
		/ssl/ /fcgi/x /fcgi/x /scgi/x /uwsgi/x /grpc/x /mem/x /auth/ /sub/plain.txt /secure/a /limit/plain.txt \
		/mirror/plain.txt /try/x /early/x /flv/large?start=5 /mp4/large?start=1 /return /rewrite /deny /userid \
		/ssi.shtml /image/a.png /xslt/a.xml /nosuch/ /../x; do
		step fetch "$path"
	done
	step fetch /gzip/plain.txt --compressed
	step fetch /static/plain.txt --compressed
	step fetch /auth/ -u user:secret
	step fetch /large -r 5-99,200-300
	step fetch /large -H 'If-Modified-Since: Sat, 01 Jan 2050 00:00:00 GMT'
	for path in /put/a/b /body/x /bodyclean/x /bind/x /proxy/x /fcgi/x /scgi/x; do
		step fetch "$path" -T www/large
	done
	step fetch /put/a/b -X COPY -H 'Destination: http://127.0.0.1:8080/put/c'
	step fetch /put/c -X MOVE -H 'Destination: http://127.0.0.1:8080/put/d'
	step fetch /put/dir/ -X MKCOL
	step fetch /put/a/ -X COPY -H 'Destination: http://127.0.0.1:8080/put/e/'
	step fetch /put/d -X DELETE
	step fetch /put/dir/ -X DELETE
	step fetch /put/e/ -X DELETE
	step fetch /put/x -T www/large -H 'Transfer-Encoding: chunked' -H 'Expect: 100-continue'
	step fetch / --unix-socket "$run/nginx.sock"
	step fetch / -g --url 'http://[::1]:8080/'
	for path in / /large /push /proxy/chunked; do
		step curl -skf -m 5 -o /dev/null "https://127.0.0.1:8443$path"
	done
	step curl -skf -m 5 -o /dev/null --http1.1 https://127.0.0.1:8443/large
	step fetch / --haproxy-protocol --url http://127.0.0.1:8083/
	if [[ -e $run/stream.sock ]]; then
		step fetch / --url http://127.0.0.1:7001/x
		for path in 7003 7004; do
			curl -skf -m 5 -o /dev/null "https://127.0.0.1:$path/x"
		done
		step curl -sf -m 5 -o /dev/null http://127.0.0.1:7005/
		step curl -s -m 5 --http0.9 -o /dev/null telnet://127.0.0.1:7006
		step fetch / --unix-socket "$run/stream.sock"
		for path in {1..3}; do
			step bash -c 'exec 3<>/dev/udp/127.0.0.1/7002; echo x >&3; read -rt 2 -u 3'
		done
		step curl -s -m 5 imap://127.0.0.1:2143/ -u a:b -X NOOP
		step curl -s -m 5 pop3://127.0.0.1:2110/ -u a:b
		curl -sk -m 5 imaps://127.0.0.1:2993/ -u a:b -X NOOP
		curl -s -m 5 smtp://127.0.0.1:2025/ -u a:b --mail-from a@b --mail-rcpt c@d -T nginx.conf
	fi
	ab -q -n 2000 -c 40 -k http://127.0.0.1:8080/send/plain.txt
	step fetch /send/large --limit-rate 2M
	timeout 0.2 curl -s -o /dev/null --limit-rate 1000 http://127.0.0.1:8080/proxy/x
	signal USR1
	step fetch /
	signal HUP
	step fetch / --http1.0
	kill -KILL "$(pgrep -P "$service_pid" -f 'worker process$' | head -n 1)"
	step fetch /
	kill -TERM "$service_pid"
}
