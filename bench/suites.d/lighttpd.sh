# SPDX-License-Identifier: LGPL-2.1-or-later
# Recorded with the modules that the suite's files load, and with what the server executes there: a CGI script in Perl and
# the suite's FastCGI responder.
port=8080 stop=INT source=lighttpd
processes=(lighttpd)
command=(lighttpd -D -f "$run/lighttpd.conf")

prepare()
{
	local module

	web_files
	cat >lighttpd.conf <<-END
		server.port = 8080
		server.bind = "127.0.0.1"
		server.document-root = "$run/www"
		server.username = "www-data"
		server.errorlog = "$run/logs/error"
		server.upload-dirs = ( "$run/temp" )
		server.modules = ( "mod_accesslog" )
		accesslog.filename = "$run/logs/access"
		index-file.names = ( "index.html" )
		cgi.assign = ( ".pl" => "/usr/bin/perl" )
	END
	echo 'print "Content-Type: text/plain\n\n$ENV{REQUEST_METHOD}";' >www/a.pl
	gcc -w -o responder /usr/src/suites/lighttpd/tests/fcgi-responder.c
	for module in extforward auth authn_file setenv access expire simple_vhost cgi status deflate \
		fastcgi scgi proxy ssi rewrite redirect userdir; do
		echo "server.modules += ( \"mod_$module\" )"
	done >>lighttpd.conf
	cat >>lighttpd.conf <<-END
		fastcgi.server = ( "/responder" => ( ( "socket" => "$run/socket", "bin-path" => "$run/responder",
		  "max-procs" => 1, "check-local" => "disable" ) ) )
	END
}

short() { fetch /; fetch /none; fetch /a.pl; fetch /responder/; signal HUP; fetch /; }

prepare_suite()
{
	local name

	mkdir -p build
	for name in fcgi scgi; do
		gcc -w -o "tests/$name-responder" "tests/$name-responder.c"
		ln -s "../tests/$name-responder" "build/$name-responder"
	done
	ln -s /usr/lib/lighttpd/*.so build/
	wrap build/lighttpd /usr/sbin/lighttpd
	(cd tests && ./prepare.sh)
}

run_suite()
{
	export srcdir=. top_builddir=..
	cd tests || return
	# shellcheck disable=SC2086
	prove_files ${UNITS:-*.t}
}
