"""Starts kernels as a server does, and asks them what they see: the laboratory of the tests of warm kernels."""
import json
import logging
import time

from jupyter_client.manager import KernelManager

logging.basicConfig(level=logging.INFO)

# What may differ between a kernel that was forked and one that was not is not in here.
FACTS = r"""
import json as _json, os as _os, resource as _resource, signal as _signal, site as _site, sys as _sys, threading as _threading
def _facts():
    import atexit, codecs, gc, locale, logging, mimetypes, random, sysconfig, tempfile, time, warnings
    import asyncio, multiprocessing, IPython.paths, jupyter_core.paths, jedi.settings, parso.cache
    status = dict(line.split(":\t", 1) for line in open("/proc/self/status") if ":\t" in line)
    kept = ("Umask", "Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "SigBlk", "SigIgn", "SigCgt", "Threads")
    ip = get_ipython()
    return {
        "environ": dict(_os.environ), "argv": _sys.argv, "orig argv": _sys.orig_argv[1:] if hasattr(_sys, "orig_argv") else None, "path": _sys.path,
        "flags": str(_sys.flags), "executable": [_sys.executable, _sys.prefix, _sys.base_prefix], "no bytecode": _sys.dont_write_bytecode,
        "cwd": _os.getcwd(), "status": {name: status[name].strip() for name in kept},
        "signals": {one.name: str(getattr(_signal.getsignal(one), "__qualname__", _signal.getsignal(one))) for one in _signal.Signals},
        "limits": {name: _resource.getrlimit(getattr(_resource, name)) for name in dir(_resource) if name.startswith("RLIMIT_")},
        "nice": _os.nice(0), "affinity": sorted(_os.sched_getaffinity(0)), "oom": open("/proc/self/oom_score_adj").read(),
        "session": _os.getsid(0) == _os.getpid(), "group": _os.getpgrp() == _os.getpid(), "parent": str(_os.getppid()) == _os.environ["JPY_PARENT_PID"],
        "files": sorted({kind(name) for name in _os.listdir("/proc/self/fd")} - {GONE}), "standard": [kind(name) for name in "012"], "own": _os.stat("/proc/self/mem").st_uid,
        "user": [_site.getuserbase(), _site.getusersitepackages(), sysconfig.get_config_var("userbase"), _site.ENABLE_USER_SITE],
        "threads": sorted("".join(letter for letter in one.name if not letter.isdigit()) for one in _threading.enumerate()), "main thread": _threading.current_thread() is _threading.main_thread(),
        "cmdline": open("/proc/self/cmdline").read().split("\0"), "comm": open("/proc/self/comm").read(), "exe": _os.readlink("/proc/self/exe"),
        "environ of kernel": sorted(open("/proc/self/environ").read().split("\0")),
        "main": [sorted(name for name in vars(_sys.modules["__main__"]) if not name.startswith("_")), _sys.modules["__main__"].__name__, getattr(_sys.modules["__main__"], "__file__", None), str(getattr(_sys.modules["__main__"], "__spec__", None))],
        "group of control": open("/proc/self/cgroup").read(), "namespaces": {name: _os.readlink(f"/proc/self/ns/{name}") for name in _os.listdir("/proc/self/ns")},
        "tmp": tempfile.gettempdir(), "time zone": time.tzname, "locale": [locale.setlocale(locale.LC_ALL), locale.getpreferredencoding()],
        "encoding": [_sys.getfilesystemencoding(), _sys.__stdout__.encoding, _sys.__stdout__.line_buffering, _sys.__stderr__.errors],
        "hooks": [getattr(one, "__qualname__", type(one).__qualname__) for one in (_sys.excepthook, _sys.displayhook, _sys.unraisablehook, _threading.excepthook, _sys.breakpointhook)],
        "trace": [str(_sys.gettrace()), str(_sys.getprofile())], "gc": [gc.isenabled(), gc.get_threshold()], "recursion": _sys.getrecursionlimit(), "switch": _sys.getswitchinterval(),
        "finders": [getattr(one, "__name__", type(one).__name__) for one in _sys.meta_path], "warnings": [[one[0], str(getattr(one[1], "pattern", one[1])), one[2].__name__, str(getattr(one[3], "pattern", one[3])), one[4]] for one in warnings.filters],
        "root logger": [logging.root.level, len(logging.root.handlers), logging.lastResort.level, logging.raiseExceptions],
        "loggers": {name: [one.level, len(one.handlers), one.propagate] for name, one in logging.root.manager.loggerDict.items() if isinstance(one, logging.Logger) and (one.level or one.handlers)},
        "types": [mimetypes.guess_type("a." + ending) for ending in ("js", "css", "svg", "ipynb", "mjs", "wasm", "woff2")],
        "loop": [type(asyncio.get_event_loop_policy()).__name__, type(asyncio.get_event_loop()).__name__], "start": multiprocessing.get_start_method(allow_none=True),
        "places": [IPython.paths.get_ipython_dir(), jupyter_core.paths.jupyter_config_dir(), jupyter_core.paths.jupyter_data_dir(), jupyter_core.paths.jupyter_runtime_dir(), jedi.settings.cache_directory, str(parso.cache._default_cache_path)],
        "shell": [ip.profile, ip.history_manager.hist_file, sorted(ip.magics_manager.magics["line"]), len(ip.events.callbacks["post_execute"]), len(ip.display_formatter.formatters["text/html"].type_printers)],
        "kernel": [str(ip.kernel.session.key) != "", ip.kernel.session.username, ip.kernel.parent.parent_handle == _os.getppid(), bool(ip.kernel.parent.connection_file)],
        "modules": sorted(_sys.modules) if MODULES else [],
    }
# Of the listing itself, unless IPython's history opens a file meanwhile, which gets its number.
GONE = "gone"
def kind(name):
    try:
        return _os.readlink(f"/proc/self/fd/{name}").split("[")[0].replace("-journal", "")
    except OSError:
        return GONE
"""


