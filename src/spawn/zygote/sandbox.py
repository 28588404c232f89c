"""The sandbox that systemd has made around a process: read from the kernel, entered by another process, compared."""

import ctypes
import os
import platform
import resource
import select

import child

# ptrace(2), prctl(2), keyctl(2), pidfd_getfd(2), capset(2)
SEIZE, INTERRUPT, DETACH, GET_FILTER, GET_METADATA, ANY_CHILD = 0x4206, 0x4207, 17, 0x420C, 0x420D, 0x40000000
SECCOMP_FILTER, SET_SECCOMP, BOUND_DROP, TIMER_SLACK, NO_NEW_PRIVILEGES = 2, 22, 24, 29, 38
CAPABILITIES = 0x20080522
JOIN_KEYRING, KEYCTL, PIDFD_GETFD = 1, {"x86_64": 250, "aarch64": 219}, 438

# Entered in this order: with the mounts goes the right to look at the rest. Whatever differs besides cannot be entered.
ENTERED = ("cgroup", "ipc", "uts", "net", "mnt")

STATUS = """Umask Uid Gid Groups NoNewPrivs Seccomp Seccomp_filters CapInh CapPrm CapEff CapBnd CapAmb TracerPid
    Speculation_Store_Bypass SpeculationIndirectBranch THP_enabled Cpus_allowed Mems_allowed""".split()
FILES = "cgroup limits oom_score_adj coredump_filter personality timerslack_ns loginuid attr/current".split()

libc = child.libc
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = libc.syscall.restype = ctypes.c_long


class Sandbox:
    """That of a process which does nothing but wait. Root reads it, before it forks who is to enter it."""

    def __init__(self, pid, group, uid, program):
        self.pid, self.pidfd = pid, os.pidfd_open(pid)
        self.check(group, uid, program)
        self.facts = facts_of(pid)
        self.limits = limits_in(self.facts["limits"])
        self.nice, self.cpus = os.getpriority(os.PRIO_PROCESS, pid), os.sched_getaffinity(pid)
        self.places = {name: os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY) for name in ENTERED if self.differs(name)}
        self.folder = os.open(f"/proc/{pid}/cwd", os.O_PATH | os.O_DIRECTORY)
        self.files = [got(libc.syscall(PIDFD_GETFD, self.pidfd, number, 0)) for number in (0, 1, 2)]
        pairs = [pair.partition("=") for pair in read(f"/proc/{pid}/environ").split("\0") if "=" in pair]
        self.environment = {name: value for name, _, value in pairs}
        self.filters = filters_of(pid)
        self.check(group, uid, program)

    def check(self, group, uid, program):
        """Whether it is what systemd was asked to run, and nobody has got hold of it."""
        lines = read(f"/proc/{self.pid}/cgroup").splitlines()
        groups = [line for line in lines if line.split(":", 1)[1] in (f"name=systemd:{group}", f":{group}")]
        alone = groups and read(os.path.join(place_of(groups[0]), "cgroup.procs")).split() == [str(self.pid)]
        status = status_of(self.pid)
        users = uid > 0 and status["Uid"].split() == [str(uid)] * 4 and "0" not in status["Gid"].split()
        free = status["TracerPid"] == "0" and not select.select([self.pidfd], [], [], 0)[0]
        executed = os.readlink(f"/proc/{self.pid}/exe") == os.path.realpath(program)
        if not alone or not users or not free or not executed:
            raise child.Unusual("the place of a server is not held by what was put there")

    def differs(self, name):
        return os.readlink(f"/proc/{self.pid}/ns/{name}") != os.readlink(f"/proc/self/ns/{name}")

    def join(self):
        """Before memory is used: pages are charged to who touches them first."""
        own = read("/proc/self/cgroup")
        for line in self.facts["cgroup"].splitlines():
            if line not in own.splitlines():
                write(os.path.join(place_of(line), "cgroup.procs"), "0")

    def enter(self):
        """In a process of one thread, as root, which it is no more after that; nobody can look into it before all is done."""
        facts, status = self.facts, status_of("self")
        for name, text in (("oom_score_adj", facts["oom_score_adj"]), ("coredump_filter", "0x" + facts["coredump_filter"])):
            if read(f"/proc/self/{name}") != facts[name]:
                write(f"/proc/self/{name}", text)
        for kind, limit in enumerate(self.limits):
            if resource.getrlimit(kind) != limit:
                resource.setrlimit(kind, limit)
        if os.getpriority(os.PRIO_PROCESS, 0) != self.nice:
            os.setpriority(os.PRIO_PROCESS, 0, self.nice)
        if os.sched_getaffinity(0) != self.cpus:
            os.sched_setaffinity(0, self.cpus)
        child.prctl(TIMER_SLACK, int(facts["timerslack_ns"]))
        for name, place in self.places.items():
            got(libc.setns(place, 0))
        self.drop(int(status["CapBnd"], 16))
        os.fchdir(self.folder)
        os.umask(int(facts["Umask"], 8))
        join_keyring()
        if facts["NoNewPrivs"] == "1":
            child.prctl(NO_NEW_PRIVILEGES, 1)
        for program in self.filters:
            install(program)

    def drop(self, bound):
        """What a root process may do, then being root."""
        inherit(int(self.facts["CapInh"], 16))
        for number in range(64):
            if bound >> number & 1 and not int(self.facts["CapBnd"], 16) >> number & 1:
                child.prctl(BOUND_DROP, number)
        uid, gid = int(self.facts["Uid"].split()[0]), int(self.facts["Gid"].split()[0])
        os.setgroups([int(group) for group in self.facts["Groups"].split()])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)

    def difference(self, pid):
        """None, or what of a process that has entered it is not as in that which was put there by systemd."""
        there, here = facts_of(self.pid), facts_of(pid)
        names = [name for name in here if here[name] != there[name] or here[name] != self.facts[name]]
        if not names and filters_of(pid) != self.filters:
            names = ["filters"]
        return ", ".join(names) or None


