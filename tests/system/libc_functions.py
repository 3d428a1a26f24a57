#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Does the level `closed` follow the C library to the end of each function that a program calls?

    libc_functions.py WHITTLE CALLS LABEL COMPILER...      TAP: a case a function that makes a system call

For every function that the headers of the C library declare there is a call: that of the file CALLS, or one made
up from the prototype. Each runs under strace once, all in one program. Where one makes a call that the policy of an
empty program lacks, a program of its own makes it if it has an argument; it is recorded without, a policy is decided,
and what strace saw with the argument has to be allowed, or to be named as a withheld privilege. Then it runs under the
filter, and has to end as it did without one.
"""
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tempfile

HEADERS = """aio aliases argp argz arpa/inet arpa/nameser assert byteswap complex cpio crypt ctype dirent dlfcn endian envz
err errno error execinfo fcntl fenv fmtmsg fnmatch fstab fts ftw getopt glob grp gshadow iconv ifaddrs inttypes
langinfo libgen libintl limits link locale malloc mcheck mntent monetary mqueue net/ethernet net/if netdb
netinet/ether netinet/in nl_types nss obstack paths poll printf pthread pty pwd regex resolv sched search semaphore
setjmp sgtty shadow signal spawn stdio stdio_ext stdlib string strings stropts sys/acct sys/auxv sys/epoll
sys/eventfd sys/fanotify sys/file sys/fsuid sys/inotify sys/io sys/ioctl sys/ipc sys/klog sys/mman sys/mount sys/msg
sys/param sys/personality sys/pidfd sys/poll sys/prctl sys/quota sys/random sys/reboot sys/resource sys/select
sys/sem sys/sendfile sys/shm sys/signalfd sys/socket sys/stat sys/statfs sys/statvfs sys/swap sys/syscall
sys/sysinfo sys/syslog sys/time sys/timeb sys/timerfd sys/times sys/timex sys/types sys/uio sys/un sys/utsname
sys/vfs sys/wait sys/xattr syslog tar termios tgmath thread_db threads time uchar ucontext ulimit unistd utime
utmp utmpx values wait wchar wctype wordexp""".split()
# Another environment, or nothing that a header is for.
HEADERS = [name for name in HEADERS if name not in ("tgmath", "thread_db", "link", "complex", "printf")]

COMMON = r"""
static char file[64], buffer[65536] __attribute__((aligned(64)));
static char *words[] = { "true", 0 };
static void *nothing(void *x) { (void)x; return 0; }
static void *forever(void *x) { struct timespec t = { 100, 0 }; (void)x; for (;;) { nanosleep(&t, 0); pthread_testcancel(); } }
static int compare(const int *a, const int *b) { return *a - *b; }
static void spin(void) { for (volatile long i = 0; i < 20000000; i++) ; }
static FILE *stream(void) { return fopen(file, "r+"); }
static int descriptor(void) { return open(file, O_RDWR); }
static void begin(void)
{
	FILE *made;

	snprintf(file, sizeof(file), "/tmp/whittle-%d", (int)getpid());
	made = fopen(file, "w+");
	if (made) {
		fputs("1 2 3 x\nroot:x:0:0:::\n", made);
		fclose(made);
	}
}
"""
SECONDS = 5
# The machine's own: what every program does at its end, and strace.
NAME = re.compile(r"^(\d+) +(\w+)\((.*)$")


def preprocess(compiler, directory):
    """The headers that this compiler has, and the text that they come to."""
    known = [f'#if __has_include(<{name}.h>)\n#include <{name}.h>\n#endif\n' for name in HEADERS]
    text = "#define _GNU_SOURCE\n" + "".join(known)
    path = os.path.join(directory, "headers.h")
    with open(path, "w") as out:
        out.write(text)
    return subprocess.run([*compiler, "-E", "-P", "-w", path], capture_output=True, text=True, check=True).stdout


def prototypes(text):
    """name: list of parameters, of every function that is declared."""
    text = re.sub(r"__attribute__\s*\(\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)\)", " ", text)
    text = re.sub(r"__asm__\s*\([^)]*\)|__extension__|__restrict\b|__inline\b|restrict\b|_Noreturn|\s+", " ", text)
    found = {}
    for declaration in re.split(r"[;{}]", text):
        match = re.match(r"^\s*(?:extern )?([A-Za-z_][\w\s\*]*?[\s\*])(\w+) ?\((.*)\)\s*$", declaration)
        if not match or re.search(r"\btypedef\b|\bstatic\b|=", match[1]) or match[2] in ("if", "while", "return"):
            continue
        parameters, depth, current = [], 0, ""
        for c in match[3]:
            depth += (c in "([") - (c in ")]")
            if c == "," and depth == 0:
                parameters.append(current.strip())
                current = ""
            else:
                current += c
        parameters.append(current.strip())
        found.setdefault(match[2], [p for p in parameters if p not in ("", "void")])
    return found


def argument(parameter):
    """An expression for a parameter by its type and name; None: there is none."""
    name = re.sub(r".*?(\w*)\s*(?:\[[^\]]*\])?$", r"\1", parameter).strip("_").lower()
    if parameter == "...":
        return ""
    if "va_list" in parameter:
        return None
    if "(*" in parameter or "( *" in parameter or re.search(r"_fn?_t\b|_func_t\b|handler_t", parameter):
        return "(void *)nothing"
    if "FILE *" in parameter:
        return "stream()"
    if "DIR *" in parameter:
        return 'opendir("/")'
    if re.search(r"char \*(const )?\*|char \*\w*(const )?\w* ?\[", parameter):
        return "words"
    if re.search(r"const char \*", parameter):
        if re.search(r"path|file|name|dir|dev|from|to\b|old|new", name):
            return "file"
        return '"r+"' if "mode" in name or "type" in name else '"1"'
    if "*" in parameter or "[" in parameter or "SOCKADDR_ARG" in parameter:
        return "(void *)buffer"
    if re.search(r"\b(double|float|_Float\w+)\b", parameter):
        return "1.0"
    if re.search(r"\bstruct \w+|\bunion \w+|\b\w*div_t\b|mbstate_t|fpos_t", parameter):
        kind = re.search(r"(struct \w+|union \w+|\w+_t)", parameter)
        return f"*({kind[1]} *)buffer"
    if re.search(r"pthread_t|thrd_t", parameter):
        return "pthread_self()"
    if re.match(r"^(fd|fildes|sock|s|filedes|dirfd|fdin|fdout|infd|outfd|fd\d?)$", name):
        return "descriptor()"
    if re.search(r"size|len|^n$|count|max", name):
        return "16"
    return "0"


def made_up(name, parameters):
    arguments = [argument(parameter) for parameter in parameters]
    if None in arguments:
        return None
    return f"(void)({name}({', '.join(a for a in arguments if a != '')}));"


def read_calls(path):
    calls = {}
    with open(path) as lines:
        for line in lines:
            if line.strip() and not line.startswith("#"):
                name, _, code = line.strip().partition(" ")
                calls[name] = code.strip()
    return calls


class Library:
    """One C library: a compiler, and how its programs run."""

    def __init__(self, whittle, calls, compiler, directory):
        self.whittle, self.compiler, self.directory = whittle, compiler, directory
        self.functions = {}
        declared = prototypes(preprocess(compiler, directory))
        for name, parameters in sorted(declared.items()):
            if name not in calls and not name.startswith("__builtin"):
                code = made_up(name, parameters)
                if code:
                    self.functions[name] = code
        self.functions.update({name: code for name, code in calls.items() if code})
        with open(os.path.join(directory, "all.h"), "w") as out:
            out.write('#include "headers.h"\n' + COMMON)
        self.flags = ["-w", "-O1", "-I", directory]
        subprocess.run([*compiler, *self.flags, "-x", "c-header", os.path.join(directory, "all.h")], check=True)
        self.libraries = [f"-l{name}" for name in ("resolv", "anl", "crypt", "m") if self.links("", [f"-l{name}"])]

    def path(self, name):
        return os.path.join(self.directory, name)

    def links(self, code, libraries):
        return self.compile("probe", f"int main(void) {{ {code} return 0; }}", libraries).returncode == 0

    def compile(self, name, text, libraries):
        with open(self.path(name + ".c"), "w") as out:
            out.write('#include "all.h"\n' + text)
        return subprocess.run([*self.compiler, *self.flags, "-Wl,--build-id", "-o", self.path(name), self.path(name + ".c"), *libraries],
                              capture_output=True, text=True)

    def compile_all(self):
        """One program with all functions; those that do not compile or link are left out."""
        for _ in range(20):
            names = sorted(self.functions)
            lines = [f"static void call_{i}(void) {{ {self.functions[name]} }} // {name}" for i, name in enumerate(names)]
            table = ", ".join(f'{{ "{name}", call_{i} }}' for i, name in enumerate(names))
            text = "\n".join(lines) + f"""
