"""The child that becomes a user's server: leaves everything of its parent behind, then runs the program."""

import atexit
import contextlib
import ctypes
import fcntl
import json
import os
import pwd
import random
import signal
import site
import sys
import threading
import time
import types

import aside
import asks
import captures
import certificates
import kernels
import provisioner

libc = ctypes.CDLL(None, use_errno=True)

# prctl(2)
PDEATHSIG, DUMPABLE, NAME, SET_MM, MM_MAP = 1, 4, 15, 35, 14

NOBODY = 65534

# Variables that differ from server to server: modules that read one of these while imported are kept out of the
# parent, or what they took is put right here. Any other that is read has to have the value that the parent has.
PERSONAL = set(
    "HOME USER LOGNAME SHELL MEM_LIMIT MEM_GUARANTEE CPU_LIMIT CPU_GUARANTEE HUB_SERVER_RUN JPY_API_TOKEN JPY_PARENT_PID".split()
) | {
    "JUPYTERHUB_" + name
    for name in """API_TOKEN CLIENT_ID HOST OAUTH_CALLBACK_URL OAUTH_ACCESS_SCOPES OAUTH_SCOPES
    OAUTH_CLIENT_ALLOWED_SCOPES USER SERVER_NAME API_URL ACTIVITY_URL BASE_URL SERVICE_PREFIX SERVICE_URL PUBLIC_URL
    PUBLIC_HUB_URL DEFAULT_URL""".split()
}

# Read by the interpreter or by libraries below Python, where nobody sees it.
BELOW = ("PYTHON", "LD_", "MALLOC_", "GLIBC_", "LC_", "LANG", "OPENSSL_", "OMP_", "OPENBLAS_", "MKL_", "TZ")


class Unusual(Exception):
    """Why this server has to be started the ordinary way."""


def receive(taken):
    """What is asked, and where it is answered. taken: where a byte is written as soon as the request is read."""
    die_with(os.getppid())
    answers = fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, 3)
    asked = json.loads(read_message())
    os.write(taken, b"r")
    return asked, answers


def answer(answers, asked, **more):
    os.write(answers, (json.dumps({"id": asked["id"], **more}) + "\n").encode())


def reason_of(error):
    return str(error) if isinstance(error, Unusual) else f"{type(error).__name__}: {error}"


def start(asked, known, answers):
    """Never returns."""
    parent = os.getppid()
    try:
        os.setsid()
        leave_behind(asked["log"], answers)
        become(asked)
        die_with(parent)
        put_right("server", asked["env"], known)
        be_script(asked["argv"])
        show([sys.executable, *asked["argv"]], asked["argv"][0])
    except Exception as e:
        answer(answers, asked, cold=reason_of(e))
        os._exit(0)
    # In this order: what the hub has been told of must not end with its zygote any more.
    prctl(PDEATHSIG, 0)
    answer(answers, asked, pid=os.getpid())
    os.close(answers)
    go(asked, known)


def go(asked, known):
    """The last step of all: the program, and before that what forks its kernels."""
    nursery = None
    if known["learnt"]["kernel"]:
        with contextlib.suppress(OSError):
            nursery = kernels.begin(known)
    open_to_owner()
    with contextlib.suppress(Exception):
        asks.spare(known["npm"])
    with contextlib.suppress(Exception):
        certificates.hand_over(known["certificates"])
    if nursery:
        with contextlib.suppress(Exception):
            provisioner.register(*nursery)
    end_as(lambda: run_script(asked["argv"][0]))


def be_nobody():
    """For what is done on trial, as nobody and after everything else; not done when nobody else can be."""
    os.nice(10)
    parent = os.getppid()
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    die_with(parent)
    prctl(DUMPABLE, 1)