class Lab:
    """One kernel, and a client."""

    def __init__(self, kernel_name="python3", **more):
        self.manager = KernelManager(kernel_name=kernel_name)
        self.manager.start_kernel(**more)
        self.connect()

    def connect(self):
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    @property
    def is_warm(self):
        return type(self.manager.provisioner).__name__ == "Forking" and type(self.manager.provisioner.process).__name__ == "Adopted"

    @property
    def pid(self):
        return self.manager.provisioner.pid

    def begin(self, code):
        """Who is interrupted before the code has begun hears nothing of it."""
        identity = self.client.execute(code)
        while True:
            message = self.client.get_iopub_msg(timeout=30)
            if message["msg_type"] == "execute_input" and message["parent_header"].get("msg_id") == identity:
                return identity

    def run(self, code, timeout=30, answer=None):
        """Its status, and what it prints or shows, in the order of its coming."""
        identity = self.client.execute(code, allow_stdin=answer is not None)
        if answer is not None:
            self.client.get_stdin_msg(timeout=timeout)
            self.client.input(answer)
        return self.outcome(identity, timeout)

    def outcome(self, identity, timeout=30):
        text, kinds, end = "", [], time.monotonic() + timeout
        while True:
            message = self.client.get_iopub_msg(timeout=max(0.1, end - time.monotonic()))
            if message["parent_header"].get("msg_id") != identity:
                continue
            content = message["content"]
            if message["msg_type"] == "status" and content["execution_state"] == "idle":
                break
            text += content.get("text", "") or content.get("data", {}).get("text/plain", "") or "\n".join(content.get("traceback", []))
            kinds += content.get("data", {})
        while True:
            message = self.client.get_shell_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") == identity:
                return {"status": message["content"]["status"], "text": text.strip(), "kinds": kinds}

    def value(self, expression):
        """Of an expression, by way of JSON."""
        out = self.run(f"print(__import__('json').dumps({expression}, default=str))")
        return json.loads(out["text"]) if out["status"] == "ok" else out

    def facts(self, modules=False):
        out = self.run(FACTS.replace("MODULES", str(modules)))
        return self.value("_facts()") if out["status"] == "ok" else out

    def debug(self, command, **arguments):
        self.sequence = getattr(self, "sequence", 0) + 1
        content = {"type": "request", "seq": self.sequence, "command": command, "arguments": arguments}
        message = self.client.session.msg("debug_request", content)
        self.client.control_channel.send(message)
        while True:
            reply = self.client.get_control_msg(timeout=30)
            if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                return reply["content"]

    def end(self, now=True):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=now)
