"""Runs a kernel once on trial, in processes that are thrown away, and tells which modules it came to import."""

import json
import os
import shutil

import child
import learn

# What the first minute of a lesson asks for.
CELLS = ("6*7", "1/0", "!true", "print(1)", "%timeit -n1 -r1 1", "await __import__('asyncio').sleep(0)")

# They act on the process that imports them, or are found by their importer alone.
NEVER = (*learn.NEVER, "matplotlib_inline", "matplotlib.backends.backend_", "_pydev", "pydev")

TELL = """
import sys as _sys
open({!r}, "w").write("\\n".join(name for name, module in list(_sys.modules.items())
                                 if getattr(getattr(module, "__spec__", None), "name", None) == name))
"""


def run(preload, report):
    """Reports names of modules, in the order of their import: those that a kernel begins with, and all."""
    os.setsid()
    home = learn.make_home()
    child.be_nobody()
    learn.be_silent()
    os.chdir(home)
    os.environ.update(HOME=home, USER="trial", LOGNAME="trial", SHELL="/bin/sh")
    try:
        from jupyter_client.manager import start_new_kernel

        manager, client = start_new_kernel(startup_timeout=60, kernel_name="python3")
        begun, names = use(client, os.path.join(home, "modules"), preload)
        manager.shutdown_kernel(now=True)
        with open(report, "w") as file:
            json.dump([begun, [name for name in names if not name.startswith(NEVER)]], file)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def use(client, file, preload):
    """What a kernel has imported when it begins, and what in the end."""
    begun = told(client, file)
    # A kernel gives up what has come when a cell fails, and that may be the next one already.
    for cell in [*CELLS, *(f"import {name}" for name in preload if name.replace(".", "_").isidentifier())]:
        client.execute(cell, stop_on_error=False, reply=True, timeout=60)
    client.complete("import o", reply=True, timeout=60)
    client.inspect("print", reply=True, timeout=60)
    names = told(client, file)
    client.stop_channels()
    return begun, names


def told(client, file):
    client.execute(TELL.format(file), reply=True, timeout=60)
    with open(file) as names:
        return names.read().split("\n")