def prctl(what, *values):
    if libc.prctl(what, *(ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)[:4])) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def die_with(parent):
    """Until the hub knows of it: nobody else would ever end it. A change of ids takes this away."""
    prctl(PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def threads():
    """Those of this process besides the first, without such as libraries end by themselves before a fork."""
    if len(os.listdir("/proc/self/task")) > 1:
        pid = libc.fork()
        if pid == 0:
            libc._exit(0)
        os.waitpid(pid, 0)
    return len(os.listdir("/proc/self/task")) - 1


def end(pid):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def read_message():
    return read_exactly(int(read_exactly(8), 16))


def read_exactly(count):
    data = b""
    while len(data) < count:
        more = os.read(0, count - len(data))
        if not more:
            os._exit(0)
        data += more
    return data


def leave_behind(log, keep):
    """Files, signals, exit functions that are not this program's own."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    output = os.open(log, os.O_WRONLY | os.O_APPEND)
    os.dup2(nothing, 0), os.dup2(output, 1), os.dup2(output, 2)
    close_all_but({0, 1, 2, keep})
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def close_all_but(kept):
    for name in os.listdir("/proc/self/fd"):
        if int(name) not in kept:
            # The listing has one open itself.
            with contextlib.suppress(OSError):
                os.close(int(name))


def become(asked):
    """As the spawner says, and not more than that."""
    os.umask(0o077)
    os.chdir(asked["home"])
    uid, gid = asked["uid"], asked["gid"]
    if uid != os.getuid():
        groups = groups_of(asked["account"], uid, gid) if asked["account"] else []
        os.setgroups(groups)
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
        lines = dict(line.split(":\t", 1) for line in open("/proc/self/status") if ":\t" in line)
        capable = {lines[kind].strip() for kind in ("CapPrm", "CapEff", "CapAmb")} != {"0" * 16}
        if capable or os.getresuid() != (uid,) * 3 or os.getresgid() != (gid,) * 3 or set(os.getgroups()) != set(groups):
            raise PermissionError("its ids could not be changed")


def groups_of(account, uid, gid):
    """Of an account that is still there, and still that one."""
    try:
        found = pwd.getpwnam(account)
    except KeyError:
        found = None
    if found is None or (found.pw_uid, found.pw_gid) != (uid, gid):
        raise Unusual(f"the account {account} is not there any more")
    return os.getgrouplist(account, gid)


def reason_for_cold(kind, env, known):
    """None, or what is unusual about this environment or this user."""
    for place, was in known["places"]:
        if known["seen"](place) != was:
            return "the environment has changed"
    given = known["given"]
    for name in sorted(set(env) | set(given)):
        matters = name in known[kind]["reads"] or name.startswith(BELOW)
        if matters and name not in PERSONAL and env.get(name) != given.get(name):
            return f"{name} is read while modules are imported"
    own = os.path.join(env["HOME"], ".local", "lib", "python%d.%d" % sys.version_info[:2], "site-packages")
    if site.ENABLE_USER_SITE is not False and os.path.exists(own):
        return "packages in ~/.local"
    return None


def put_right(kind, env, known):
    """The environment, and what importing took from another one."""
    reason = reason_for_cold(kind, env, known)
    if reason:
        raise Unusual(reason)
    os.environ.clear()
    os.environ.update(env)
    for name, value in known[kind]["written"].items():
        os.environ.setdefault(name, value)
    for name, correct in captures.CORRECTIONS.items():
        if name in known["loaded"]:
            correct(known["loaded"][name], os.environ)
    if kind == "kernel":
        aside.put(known[kind]["hidden"], known["imports"])
    random.seed()
    time.tzset()
    sys.path[:] = known["path"]
    sys.dont_write_bytecode = False


def be_script(argv):
    script = argv[0]
    sys.path.insert(0, os.path.dirname(os.path.realpath(script) if os.path.islink(script) else script))
    sys.argv = list(argv)
    sys.orig_argv = [sys.executable, *argv]


def show(words, program):
    """What ps, and whoever looks for the processes of a run, read of it: its own words and environment."""
    env = [f"{name}={value}" for name, value in os.environ.items()]
    words = [os.fsencode(word) + b"\0" for word in words]
    texts = [os.fsencode(text) + b"\0" for text in env]
    data = b"".join(words + texts)
    # Kept for as long as the process lives: the kernel reads it from there.
    show.memory = ctypes.create_string_buffer(data, len(data))
    begin = ctypes.addressof(show.memory)
    middle = begin + len(b"".join(words))
    with open("/proc/self/stat") as stat:
        fields = [int(field) for field in stat.read().rsplit(")", 1)[1].split()[1:]]
    code, stack, heap = fields[22:24], fields[24], fields[41:44]
    libc.sbrk.restype = ctypes.c_void_p
    libc.sbrk.argtypes = [ctypes.c_ssize_t]
    addresses = [*code, *heap, libc.sbrk(0), stack, begin, middle, middle, begin + len(data), 0]
    # struct prctl_mm_map: no auxiliary vector, no other executable.
    area = (ctypes.c_uint64 * 13)(*addresses, 0)
    ctypes.memmove(ctypes.addressof(area) + 12 * 8, (ctypes.c_uint32 * 2)(0, 0xFFFFFFFF), 8)
    prctl(SET_MM, MM_MAP, ctypes.addressof(area), ctypes.sizeof(area))
    name = ctypes.create_string_buffer(os.fsencode(os.path.basename(program))[:15])
    prctl(NAME, ctypes.addressof(name))


def open_to_owner():
    """As after an exec: changing ids has closed it to its own user's debugger, and it has let go of all that is not theirs."""
    prctl(DUMPABLE, 1)


def be_main(**names):
    """A main module as the interpreter makes it."""
    main = types.ModuleType("__main__")
    main.__dict__.update(__builtins__=__builtins__, **names)
    sys.modules["__main__"] = main
    if "__mp_main__" in sys.modules:
        # multiprocessing knows it by this name, too.
        sys.modules["__mp_main__"] = main
    return main


def run_script(script):
    main = be_main(__file__=script, __cached__=None)
    with open(script, "rb") as file:
        code = compile(file.read(), script, "exec")
    exec(code, main.__dict__)


def end_as(run):
    """Ends the process with the program, as the interpreter would."""
    status = 1
    try:
        run()
        status = 0
    except SystemExit as e:
        status = status_of(e.code)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    with contextlib.suppress(BaseException):
        threading._shutdown()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


def status_of(code):
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)
    return 1