static const struct {{ const char *name; void (*call)(void); }} table[] = {{ {table} }};
int main(int argc, char *argv[])
{{
	begin();
	for (unsigned i = 0; argc > 1 && i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(table[i].name, argv[1]) == 0)
			table[i].call();
	unlink(file);
	return 0;
}}
"""
            done = self.compile("all", text, self.libraries)
            if done.returncode == 0:
                return
            bad = {names[int(line) - 2] for line in re.findall(r"all\.c:(\d+):", done.stderr)
                   if 2 <= int(line) < len(names) + 2}
            bad |= {names[int(i)] for i in re.findall(r"in function [`‘']call_(\d+)['’]", done.stderr)}
            bad |= {name for name in re.findall(r"undefined reference to [`‘'](\w+)['’]", done.stderr) if name in self.functions}
            if not bad:
                raise SystemExit("Bail out! " + done.stderr[-2000:])
            for name in bad:
                del self.functions[name]
        raise SystemExit("Bail out! nothing compiles")

    def trace(self, program, *arguments):
        """The calls that the program makes, those of the programs that it executes apart, and how it ends."""
        log = self.path(f"{program}.{'-'.join(arguments)}.log")
        try:
            status = subprocess.run(["strace", "-f", "-qq", "-s", "0", "-o", log, self.path(program), *arguments], cwd=self.directory,
                                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                    timeout=SECONDS, start_new_session=True).returncode
        except subprocess.TimeoutExpired:
            status = None
        made, executed, is_first = set(), set(), True
        with open(log, errors="replace") as lines:
            for line in lines:
                match = NAME.match(line)
                if not match or match[1] in executed:
                    continue
                if match[2] in ("execve", "execveat") and not is_first and " = -1" not in match[3]:
                    executed.add(match[1])
                is_first = False
                made.add(match[2])
        os.unlink(log)
        return made - {"execve", "execveat", "exit_group", "exit", "rt_sigreturn", "restart_syscall"}, status

    def run(self, *command, **options):
        return subprocess.run([self.whittle, *command], capture_output=True, text=True, cwd=self.directory, **options)

    def policy(self, program):
        """The names that are allowed and those that are withheld, by a recording without an argument."""
        record, policy = self.path(program + ".rec"), self.path(program + ".policy")
        self.run("record", "-q", "--observer", "notify", "-o", record, "--", self.path(program), stdin=subprocess.DEVNULL, check=True)
        self.run("decide", "-q", record, "-o", policy, check=True)
        with open(policy) as text:
            decided = json.load(text)
        allowed = {rule["name"] for rule in decided["rules"] if rule["action"] == "allow"}
        withheld = {name for sentence in decided.get("open", []) for name in re.findall(r"withheld: (\w+)", sentence)}
        return allowed, withheld

    def judge(self, name):
        """What is wrong with one function, as sentences."""
        text = f"int main(int argc, char *argv[]) {{ begin(); if (argc > 1) {{ {self.functions[name]} }} unlink(file); return 0; }}"
        if self.compile(name, text, self.libraries).returncode != 0:
            return [f"{name} does not compile alone"]
        made, status = self.trace(name, "x")
        allowed, withheld = self.policy(name)
        missing = sorted(made - allowed - withheld)
        wrong = [f"makes {missing}, neither allowed nor withheld"] if missing else []
        if not made & withheld and status is not None:
            try:
                filtered = self.run("exec", "--policy", self.path(name + ".policy"), "--", self.path(name), "x",
                                    stdin=subprocess.DEVNULL, timeout=4 * SECONDS, start_new_session=True).returncode
                if filtered != status:
                    wrong.append(f"ends with {filtered} under the filter, with {status} without")
            except subprocess.TimeoutExpired:
                wrong.append("does not end under the filter")
        for end in ("", ".c", ".rec", ".policy"):
            if os.path.exists(self.path(name + end)):
                os.unlink(self.path(name + end))
        return wrong


def main():
    whittle, calls, label = os.path.realpath(sys.argv[1]), read_calls(sys.argv[2]), sys.argv[3]
    compiler = sys.argv[4:]
    count = failed = 0
    only = set(os.environ.get("FUNCTIONS", "").split())
    with tempfile.TemporaryDirectory() as directory:
        library = Library(whittle, calls, compiler, directory)
        library.compile_all()
        library.compile("empty", "int main(void) { begin(); unlink(file); return 0; }", library.libraries)
        common, _ = library.policy("empty")
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            names = sorted(only or library.functions)
            traces = pool.map(lambda name: library.trace("all", name), names)
            beyond = [name for name, (made, _) in zip(names, traces) if made - common]
            print(f"# {label}: {len(names)} functions, {len(beyond)} make calls that an empty program's policy lacks")
            for name, wrong in zip(beyond, pool.map(library.judge, beyond)):
                count += 1
                failed += bool(wrong)
                for sentence in wrong:
                    print(f"# {name}: {sentence}")
                print(f"{'not ' if wrong else ''}ok {count} - {label}: {name}", flush=True)
    print(f"1..{count}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
