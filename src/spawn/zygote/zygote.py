"""Imports what servers and kernels import, once, and forks one child for each start: the program of a warm start.

Run by the hub with the Python of a user environment, nothing but PATH and LANG in its environment, and `/nonexistent` as
home. What it is asked comes over its standard input and what it answers goes over its standard output, so there is no
path that anybody else could connect to. A message is 8 hexadecimal digits, its length, and that many bytes of JSON; an
answer is a line of JSON.

    -> {"script": "/env/bin/jupyterhub-singleuser", "kernels": null or [...], "modules": null or {"server": [...], ...}}
    <- {"ready": true, "modules": {...}, "kept_out": {module: reason}, "kernels": null or why none} or {"failed": reason}
    -> {"id": 1, "argv": [...], "env": {...}, "uid": ..., "gid": ..., "account": ..., "home": ..., "log": ...}
    or {"id": 1, "argv": [...], "holder": pid, "program": what it runs, "group": its own, "uid": ..., "pid_file": ...}
    <- {"id": 1, "pid": 4711} or {"id": 1, "cold": reason}: then nothing runs, and it has to be started the ordinary way
    <- {"exit": 4711, "status": 0}, {"stale": reason}

With a holder the server becomes the main process of the unit that systemd started the holder in; see unit.py.

Memory of this process is copied to every user, so it reads no request, since that holds a token: a child is forked
first, and reads it.
"""

import sys

# Neither here nor in the environment: what root writes there is for installers.
sys.dont_write_bytecode = True

import json
import os
import select
import time

import aside
import asks
import certificates
import child
import shared
import unit

# The names of the environment's own modules mean those from here on.
HERE = sys.path.pop(0)
ours = "aside asks captures certificates child holes kernels provisioner sandbox shared trust unit"
for name in ours.split():
    del sys.modules[name]

# Between these it is known to work, and the tests run on them.
OLDEST, NEWEST = (3, 9), (3, 14)

# How often it is looked whether the environment has changed, in seconds.
LOOK_EVERY = 30

# A server on trial, and the imports on trial, take this many seconds at most. Nobody waits for them, and on a machine
# that is busy everything else goes first.
LEARNT_WITHIN, WATCHED_WITHIN = 600, 600

# A child that has not read its request by then, in seconds, never will.
TAKEN_WITHIN = 20


def say(**answer):
    # Shorter than what a pipe takes in one piece, but for the first.
    data = (json.dumps(answer) + "\n").encode()
    while data:
        data = data[os.write(1, data) :]


def stamp(files):
    """Changes when modules are edited, installed, removed or upgraded. files: of modules, which are looked at, too."""
    places = [*sys.path, os.path.join(sys.prefix, "pyvenv.cfg")]
    for place in list(places):
        if os.path.isdir(place):
            places += [os.path.join(place, name) for name in os.listdir(place) if name.endswith(".pth")]
    return [(place, seen(place)) for place in [*places, *files]]


def seen(place):
    try:
        found = os.stat(place)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


def on_trial(module, argument, limit):
    """What run(argument) of one of our modules reports, in a process that is thrown away; None when it takes too long."""
    r, w = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(r)
            sys.path.insert(0, HERE)
            run = __import__(module).run
            sys.path.pop(0)
            run(argument, w)
        finally:
            os._exit(0)
    os.close(w)
    data, end = b"", time.monotonic() + limit
    while True:
        readable = select.select([r, 0], [], [], max(0, end - time.monotonic()))[0]
        if 0 in readable:
            # Nothing is asked before this is done: the hub is gone.
            child.end(pid)
            os._exit(0)
        if not readable:
            break
        more = os.read(r, 1 << 16)
        if not more:
            break
        data += more
    os.close(r)
    child.end(pid)
    try:
        return json.loads(data)
    except ValueError:
        return None


def import_all(names):
    for name in names:
        try:
            __import__(name)
        except BaseException:
            # It was imported in a process like this one a moment ago; without it the start is only slower.
            pass


