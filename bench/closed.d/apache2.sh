# SPDX-License-Identifier: LGPL-2.1-or-later
# Recorded with no more than a static site; its modules are part of the program, and what scripts
# execute too, so the recording has both.
packages='apache2 apache2-utils'
port=8080 stop=TERM
command=(apache2 -f "$run/apache.conf" -DFOREGROUND)

prepare()
{
	local module modules=/usr/lib/apache2/modules

	web_files
	make_script
	for module in mpm_event authn_core authn_file authz_core authz_host authz_user auth_basic mime dir autoindex alias \
		cgid include deflate filter proxy proxy_http proxy_fcgi proxy_scgi proxy_uwsgi proxy_connect ssl socache_shmcb \
		http2 dav dav_fs dav_lock rewrite headers expires status info cache cache_disk ratelimit session session_cookie \
		env setenvif negotiation actions vhost_alias ext_filter buffer reqtimeout remoteip substitute slotmem_shm \
		proxy_balancer lbmethod_byrequests proxy_hcheck log_debug unique_id usertrack; do
		[[ ! -e $service_root$modules/mod_$module.so ]] || echo "LoadModule ${module}_module $modules/mod_$module.so"
	done >apache.conf
	cat >>apache.conf <<-END
		ServerRoot $run
		ServerName localhost
		PidFile $run/pid
		DefaultRuntimeDir $run
		ErrorLog $run/logs/error
		User www-data
		Group www-data
		StartServers 2
		Listen 127.0.0.1:8080
		DocumentRoot $run/www
		TypesConfig /etc/mime.types
		ScriptSock $run/cgi.sock
		DirectoryIndex index.html
		AddHandler cgi-script .cgi
		<Directory $run/www>
			Options +ExecCGI +Includes +Indexes +FollowSymLinks +MultiViews
			AllowOverride All
		</Directory>
	END
}

prepare_wide()
{
	prepare
	make_certificate
	htpasswd -bc users user secret
	echo '<!--#include virtual="/index.html"--><!--#flastmod virtual="/index.html"--><!--#exec cmd="echo x"-->' >www/a.shtml
	mkdir -m 777 www/dav
	cat >>apache.conf <<-END
		Listen [::1]:8080
		Listen 127.0.0.1:8443
		LogFormat "%h %l %u %t \\"%r\\" %>s %b" common
		CustomLog $run/logs/access common
		CustomLog "|/usr/bin/cat >>$run/logs/piped" common
		LogLevel info
		AddOutputFilter INCLUDES .shtml
		DavLockDB $run/temp/lock
		ExtFilterDefine upper mode=output cmd="/usr/bin/cat"
		ProxyTimeout 2
		<Location /dav>
			Dav on
		</Location>
		<Location /auth>
			AuthType Basic
			AuthName x
			AuthUserFile $run/users
			Require valid-user
		</Location>
		<Location /status>
			SetHandler server-status
		</Location>
		<Location /info>
			SetHandler server-info
		</Location>
		Alias /auth $run/www
		Alias /gzip $run/www
		Alias /slow $run/www
		Alias /upper $run/www
		<Location /gzip>
			SetOutputFilter DEFLATE
		</Location>
		<Location /slow>
			SetOutputFilter RATE_LIMIT
			SetEnv rate-limit 4000
		</Location>
		<Location /upper>
			SetOutputFilter upper
		</Location>
		<Proxy balancer://many>
			BalancerMember http://127.0.0.1:8081
			BalancerMember http://127.0.0.1:1 status=+H
		</Proxy>
		ProxyPass /up/ balancer://many/
		ProxyPass /down/ http://127.0.0.1:1/
		ProxyPass /name/ http://localhost:8081/
		ProxyPass /fcgi/ fcgi://127.0.0.1:9000/
		ProxyPass /scgi/ scgi://127.0.0.1:9001/
		ProxyPass /uwsgi/ uwsgi://127.0.0.1:9002/
		ProxyPass /cached/ http://127.0.0.1:8081/
		CacheRoot $run/cache
		CacheEnable disk /cached/
		CacheIgnoreNoLastMod on
		RewriteEngine on
		RewriteRule ^/rewritten\$ /index.html
		<VirtualHost 127.0.0.1:8443>
			Protocols h2 http/1.1
			SSLEngine on
			SSLCertificateFile $run/cert.pem
			SSLCertificateKeyFile $run/key.pem
			SSLProxyEngine on
		</VirtualHost>
		SSLSessionCache shmcb:$run/logs/sessions(512000)
	END
}

short() { fetch /; fetch /none; fetch /a.cgi; signal USR1; fetch /; }

wide()
{
	local path

	for path in / /list/ /large /plain.txt /a.cgi /a.shtml /auth/ /up/x /up/chunked /up/none /down/ /name/x /fcgi/x /scgi/x /uwsgi/x \
		/cached/x /cached/x /rewritten /upper/large /nosuch/ /list /index; do
		step fetch_code "$path"
	done
	step fetch_code /status
	step fetch_code /info
	step fetch_code /gzip/plain.txt --compressed
	step fetch_code /auth/ -u user:secret
	step fetch /large -r 5-99,200-300
	step fetch_code /a.cgi -T www/plain.txt
	for path in /up/x /fcgi/x /scgi/x /uwsgi/x; do
		step fetch_code "$path" -T www/large
	done
	step fetch_code /dav/a -T www/large
	step fetch_code /dav/d -X MKCOL
	step fetch_code /dav/a -X COPY -H 'Destination: http://127.0.0.1:8080/dav/d/b'
	step fetch_code /dav/d/b -X MOVE -H 'Destination: http://127.0.0.1:8080/dav/c'
	step fetch_code /dav/ -X PROPFIND -H 'Depth: 1'
	step fetch_code /dav/c -X PROPPATCH -d '<?xml version="1.0"?><D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><D:x>y</D:x></D:prop></D:set></D:propertyupdate>'
	step fetch_code /dav/a -X LOCK -d '<?xml version="1.0"?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>'
	step fetch_code /dav/c -X DELETE
	step fetch_code /dav/d/ -X DELETE
	for path in / /large /a.cgi; do
		step curl -skf -m 5 -o /dev/null "https://127.0.0.1:8443$path"
		step curl -skf -m 5 -o /dev/null --http1.1 "https://127.0.0.1:8443$path"
	done
	step fetch / -g --url 'http://[::1]:8080/'
	ab -q -n 2000 -c 100 -k http://127.0.0.1:8080/plain.txt
	timeout 0.3 curl -s -o /dev/null http://127.0.0.1:8080/slow/large
	signal USR1
	step fetch /
	signal HUP
	await 8080
	step fetch_code /up/x
	kill -KILL "$(pgrep -P "$service_pid" | tail -n 1)"
	pause 1.2
	step fetch /
	signal WINCH
}
