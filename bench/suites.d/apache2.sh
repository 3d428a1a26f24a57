# SPDX-License-Identifier: LGPL-2.1-or-later
# The perl framework, as Debian's own autopkgtest runs it, with every module of the package loaded, in the recording too.
port=8080 stop=TERM source=apache2
processes=(apache2)
command=(apache2 -D FOREGROUND -f "$run/apache2.conf")

load_modules()
{
	cat /etc/apache2/mods-available/mpm_event.load
	cat /etc/apache2/mods-available/[!m]*.load /etc/apache2/mods-available/m[!p]*.load /etc/apache2/mods-available/mime.conf
}

prepare()
{
	web_files
	{
		load_modules
		cat <<-END
			ServerName localhost
			ServerRoot $run
			Listen 127.0.0.1:8080
			PidFile $run/pid
			User www-data
			Group www-data
			ErrorLog $run/logs/error
			CustomLog $run/logs/access common
			DocumentRoot $run/www
			<Directory $run/www>
			Require all granted
			Options +ExecCGI +Includes +Indexes
			AddHandler cgi-script .cgi
			</Directory>
		END
	} >apache2.conf
}

short() { fetch /; fetch /none; fetch /list/; fetch /a.cgi; signal USR1; fetch /; }

prepare_suite()
{
	id tuser >/dev/null 2>&1 || useradd --user-group --system --create-home -s /bin/bash tuser
	echo '127.0.0.1 localhost' >/etc/hosts
	wrap httpd /usr/sbin/apache2
	cd debian/perl-framework || return
	{
		cat /etc/apache2/apache2.conf
		load_modules
		for name in bucketeer case_filter case_filter_in; do
			echo "LoadModule ${name}_module /usr/lib/apache2/modules/mod_$name.so"
		done
		echo 'ServerName localhost'
	} | sed 's/^Include/#Include/' >apache2.conf.debian
	chown -R tuser: .
	su tuser -c ". /etc/apache2/envvars; perl Makefile.PL -apxs /usr/bin/apxs2 -httpd $suite_tree/httpd -httpd_conf $PWD/apache2.conf.debian"
}

run_suite()
{
	cd "$suite_tree/debian/perl-framework" || return
	su tuser -c ". /etc/apache2/envvars; HARNESS_VERBOSE=1 timeout 1500 t/TEST $UNITS" 2>&1 | tee -a "$work/suite.log" | awk '
		/^t\/.*\.t *\.\.+/ { file = $1 }
		/^ *(not )?ok [0-9]+/ {
			said = /not ok/ ? "not ok" : "ok"
			if (/# (SKIP|skip|TODO)/) next
			sub(/^ *(not )?ok /, ""); sub(/ *# .*/, ""); sub(/^[0-9]+ - /, "")
			print said " " file " " $0
		}' >>"$results"
}
