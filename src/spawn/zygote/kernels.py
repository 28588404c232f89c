"""The nursery of a server: a child of it that has imported what a kernel imports, and forks its kernels.

It is forked before anything of the user's runs, and knows nobody but its server. Over their socket it gets a byte for
each kernel, with the kernel's own socket and its standard input, output and error. Over that socket comes the request,
and one line goes back; a byte more says that the kernel's ports are bound.

    -> {"argv": [python, "-m", "ipykernel_launcher", ...], "env": {...}, "cwd": ..., "umask": 63, "limits": {"7": [1024, 4096]}}
    <- {"pid": 4711}, or with {"cold": reason}: then nothing runs, and it has to be started the ordinary way
"""

import contextlib
import json
import os
import resource
import runpy
import signal
import socket
import sys
import time

import child

MODULE = "ipykernel_launcher"

# More bytes than any program can be started with.
MOST_WORDS = 1 << 23

# How long a kernel waits to become its server's child, in seconds: until its parent has ended.
ADOPTED_WITHIN = 5


def begin(known):
    """Returns the server's end of the socket, and who is at the other one."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    # One that does not read must not stop its server.
    ours.setblocking(False)
    server = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            child.die_with(server)
            child.close_all_but({0, 1, 2, theirs.fileno()})
            os.setsid()
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            child.show(["kernels"], "kernels")
            child.open_to_owner()
            serve(theirs, server, known)
        finally:
            os._exit(1)
    theirs.close()
    return ours, pid


def serve(channel, server, known):
    while True:
        data, files, _, _ = socket.recv_fds(channel, 1, 4)
        if not data:
            os._exit(0)
        try:
            pid = os.fork()
        except OSError as e:
            # There are too many processes, or too little memory, now.
            pid = None
            with contextlib.suppress(OSError):
                answer(files[0], cold=child.reason_of(e))
        if pid == 0:
            bear(server, known, *files)
        for file in files:
            os.close(file)
        if pid:
            os.waitpid(pid, 0)


def bear(server, known, request, *standard):
    """Forks the kernel and ends, so that the server becomes its parent. Never returns."""
    try:
        child.prctl(child.PDEATHSIG, 0)
        asked = json.loads(read_all(request))
        reason = child.reason_for_cold("kernel", asked["env"], known)
        if reason:
            answer(request, cold=reason)
        elif os.fork() == 0:
            be_kernel(server, known, asked, request, standard)
    except Exception as e:
        answer(request, cold=child.reason_of(e))
    finally:
        os._exit(0)


def read_all(file):
    data = bytearray()
    while more := os.read(file, 1 << 16):
        data += more
        if len(data) > MOST_WORDS:
            raise child.Unusual("it is asked for with too many words")
    return data


def answer(request, **words):
    os.write(request, (json.dumps(words) + "\n").encode())


def be_kernel(server, known, asked, request, standard):
    end = time.monotonic() + ADOPTED_WITHIN
    while os.getppid() != server:
        if time.monotonic() > end:
            os._exit(1)
        time.sleep(0.0005)
    try:
        os.setsid()
        for file, number in zip(standard, (0, 1, 2)):
            os.dup2(file, number)
        child.close_all_but({0, 1, 2, request})
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.chdir(asked["cwd"])
        os.umask(asked["umask"])
        for kind, limits in asked["limits"].items():
            if resource.getrlimit(int(kind)) != tuple(limits):
                resource.setrlimit(int(kind), limits)
        child.put_right("kernel", asked["env"], known)
        be_program(asked["argv"])
        say_when_bound(request)
    except Exception as e:
        answer(request, pid=os.getpid(), cold=child.reason_of(e))
        os._exit(0)
    answer(request, pid=os.getpid())
    child.end_as(lambda: runpy._run_module_as_main(MODULE))


def be_program(argv):
    """What the interpreter makes of `python -m`."""
    child.be_main()
    sys.path.insert(0, os.getcwd())
    sys.orig_argv = list(argv)
    sys.argv = ["-m", *argv[3:]]
    child.show(argv, argv[0])


def say_when_bound(request):
    """A client that connects before loses time, until it tries again."""
    from ipykernel.kernelapp import IPKernelApp

    write = IPKernelApp.write_connection_file

    def write_when_bound(app, **words):
        IPKernelApp.write_connection_file = write
        with contextlib.suppress(OSError):
            os.write(request, b"b")
        os.close(request)
        return write(app, **words)

    IPKernelApp.write_connection_file = write_when_bound
