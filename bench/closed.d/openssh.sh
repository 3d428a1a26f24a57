# SPDX-License-Identifier: LGPL-2.1-or-later
packages='openssh-server openssh-client'
port=2222 stop=TERM
command=(/usr/sbin/sshd -D -e -f "$run/sshd_config")

prepare()
{
	mkdir -p -m 755 "$service_root"/run/sshd
	[[ -e /work/host ]] || ssh-keygen -q -t ed25519 -N '' -f /work/host
	[[ -e /work/user ]] || ssh-keygen -q -t ed25519 -N '' -f /work/user
	chmod 755 /work
	mkdir -p -m 700 "$service_root"/root/.ssh
	cp /work/user.pub "$service_root"/root/.ssh/authorized_keys
	printf '%s\n' 'Port 2222' 'ListenAddress 127.0.0.1' 'HostKey /work/host' 'PermitRootLogin yes' 'UsePAM yes' \
		'Subsystem sftp internal-sftp' 'PidFile none' >sshd_config
}

reach_shell() { ssh -q -p 2222 -i /work/user -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null "$@"; }

short() { reach_shell root@127.0.0.1 'head -c 9 /dev/zero | wc -c'; kill -HUP "$service_pid"; await 2222; reach_shell root@127.0.0.1 true; }

wide()
{
	local forward

	step reach_shell root@127.0.0.1 'echo hello'
	step reach_shell -tt root@127.0.0.1 'tty >/dev/null; exit 3'
	step reach_shell root@127.0.0.1 'head -c 3000000 /dev/zero' 
	step reach_shell -C root@127.0.0.1 'head -c 300000 /dev/zero | wc -c'
	reach_shell -c aes128-gcm@openssh.com -N -L 7100:127.0.0.1:8081 -R 7101:127.0.0.1:8081 -L "$run/f.sock:/nowhere" root@127.0.0.1 &
	forward=$!
	await 7100
	step fetch_code / --url http://127.0.0.1:7100/
	step fetch_code / --url http://127.0.0.1:7101/
	kill "$forward"
	step_quiet scp -q -P 2222 -i /work/user -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null "$run/sshd_config" root@127.0.0.1:/tmp/x
	printf '%s\n' 'put sshd_config /tmp/y' 'chmod 600 /tmp/y' 'rename /tmp/y /tmp/z' 'ln -s /tmp/z /tmp/q' 'df /tmp' 'ls -l /tmp' \
		'mkdir /tmp/dd' 'rmdir /tmp/dd' 'rm /tmp/z' 'rm /tmp/q' >batch
	step_quiet sftp -q -b batch -P 2222 -i /work/user -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null root@127.0.0.1
	step reach_shell -o BatchMode=yes -i /nowhere nobody@127.0.0.1 true
	step reach_shell -A root@127.0.0.1 'echo x'
	kill -HUP "$service_pid"
	await 2222
	step reach_shell root@127.0.0.1 'echo again'
}
