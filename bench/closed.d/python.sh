# SPDX-License-Identifier: LGPL-2.1-or-later
packages='python3'
port=8080 stop=TERM
command=(python3 "$run/server.py")

prepare()
{
	web_files
	cp "$SOURCE/bench/closed.d/server.py" .
}

short() { fetch /; fetch /none; fetch /; }

wide()
{
	local path

	for path in / /large /none /list /write /rename /thread /process /lookup /temporary /unix /udp /sqlite /mmap /time \
		/random /signal /select /ssl /gzip /locale /asyncio /links /walk /lock /pipe /import; do
		step fetch_code "$path"
	done
	step fetch_code /write -T www/large
	ab -q -n 300 -c 20 http://127.0.0.1:8080/
}
