"""Imports modules in a process that is thrown away, and tells which of them one that will be forked must not import."""

import _signal
import builtins
import collections
import importlib._bootstrap_external as loaders
import importlib.util
import json
import locale
import os
import random
import signal
import sys
import warnings

import captures
import child
import trust

# What nobody may do while imported: it would be done once, by root, in the place of each user.
FORBIDDEN = {
    "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty", "socket.connect",
    "_thread.start_new_thread", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.link", "os.truncate",
    "os.chmod", "os.chown", "os.utime", "os.chdir", "resource.setrlimit", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname",
    # What is shared with a child would be shared by all of them.
    "mmap.__new__",
}  # fmt: skip

# Another process would read something else there.
OWN_FILES = ("/proc/self/", "/proc/thread-self/", f"/proc/{os.getpid()}/", "/sys/fs/cgroup/", "/dev/random", "/dev/urandom")

# Without the names that the other module looks up.
handler_of = _signal.getsignal
# Signals 32 and 33, which the C library takes for itself when the first thread begins, such as one of OpenBLAS.
OF_LIBC = 3 << 31
SIGNALS = [int(number) for number in signal.valid_signals()]

reads = collections.defaultdict(set)  # variable: modules
writes = collections.defaultdict(set)  # variable: modules
importers = collections.defaultdict(set)  # module: those that import it
unsafe = {}  # module: why
running = []  # modules whose bodies are being executed, the innermost last
leaks = [0]  # for each of these, what those within have left behind
changes = [set()]  # for each of these, what those within have changed
status = [0]  # a file, open before anything is watched


def standing():
    """Grows when something is left behind."""
    return child.threads() + len(os.listdir("/proc/self/fd"))


def state():
    """What a child has from this process, or is given another one of, and so would not be as in a cold start."""
    text = os.pread(status[0], 1 << 14, 0)
    umask, masks = (text[text.index(begin) : text.index(end)] for begin, end in ((b"Umask", b"State"), (b"SigBlk", b"CapInh")))
    signals = [int(mask, 16) & ~OF_LIBC for mask in masks.split()[1::2]]
    handlers = [handler_of(number) for number in SIGNALS]
    language, priority = locale.setlocale(locale.LC_ALL), os.getpriority(os.PRIO_PROCESS, 0)
    return {"umask": umask, "signals": (signals, handlers), "language": language, "priority": priority}


def run(names, report):
    """Imports them all; reports which to keep out and why, and which variables the others read."""
    # Whose files the parent may run: as root nobody's but root's.
    trusted = {0, os.getuid()}
    child.be_nobody()
    observe()
    failed = {}
    for name in names:
        try:
            __import__(name)
        except BaseException as e:
            failed[name] = f"cannot be imported: {type(e).__name__}"
    personal = {name for name in reads if name in child.PERSONAL or name.startswith("(")}
    for variable in personal:
        for name in reads[variable]:
            if not captures.puts_right(name, variable):
                unsafe.setdefault(name, f"reads {variable}")
    for name, module in list(sys.modules.items()):
        if trust.foreign(getattr(module, "__file__", None), trusted):
            unsafe.setdefault(name, "can be written to by others")
    kept_out = {**failed, **with_importers()}
    seen = {
        variable: sorted(name for name in modules if name not in kept_out and not captures.puts_right(name, variable))
        for variable, modules in reads.items()
        if variable not in personal
    }
    left = {name: sorted(modules) for name, modules in writes.items()}
    imports = collections.defaultdict(list)
    for name, some in importers.items():
        for one in some:
            imports[one].append(name)
    data = json.dumps({"kept_out": kept_out, "reads": seen, "writes": left, "imports": imports}).encode()
    while data:
        data = data[os.write(report, data) :]


def with_importers():
    """Those that are not safe, with all that import them; a package is imported by what is in it."""
    out, todo = {}, list(unsafe.items())
    while todo:
        name, why = todo.pop()
        if name in out:
            continue
        out[name] = why
        todo += [(other, f"imports {name}") for other in importers[name]]
        todo += [(other, f"is part of {name}") for other in sys.modules if other.startswith(name + ".")]
    return out


def now():
    return running[-1] if running else None


def accuse(why):
    if now() and not captures.puts_right(now()):
        unsafe.setdefault(now(), why)


def observe():
    """From here on imports are watched. Nothing of this is ever undone: the process ends."""
    status[0] = os.open("/proc/self/status", os.O_RDONLY)
    observe_loading()
    observe_environment()
    for name in ("getpid", "getppid", "getuid", "geteuid", "getgid", "getcwd"):
        observe_call(os, name, lambda *_, name=name: reads[f"({name})"].add(now()) if now() else None)
    for name in ("urandom", "getrandom"):
        observe_call(os, name, lambda *_: accuse("draws random bytes"))
    random._urandom = os.urandom
    # The one that everybody draws from is given another seed in each child.
    observe_call(random.Random, "seed", lambda one, seed=None, *_: accuse("draws a random seed") if seed is None else None)
    # It is not where it would be in a server: what it then decides may be wrong there.
    warnings.showwarning = lambda *words, **more: accuse("warns of where it is")
    warnings.simplefilter("always", UserWarning)
    sys.addaudithook(audit)


def observe_call(module, name, note):
    real = getattr(module, name)

    def watched(*args, **more):
        note(*args)
        return real(*args, **more)

    setattr(module, name, watched)


def observe_environment():
    class Watched(type(os.environ)):
        def __getitem__(self, key):
            if now():
                reads[os.fsdecode(key)].add(now())
            return super().__getitem__(key)

        def __setitem__(self, key, value):
            if now():
                writes[os.fsdecode(key)].add(now())
            super().__setitem__(key, value)

    os.environ.__class__ = os.environb.__class__ = Watched


def observe_loading():
    real_import = builtins.__import__

    def watched_import(name, globals=None, locals=None, fromlist=(), level=0):
        importer = (globals or {}).get("__name__")
        out = real_import(name, globals, locals, fromlist, level)
        if importer and importer != __name__ and not importer.startswith("importlib."):
            package = (globals or {}).get("__package__") or importer
            full = importlib.util.resolve_name("." * level + name, package) if level else name
            for target in [full, *(f"{full}.{one}" for one in fromlist or ())]:
                if target in sys.modules and target != importer:
                    importers[target].add(importer)
        return out

    builtins.__import__ = watched_import
    for loader in (loaders._LoaderBasics, loaders.ExtensionFileLoader):
        loader.exec_module = watch_loader(loader.exec_module)


def watch_loader(load):
    def watched(self, module):
        running.append(module.__name__)
        leaks.append(0)
        changes.append(set())
        before, was = standing(), state()
        try:
            return load(self, module)
        finally:
            left, changed = standing() - before, {name for name, value in state().items() if value != was[name]}
            if left > leaks.pop():
                accuse("leaves a thread or a file behind")
            own = sorted(changed - changes.pop())
            if own:
                accuse(f"changes its {' and '.join(own)}")
            running.pop()
            leaks[-1] += left
            changes[-1] |= changed

    return watched


def audit(event, args):
    if not running:
        return
    if event in FORBIDDEN:
        accuse(f"calls {event}")
    elif event == "open":
        path, _, flags = args
        text = os.fsdecode(path) if isinstance(path, (str, bytes)) else ""
        if text.startswith("/nonexistent/"):
            reads["(home)"].add(now())
        elif text.startswith(OWN_FILES):
            reads["(itself)"].add(now())
        elif text and not text.startswith("/"):
            reads["(folder)"].add(now())
        elif isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and text != os.devnull:
            accuse("writes a file")