def prepare(asked):
    """Imports what may be imported; returns what children have to know of it."""
    learnt = asked["modules"] or learn(asked)
    if not learnt["server"]:
        raise RuntimeError("a server that was started on trial did not answer")
    names = list(dict.fromkeys([*learnt["server"], *(learnt["kernel"] or [])]))
    found = on_trial("watch", names, WATCHED_WITHIN)
    if not found:
        raise RuntimeError("its modules could not be imported on trial")
    given, path, first = dict(os.environ), list(sys.path), set(sys.modules)
    with shared.side_by_side(len(names)):
        import_all([name for name in names if name not in found["kept_out"]])
    left = left_behind()
    if left:
        raise RuntimeError(f"importing its modules has left {left} behind")
    server, kernel = set(learnt["server"]), set(learnt["kernel"] or [])
    # What no list names is imported by what one names.
    kinds = {"server": of_kind(kernel - server, found, given), "kernel": of_kind(server - kernel, found, given)}
    loaded, begun = dict(sys.modules), set(learnt.get("begun") or [])
    kinds["server"]["hidden"], kinds["kernel"]["hidden"] = aside.hidden(first | server), aside.hidden(first | begun)
    # Here, and not in each server.
    aside.put(kinds["server"]["hidden"], found["imports"])
    shared.own_names(sys.modules)
    files = [getattr(loaded.get(name), "__file__", None) for name in names]
    return {
        "files": [shared.copy(file) for file in files if file], "learnt": learnt, "kept_out": found["kept_out"],
        "imports": found["imports"], "given": given, "path": path, "loaded": loaded, "seen": seen,
        "npm": asks.keep(learnt.get("npm"), seen), "certificates": certificates.read(seen), **kinds,
    }  # fmt: skip


def of_kind(others, found, given):
    """Which variables servers, or kernels, read while they import their modules, and which they write. others: not theirs."""
    reads = {variable for variable, modules in found["reads"].items() if set(modules) - others}
    wrote = {variable for variable, modules in found["writes"].items() if set(modules) - others}
    written = {name: os.environ[name] for name in wrote if os.environ.get(name) != given.get(name)}
    return {"reads": reads, "written": written}


def learn(asked):
    server = on_trial("learn", asked["script"], LEARNT_WITHIN)
    kernel = on_trial("learn_kernel", asked["kernels"], LEARNT_WITHIN) if server and asked["kernels"] is not None else None
    begun, kernel = kernel or (None, None)
    return {"server": server and server["modules"], "begun": begun, "kernel": kernel, "npm": server and server["npm"]}


def left_behind():
    """What importing has left in this process that a fork would not carry over, or should not."""
    if child.threads():
        return "a thread"
    # The standard three, and the listing itself.
    if len(os.listdir("/proc/self/fd")) > 4:
        return "an open file"
    with open("/proc/self/maps") as maps:
        # What one child writes there, all others read.
        return "shared memory" if any(line.split()[1][1::2] == "ws" for line in maps) else None


def main():
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        return say(failed=f"Python {sys.version_info[0]}.{sys.version_info[1]} is not known to bear it")
    if not hasattr(os, "pidfd_open"):
        return say(failed="this Python or this kernel has no pidfd_open")
    # Closed to whatever else runs as the same user.
    child.prctl(child.DUMPABLE, 0)
    child.close_all_but({0, 1, 2})
    asked = json.loads(child.read_message())
    begun = stamp([])
    try:
        known = prepare(asked)
    except Exception as e:
        return say(failed=str(e))
    if stamp([]) != begun:
        return say(failed="the environment has changed")
    known["places"] = begun
    shared.settle()
    cold = None if known["learnt"]["kernel"] or asked["kernels"] is None else "a kernel that was started on trial did not answer"
    say(ready=True, modules=known["learnt"], kept_out=known["kept_out"], kernels=cold)
    serve(known)


def serve(known):
    """Forks a child for each request, tells of each end, until the hub is gone."""
    whole = stamp(known["files"])
    children, poll = {}, select.poll()
    poll.register(0, select.POLLIN)
    look = time.monotonic() + LOOK_EVERY
    while True:
        for fd, event in poll.poll(LOOK_EVERY * 1000):
            if fd in children:
                poll.unregister(fd)
                tell_end(children.pop(fd), fd)
            elif not event & select.POLLIN:
                return
            else:
                pid = take_request(known)
                pidfd = os.pidfd_open(pid)
                children[pidfd] = pid
                poll.register(pidfd, select.POLLIN)
        if time.monotonic() > look:
            look = time.monotonic() + LOOK_EVERY
            if whole and stamp(known["files"]) != whole:
                whole = None
                say(stale="the environment has changed")


def tell_end(pid, pidfd):
    os.close(pidfd)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    say(exit=pid, status=status)


def take_request(known):
    """Forks the child that reads the next request, and waits until it has."""
    r, w = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(r)
        asked, answers = child.receive(w)
        (unit if "holder" in asked else child).start(asked, known, answers)
        os._exit(1)
    os.close(w)
    taken = select.select([r], [], [], TAKEN_WITHIN)[0] and os.read(r, 1)
    os.close(r)
    if not taken:
        # What is left of the request may hold a token: it is not read, and with it nothing that comes after.
        child.end(pid)
        os._exit(1)
    return pid


if __name__ == "__main__":
    main()