def facts_of(pid):
    """All that the kernel tells of what a process is held by."""
    facts = {name: value for name, value in status_of(pid).items() if name in STATUS}
    facts.update({name: read_if_known(f"/proc/{pid}/{name}") for name in FILES})
    namespaces = [name for name in os.listdir(f"/proc/{pid}/ns") if not name.endswith("_for_children")]
    facts.update({f"ns/{name}": os.readlink(f"/proc/{pid}/ns/{name}") for name in namespaces})
    # Nothing is asked of the files themselves: they are the student's, who may have them made by a program.
    facts.update({name: os.readlink(f"/proc/{pid}/{name}") for name in ("root", "cwd", "fd/0", "fd/1", "fd/2")})
    facts["schedule"] = (os.sched_getscheduler(pid), os.sched_getparam(pid).sched_priority, os.getpriority(os.PRIO_PROCESS, pid))
    return facts


def filters_of(pid):
    """The filters of its system calls, the first installed first. It is stopped for a moment."""
    if status_of(pid)["Seccomp"] != str(SECCOMP_FILTER):
        return []
    got(libc.ptrace(SEIZE, pid, None, None))
    try:
        got(libc.ptrace(INTERRUPT, pid, None, None))
        os.waitpid(pid, ANY_CHILD)
        count = int(status_of(pid)["Seccomp_filters"])
        return [filter_of(pid, number) for number in range(count)]
    finally:
        libc.ptrace(DETACH, pid, None, None)


def filter_of(pid, number):
    length = libc.ptrace(GET_FILTER, pid, number, None)
    if length < 0:
        # In a container that has filters itself, or with a kernel that cannot be asked.
        raise child.Unusual(f"the filters of a unit's system calls cannot be read here: {os.strerror(ctypes.get_errno())}")
    program = ctypes.create_string_buffer(8 * length)
    got(libc.ptrace(GET_FILTER, pid, number, program))
    # struct seccomp_metadata: which, and how it was installed.
    metadata = (ctypes.c_uint64 * 2)(number, 0)
    got(libc.ptrace(GET_METADATA, pid, ctypes.sizeof(metadata), metadata))
    if metadata[1]:
        raise child.Unusual("a filter of system calls has flags")
    return program.raw


def install(program):
    # struct sock_fprog
    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]

    one = Program(len(program) // 8, program)
    child.prctl(SET_SECCOMP, SECCOMP_FILTER, ctypes.addressof(one))


def inherit(capabilities):
    """The inheritable ones, which being somebody else does not change; systemd has come to give root's units all of them."""
    header, sets = (ctypes.c_uint32 * 2)(CAPABILITIES, 0), (ctypes.c_uint32 * 6)()
    got(libc.capget(header, sets))
    sets[2], sets[5] = capabilities & 0xFFFFFFFF, capabilities >> 32
    got(libc.capset(header, sets))


def join_keyring():
    """A new one, as each unit has, and not that of root."""
    number = KEYCTL.get(platform.machine())
    if number is None:
        raise child.Unusual("this kind of processor is not known")
    if libc.syscall(number, JOIN_KEYRING, None) < 0 and ctypes.get_errno() not in (1, 13, 38):
        # EPERM, EACCES, ENOSYS: where there are no keyrings, as in a container, systemd gives none either.
        raise OSError(ctypes.get_errno(), "keyctl")


def limits_in(text):
    """Of setrlimit(2), in the order of their numbers; to ask for those of another process takes more rights than to read."""
    pairs = [line[len("Max open files            ") :].split()[:2] for line in text.splitlines()[1:]]
    return [tuple(resource.RLIM_INFINITY if word == "unlimited" else int(word) for word in pair) for pair in pairs]


def place_of(line, mounts=None):
    """The folder of a control group, version 1 or 2. line: one of /proc/PID/cgroup; mounts: as in /proc/self/mountinfo."""
    _, controllers, path = line.split(":", 2)
    for mount in (mounts or read("/proc/self/mountinfo")).splitlines():
        before, after = mount.split(" - ")
        root, folder = before.split()[3:5]
        kind, _, options = after.split(" ", 2)
        is_it = kind == "cgroup2" if controllers == "" else kind == "cgroup" and set(controllers.split(",")) <= set(options.split(","))
        if is_it and root == "/":
            return folder + path
    raise child.Unusual(f"the control groups of {controllers or 'version 2'} cannot be reached")


def status_of(pid):
    return {name: value.strip() for name, value in (line.split(":", 1) for line in read(f"/proc/{pid}/status").splitlines())}


def read(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


def read_if_known(path):
    """What not every kernel has, or has something to say of."""
    try:
        return read(path)
    except OSError as e:
        return e.errno


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def got(result):
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result
