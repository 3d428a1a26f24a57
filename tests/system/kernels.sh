#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The recorder on the kernels that users run: Debian 12's and Debian 13's own, each booted by qemu (TCG,
# no KVM) into an initramfs that holds whittle and a program that calls by every ABI. What whittle
# recorded comes back over the serial line.
: "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}" "${WHITTLE:=$SOURCE/build/src/whittle}"
. "$SOURCE/tests/tap.sh"

cache=${WHITTLE_CACHE:-/var/cache/whittle-tests}

# Prints the path of a suite's kernel, fetched once: only unpacked, no maintainer script runs.
kernel_of()
{
	local kept=$cache/kernel-$1

	if [[ ! -e $kept/vmlinuz ]]; then
		rm -rf "$kept.new" && mkdir -p "$kept.new"
		mmdebstrap --quiet --variant=extract --include=linux-image-cloud-amd64 "$1" \
			"$kept.new/root" >"$kept.new/log" 2>&1 || { cat "$kept.new/log" >&2; return 1; }
		cp "$kept.new"/root/boot/vmlinuz-* "$kept.new/vmlinuz" && rm -rf "$kept.new/root" "$kept" &&
			mv "$kept.new" "$kept" || return 1
	fi
	echo "$kept/vmlinuz"
}

# Copies a program and the libraries that it is linked with to where it stands on this machine.
install_with_libraries()
{
	local library

	cp "$1" "$2/bin/"
	ldd "$1" | grep -oE '/[^ ]+' | while read -r library; do
		mkdir -p "$2$(dirname "$library")" && cp -L "$library" "$2$library"
	done
}

make_initramfs()
{
	local root=$tap_directory/initramfs

	mkdir -p "$root"/{bin,proc,sys,tmp,dev,etc} && cp "$(command -v busybox)" "$root/bin/busybox" &&
		install_with_libraries "$WHITTLE" "$root" &&
		cc -O1 -static -o "$root/bin/abi_calls" "$SOURCE/tests/programs/abi_calls.c" &&
		cc -O1 -static -o "$root/bin/denied" "$SOURCE/tests/programs/denied.c" || return 1
	cat >"$root/init" <<'INIT'
#!/bin/busybox sh
export PATH=/bin HOME=/
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t tmpfs tmp /tmp; mount -t devtmpfs dev /dev
mount -t cgroup2 cgroup2 /sys/fs/cgroup
(sleep 200; poweroff -f) & # whatever hangs
section() { echo; echo "=== $1"; } # whatever the firmware left on the line ends
# The recorder has attached its programs when it holds a BPF link, and marked its target a moment later.
wait_for_start() {
	while kill -0 $1 2>/dev/null && ! ls -l /proc/$1/fd | grep -q bpf_iter; do
		ls -l /proc/$1/fd | grep -q 'bpf.link' && break
		sleep 0.2
	done
	sleep 2
}
section release; uname -r
section command
whittle record -o /tmp/command.rec -- abi_calls </dev/null && whittle show --json /tmp/command.rec
section pid
mkfifo /tmp/go; abi_calls wait </tmp/go & pid=$!; exec 3>/tmp/go
whittle record -o /tmp/pid.rec -p $pid & recorder=$!
wait_for_start $recorder; echo >&3; exec 3>&-; wait $pid; wait $recorder
whittle show --json /tmp/pid.rec
section cgroup
mkdir /sys/fs/cgroup/target
whittle record -o /tmp/cgroup.rec --cgroup /sys/fs/cgroup/target --for 6s & recorder=$!
wait_for_start $recorder; sh -c 'echo $$ >/sys/fs/cgroup/target/cgroup.procs; exec abi_calls </dev/null'; wait $recorder
whittle show --json /tmp/cgroup.rec
section watch
whittle watch --json 2>/tmp/watch.err & watcher=$!
until grep -q watching /tmp/watch.err || ! kill -0 $watcher; do sleep 0.2; done
denied 0x00050001 times 1000; denied 0x80000000 once; denied 0x00030000 once; denied 0x7ff00000 once
denied 0 thread; denied 0x7ffc0000 once; denied 0x00050001 forks 20; denied 0x00050001 exec /bin/denied
denied 0x00050001 notify; denied 0x00050001 emulated; denied 0x00050001 traced
kill -INT $watcher; wait $watcher; cat /tmp/watch.err
section selected
mkdir -p /sys/fs/cgroup/target/below
whittle watch --json --cgroup /sys/fs/cgroup/target 2>/tmp/selected.err & watcher=$!
until grep -q watching /tmp/selected.err || ! kill -0 $watcher; do sleep 0.2; done
denied 0x00050001 fill 1000 4; denied 0x00050001 times 9
sh -c 'echo $$ >/sys/fs/cgroup/target/below/cgroup.procs; exec denied 0x00050001 times 5'
kill -INT $watcher; wait $watcher; cat /tmp/selected.err
section end
poweroff -f
INIT
	chmod 755 "$root/init"
	(cd "$root" && find . | cpio --quiet -o -H newc -R 0:0 | gzip -1) >"$tap_directory/initramfs.gz"
}

