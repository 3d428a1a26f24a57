# SPDX-License-Identifier: LGPL-2.1-or-later
packages=vsftpd
port=2121 stop=TERM
command=(vsftpd "$run/vsftpd.conf")

prepare()
{
	web_files
	chmod 755 www
	in_root mkdir -p /var/run/vsftpd/empty
	in_root useradd -m -s /bin/bash -p "$(openssl passwd -6 secret)" tester
	printf '%s\n' listen=YES listen_address=127.0.0.1 listen_port=2121 background=NO anonymous_enable=YES "anon_root=$run/www" \
		secure_chroot_dir=/var/run/vsftpd/empty "vsftpd_log_file=$run/log" xferlog_enable=YES local_enable=YES connect_from_port_20=YES \
		pam_service_name=vsftpd >vsftpd.conf
}

prepare_wide()
{
	prepare
	make_certificate
	mkdir -m 777 www/in
	printf '%s\n' write_enable=YES anon_upload_enable=YES anon_mkdir_write_enable=YES anon_other_write_enable=YES \
		anon_umask=022 chroot_local_user=YES allow_writeable_chroot=YES dual_log_enable=YES "xferlog_file=$run/xferlog" \
		log_ftp_protocol=YES syslog_enable=NO ascii_upload_enable=YES ascii_download_enable=YES ls_recurse_enable=YES \
		lock_upload_files=YES max_clients=20 max_per_ip=10 local_max_rate=9000000 setproctitle_enable=YES \
		use_localtime=YES dirmessage_enable=YES async_abor_enable=YES mdtm_write=YES \
		ssl_enable=YES allow_anon_ssl=YES force_local_logins_ssl=NO force_local_data_ssl=NO require_ssl_reuse=NO \
		"rsa_cert_file=$run/cert.pem" "rsa_private_key_file=$run/key.pem" pasv_min_port=40000 pasv_max_port=40100 >>vsftpd.conf
	echo hello >www/.message
}

# transfer PATH [curl option]...
transfer() { curl -s -S -m 5 -o /dev/null -w '%{size_download} %{size_upload}\n' "ftp://127.0.0.1:2121/$1" "${@:2}"; }

short() { transfer ''; transfer index.html; transfer nosuch; transfer '' -u tester:secret; }

wide()
{
	local who

	step_quiet transfer ''
	step transfer large
	step transfer plain.txt -r 100-
	step transfer plain.txt --use-ascii
	step transfer in/a -T www/large
	step transfer in/a -T www/plain.txt -a
	step_quiet transfer '' -Q 'MKD in/d' -Q 'RMD in/d'
	step_quiet transfer '' -Q 'RNFR in/a' -Q 'RNTO in/b' -Q 'SIZE in/b' -Q 'MDTM in/b' -Q 'DELE in/b'
	step_quiet transfer '' -Q STAT -Q 'STAT index.html' -Q HELP -Q FEAT -Q SYST -Q NOOP -Q PWD -Q 'SITE HELP' -Q 'OPTS UTF8 ON'
	step_quiet transfer '' -P - --disable-eprt
	step_quiet transfer large -P 127.0.0.1
	step_quiet transfer '' --disable-epsv
	step_quiet transfer in/ -l
	step transfer nosuch/
	step_quiet transfer '' --ssl-reqd -k
	step transfer large --ssl-reqd -k
	step transfer in/s -T www/large --ssl-reqd -k
	for who in tester:secret tester:wrong nobody:x; do
		step_quiet transfer '' -u "$who"
		step_quiet transfer file -T www/large -u "$who"
		step_quiet transfer '' -u "$who" -Q 'SITE CHMOD 600 file' -Q 'SITE UMASK 077' -Q 'MDTM 20200101000000 file' -Q 'CWD /' -Q 'MKD d' \
			-Q 'RNFR file' -Q 'RNTO d/file' -Q 'DELE d/file' -Q 'RMD d'
	done
	step_quiet transfer file -T www/large -u tester:secret --ssl-reqd -k
	timeout 0.3 curl -s -o /dev/null --limit-rate 1000 ftp://127.0.0.1:2121/large
	for who in {1..8}; do
		transfer plain.txt &
	done
	pause 1
	signal HUP
	step transfer plain.txt
}
