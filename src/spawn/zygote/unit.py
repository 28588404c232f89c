"""A server that takes the place of the program which a unit of systemd was started with, in the same sandbox."""

import os
import signal
import socket
import sys
import time

import child
import sandbox

# What is the student's may hang, and so may a child that is theirs already: it gets this many seconds, and as many as
# this to begin. Together less than the hub's patience with all that is forked here, which is everybody's.
READY_WITHIN, BEGUN_WITHIN = 10, 3


def start(asked, known, answers):
    """Never returns. Stays what it is, root outside of the unit, and forks who goes in; then it ends, so that systemd,
    which the server has for a parent from then on, is told how that ends."""
    ours, theirs = socket.socketpair()
    pid = 0
    try:
        place = sandbox.Sandbox(asked["holder"], asked["group"], asked["uid"], asked["program"])
        pid = os.fork()
        if pid == 0:
            try:
                enter(asked, known, place, theirs)
            finally:
                os._exit(1)
        theirs.close()
        ours.settimeout(READY_WITHIN)
        try:
            said = ours.recv(1 << 12).decode() or "the forked process ended at once"
        except socket.timeout:
            said = "the forked process did not get ready"
        if said != "ready":
            raise child.Unusual(said)
        difference = place.difference(pid)
        if difference:
            raise child.Unusual(f"the sandbox of a forked server is another one: {difference}")
        with open(asked["pid_file"], "x") as file:
            file.write(f"{pid}\n")
        ours.settimeout(BEGUN_WITHIN)
        ours.send(b"go")
        if ours.recv(2) != b"ok":
            raise child.Unusual("the forked process ended at once")
    except Exception as e:
        if pid:
            child.end(pid)
        child.answer(answers, asked, cold=child.reason_of(e))
        os._exit(0)
    child.answer(answers, asked, pid=pid)
    os._exit(0)


def enter(asked, known, place, channel):
    """Never returns: becomes the server."""
    parent = os.getppid()
    try:
        child.die_with(parent)
        place.join()
        os.setsid()
        for number, file in enumerate(place.files):
            os.dup2(file, number)
        child.close_all_but({0, 1, 2, channel.fileno(), place.pidfd, place.folder, *place.places.values()})
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        place.enter()
        child.die_with(parent)
        child.put_right("server", environment_of(asked, place), known)
        child.be_script(asked["argv"])
        child.show([sys.executable, *asked["argv"]], asked["argv"][0])
    except Exception as e:
        channel.send(child.reason_of(e).encode())
        os._exit(1)
    channel.send(b"ready")
    if channel.recv(2) != b"go":
        os._exit(1)
    child.prctl(child.PDEATHSIG, 0)
    channel.send(b"ok")
    while os.getppid() == parent:
        time.sleep(0.0005)
    # Its end makes systemd read who is the main process now.
    signal.pidfd_send_signal(place.pidfd, signal.SIGTERM)
    child.close_all_but({0, 1, 2})
    child.go(asked, known)


def environment_of(asked, place):
    """As if systemd had started it, without what it only says to who is to write the file."""
    env = {**place.environment, "SYSTEMD_EXEC_PID": str(os.getpid())}
    return {name: value for name, value in env.items() if (name, value) != ("PIDFILE", asked["pid_file"])}
