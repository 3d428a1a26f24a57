# SPDX-License-Identifier: LGPL-2.1-or-later
# The package openssh-tests. What a session executes runs under the same filter.
port=2222 stop=TERM source=
processes=(sshd)
command=(/usr/sbin/sshd -D -e -f "$run/sshd_config")
tests=(connect proxy-connect connect-privsep connect-uri exit-status exit-status-signal envpass transfer banner rekey dhgex
	stderr-data stderr-after-eof broken-pipe try-ciphers yes-head login-timeout agent keyscan key-options scp scp3 sftp
	sftp-chroot sftp-cmds sftp-perm reconfigure dynamic-forward forwarding multiplex reexec brokenkeys cfgmatch
	cfgmatchlisten forcecommand portnum kextype cert-hostkey cert-userkey keys-command forward-control integrity krl
	multipubkey limit-keytype hostkey-rotate principals-command cert-file servcfginclude allow-deny-users authinfo
	hostbased channel-timeout connection-timeout)

prepare()
{
	mkdir -p -m 755 /run/sshd
	chmod 755 "$run" "$work"
	ssh-keygen -q -t ed25519 -N '' -f host
	ssh-keygen -q -t ed25519 -N '' -f user
	mkdir -p -m 700 /root/.ssh
	cp user.pub /root/.ssh/authorized_keys
	printf '%s\n' 'Port 2222' 'ListenAddress 127.0.0.1' "HostKey $run/host" 'PermitRootLogin yes' 'UsePAM yes' \
		'Subsystem sftp /usr/lib/openssh/sftp-server' 'PidFile none' >sshd_config
}

reach_shell()
{
	"$1" -q -i "$run/user" -o Port=2222 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null "${@:2}"
}

short()
{
	reach_shell ssh root@127.0.0.1 'ls /; id'
	echo 'ls /' | reach_shell sftp root@127.0.0.1
	signal HUP
	await 2222
	reach_shell ssh -tt root@127.0.0.1 'tty; stty -a'
}

prepare_suite()
{
	cp -a /usr/lib/openssh/regress .
	wrap "$suite_tree/sshd" /usr/sbin/sshd
	mkdir -p /run/sshd
	usermod -p '*' root
}

run_suite()
{
	local name here=$suite_tree/regress

	cd "$here" || return
	for name in ${UNITS:-${tests[@]}}; do
		ended "$name" make .OBJDIR="$here" .CURDIR="$here" BUILDDIR="$here" OBJ="$here" SUDO= TEST_SHELL=sh \
			TEST_SSH_SSH=ssh TEST_SSH_SSHD="$suite_tree/sshd" TEST_SSH_SFTPSERVER=/usr/lib/openssh/sftp-server \
			TEST_SSH_IPV6=yes TEST_SSH_ECC=yes TEST_SSH_UNSAFE_PERMISSIONS=1 LTESTS="$name" t-exec
	done
}