# Boots, and leaves each section of the serial line as a file in $boot.
boots()
{
	local kernel

	kernel=$(kernel_of "$1") || { fail "the kernel of $1 could not be fetched"; return; }
	boot=$tap_directory/$1 && mkdir -p "$boot"
	timeout 300 qemu-system-x86_64 -M q35,accel=tcg -cpu max -m 768 -smp 2 -nographic -no-reboot \
		-nic none -kernel "$kernel" -initrd "$tap_directory/initramfs.gz" \
		-append 'console=ttyS0 quiet loglevel=1 panic=-1 mitigations=off no_timer_check' </dev/null 2>&1 |
		tr -d '\r' >"$boot/serial"
	awk -v directory="$boot" '/^=== /{ file = directory "/" $2; next } file { print > file }' \
		"$boot/serial"
	[[ -e $boot/release ]] && grep -q '^=== end' "$boot/serial" ||
		fail "the machine did not come to its end:"$'\n'"$(tail -n 40 "$boot/serial")"
	[[ $(grep . "$boot/release" 2>/dev/null) == "$2"* ]] || fail "expected Linux $2, got $(cat "$boot/release")"
}

# Each ABI's calls under their own names, no more and no less.
counts_each_abi()
{
	python3 - "$boot/$1" <<'PYTHON' || fail "in $1 of Linux $(cat "$boot/release")"
import json, sys
text = open(sys.argv[1]).read()
try:
    shown = json.loads(text[text.index("{"):text.rindex("}") + 1])
except ValueError as reason:
    sys.exit(f"# no JSON: {reason}: {text[-1500:]!r}".replace("\n", "\n# "))
counts = {(call["abi"], call["name"]): call["count"] for call in shown["calls"]}
wrong = [f"# {key}: expected {count}, got {counts.get(key, 0)}" for key, count in {
    ("x86_64", "getppid"): 1000, ("i386", "getppid"): 500, ("x32", "getppid"): 250,
    ("i386", "mkdir"): 1, ("x86_64", "mkdir"): 0, ("x86_64", "getpid"): 0,
    ("i386", "getpid"): 0}.items() if counts.get(key, 0) != count]
if shown["lost"] != 0:
    wrong.append(f"# lost {shown['lost']}")
print("\n".join(wrong), end="\n" if wrong else "")
sys.exit(bool(wrong))
PYTHON
}

# Every refused call, whatever the action; none that only looks like one.
watches_every_denial()
{
	python3 - "$boot/watch" <<'PYTHON' || fail "on Linux $(cat "$boot/release"):"$'\n'"$(cat "$boot/watch")"
import collections, json, sys
counts = collections.Counter()
for line in open(sys.argv[1]):
    if line.startswith("{ \"name\""):
        denial = json.loads(line)
        counts[denial["name"], denial["action"]] += denial["count"]
expected = {("getppid", "errno:EPERM"): 1002, ("getppid", "kill_process"): 1,
            ("getppid", "trap"): 1, ("getppid", "errno:ENOSYS"): 1,
            ("getppid", "kill_thread"): 1, ("getppid", "log"): 1}
if counts != expected:
    sys.exit(f"# expected {expected}\n# got {dict(counts)}")
PYTHON
}

# Only those of the selected control group.
watches_a_selection()
{
	python3 - "$boot/selected" <<'PYTHON' || fail "on Linux $(cat "$boot/release"):"$'\n'"$(tail -n 20 "$boot/selected")"
import json, sys
denials = [json.loads(line) for line in open(sys.argv[1]) if line.startswith("{ \"name\"")]
found = {(denial["name"], denial["source"]) for denial in denials}
count = sum(denial["count"] for denial in denials)
if found != {("getppid", "bpf")} or count != 5:
    sys.exit(f"# got {found}, {count} of 5 denials")
PYTHON
}

for tool in qemu-system-x86_64 mmdebstrap busybox cpio python3; do
	if ! command -v "$tool" >/dev/null; then
		cannot 'the recorder on other kernels' "$tool is not installed"
		finish
	fi
done
if ((EUID != 0)); then
	cannot 'the recorder on other kernels' 'making a root file system needs root'
	finish
fi

case_ 'an initramfs with whittle can be made' make_initramfs
for row in bookworm:6.1. trixie:6.12.; do
	case_ "Linux ${row#*:}x of Debian ${row%:*} boots" boots "${row%:*}" "${row#*:}"
	for target in command pid cgroup; do
		case_ "a recording of a $target there tells the ABIs apart and counts every call" \
			counts_each_abi "$target"
	done
	case_ 'a watch there sees every refused call, and none that only looks like one' \
		watches_every_denial
	case_ 'a watch of a control group there sees its refused calls, and no other' watches_a_selection
done
finish
