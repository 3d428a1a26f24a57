# SPDX-License-Identifier: LGPL-2.1-or-later
packages='nodejs'
port=8080 stop=TERM
command=(node "$run/server.js")

prepare()
{
	web_files
	cp "$SOURCE/bench/closed.d/server.js" .
}

short() { fetch /; fetch /none; fetch /; }

wide()
{
	local path

	for path in / /large /none /list /write /rename /worker /process /lookup /unix /udp /timer /crypto /zlib /watch \
		/links /walk /os /stream /append; do
		step fetch_code "$path"
	done
	ab -q -n 2000 -c 40 http://127.0.0.1:8080/
}
