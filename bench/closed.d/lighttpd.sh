# SPDX-License-Identifier: LGPL-2.1-or-later
packages='lighttpd lighttpd-mod-openssl'
port=8080 stop=INT
modules=${musl:-/usr}/lib/lighttpd
command=(lighttpd -D -f "$run/lighttpd.conf")
musl_command=(/musl/sbin/lighttpd "${command[@]:1}" -m "$modules")

# What is loaded and what scripts execute is part of the program, so the recording has it too.
prepare()
{
	local module

	web_files
	make_script
	cat >lighttpd.conf <<-END
		server.port = 8080
		server.bind = "127.0.0.1"
		server.document-root = "$run/www"
		server.username = "www-data"
		server.errorlog = "$run/logs/error"
		server.upload-dirs = ( "$run/temp" )
		server.modules = ( "mod_accesslog" )
		cgi.assign = ( ".cgi" => "" )
		accesslog.filename = "$run/logs/access"
		index-file.names = ( "index.html" )
	END
	for module in dirlisting deflate proxy status auth authn_file cgi ssi fastcgi scgi redirect rewrite setenv expire \
		simple_vhost userdir secdownload extforward openssl; do
		[[ ! -e $service_root$modules/mod_$module.so ]] || echo "server.modules += ( \"mod_$module\" )"
	done >>lighttpd.conf
}

prepare_wide()
{
	prepare
	make_certificate
	cat key.pem cert.pem >both.pem
	echo '<!--#include virtual="/index.html"--><!--#flastmod virtual="/index.html"-->' >www/a.shtml
	echo 'user:secret' >users
	cat >>lighttpd.conf <<-END
		server.max-fds = 2048
		server.stat-cache-engine = "simple"
		server.network-backend = "writev"
		server.breakagelog = "$run/logs/breakage"
		dir-listing.activate = "enable"
		deflate.cache-dir = "$run/cache"
		deflate.mimetypes = ( "" )
		deflate.allowed-encodings = ( "gzip" )
		ssi.extension = ( ".shtml" )
		status.status-url = "/status"
		auth.backend = "plain"
		auth.backend.plain.userfile = "$run/users"
		auth.require = ( "/auth" => ( "method" => "basic", "realm" => "x", "require" => "valid-user" ) )
		\$HTTP["url"] =~ "^/down" { proxy.server = ( "" => ( ( "host" => "127.0.0.1", "port" => 1 ) ) ) }
		\$HTTP["url"] =~ "^/up" { proxy.server = ( "" => ( ( "host" => "127.0.0.1", "port" => 8081 ) ) ) }
		fastcgi.server = ( "/fcgi" => ( ( "host" => "127.0.0.1", "port" => 9000, "check-local" => "disable" ) ) )
		scgi.server = ( "/scgi" => ( ( "host" => "127.0.0.1", "port" => 9001, "check-local" => "disable" ) ) )
		\$SERVER["socket"] == "$run/sock" { }
		\$SERVER["socket"] == "[::1]:8080" { }
	END
	[[ ! -e $service_root$modules/mod_openssl.so ]] ||
		echo "\$SERVER[\"socket\"] == \"127.0.0.1:8443\" { ssl.engine = \"enable\" ssl.pemfile = \"$run/both.pem\" }" >>lighttpd.conf
}

short() { fetch /; fetch /none; fetch /a.cgi; signal HUP; fetch /; }

wide()
{
	local path

	for path in / /list/ /large /plain.txt /a.cgi /a.cgi?x /a.shtml /auth/ /up/x /up/chunked /down/ /fcgi/x /scgi/x /nosuch/ /list; do
		step fetch "$path"
	done
	step fetch_code /status
	step fetch /plain.txt --compressed
	step fetch /plain.txt --compressed
	step fetch /auth/../plain.txt -u user:secret
	step fetch /large -r 5-99,200-300
	step fetch /a.cgi -T www/plain.txt
	step fetch /up/x -T www/large
	step fetch /fcgi/x -T www/large
	step curl -skf -m 5 -o /dev/null https://127.0.0.1:8443/large
	step curl -skf -m 5 -o /dev/null --http1.1 https://127.0.0.1:8443/large
	step fetch / --unix-socket "$run/sock"
	step fetch / -g --url 'http://[::1]:8080/'
	ab -q -n 2000 -c 40 -k http://127.0.0.1:8080/plain.txt
	timeout 0.2 curl -s -o /dev/null --limit-rate 1000 http://127.0.0.1:8080/large
	signal HUP
	step fetch /
	signal USR1
	await 8080
	step fetch /large
}
