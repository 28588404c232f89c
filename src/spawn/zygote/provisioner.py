"""In a server: kernels that are plain ones of its own Python are forked by its nursery, and all others start as ever."""

import asyncio
import contextlib
import json
import os
import pathlib
import resource
import socket
import subprocess
import sys

import child

# prctl(2)
CHILD_SUBREAPER = 36

# A nursery that has not answered by then, in seconds, is not asked again.
ANSWERED_WITHIN = 10

# From there until its ports are bound.
BOUND_WITHIN = 10

# How often other ports are taken, and how long a kernel may take to end that has bound none, in seconds.
OTHER_PORTS, ENDED_WITHIN = 3, 2

LIMITS = [getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")]

adopting = [0]


class Adopted(subprocess.Popen):
    """A child of this process that something else has forked."""

    def __init__(self, command, pid):
        self.found = pid
        super().__init__(command)

    def _execute_child(self, *words, **more):
        self.pid, self._child_created = self.found, True


def register(nursery, keeper):
    """keeper: the pid of who forks. Does nothing where the server has not imported what starts kernels."""
    if "jupyter_client.provisioning" not in sys.modules:
        return
    from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner

    class Forking(LocalProvisioner):
        async def launch_kernel(self, cmd, **kwargs):
            reason = reason_for_cold(cmd, kwargs)
            if not reason:
                reason, pid, is_bound = await fork(nursery, cmd, kwargs)
                for _ in range(OTHER_PORTS):
                    if reason or is_bound or not await has_ended(pid) or not take_other_ports(self, kwargs):
                        break
                    os.waitpid(pid, 0)
                    reason, pid, is_bound = await fork(nursery, cmd, kwargs)
            if reason and nursery.fileno() < 0:
                end_child(keeper)
            if reason:
                self.log.info("Kernel %s starts the ordinary way: %s", self.kernel_id, reason)
                return await super().launch_kernel(cmd, **kwargs)
            self.process = Adopted(cmd, pid)
            self.pid = self.pgid = pid
            self.cwd = kwargs.get("cwd", pathlib.Path.cwd())
            return self.connection_info

    create = KernelProvisionerFactory.create_provisioner_instance

    def create_forking(self, *words, **more):
        made = create(self, *words, **more)
        # Neither another one that the kernel, or the configuration, asks for.
        if type(made) is LocalProvisioner:
            made.__class__ = Forking
        return made

    KernelProvisionerFactory.create_provisioner_instance = create_forking


def reason_for_cold(cmd, kwargs):
    """None, or what is unusual about this kernel."""
    if cmd[0] != sys.executable or cmd[1:3] != ["-m", "ipykernel_launcher"]:
        return "another program than the one that can be forked"
    more = [name for name, value in kwargs.items() if value is not None and name not in ("env", "cwd", "kernel_id", "extra_arguments")]
    return f"it is asked for {more[0]}" if more else None


async def fork(nursery, cmd, kwargs):
    """Returns why it has to be started the ordinary way, or None, the pid of the kernel, and whether it has bound its ports."""
    mine, its = socket.socketpair()
    read, write = os.pipe()
    os.close(write)
    mine.setblocking(False)
    adopt(1)
    try:
        with its:
            socket.send_fds(nursery, [b"k"], [its.fileno(), read, 1, 2])
        said, more = await asyncio.wait_for(ask(mine, cmd, kwargs), ANSWERED_WITHIN)
    except (OSError, ValueError, asyncio.TimeoutError) as e:
        nursery.close()
        mine.close()
        return f"what forks kernels has ended ({type(e).__name__})", None, False
    finally:
        os.close(read)
        adopt(-1)
    if "cold" in said:
        mine.close()
        if "pid" in said:
            os.waitpid(said["pid"], 0)
        return said["cold"], None, False
    return None, said["pid"], bool(more) or await bound(mine)


async def has_ended(pid):
    """Or will have, in a moment. Whoever waits for it may do so yet."""
    for _ in range(ENDED_WITHIN * 100):
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return True
        await asyncio.sleep(0.01)
    return False


def take_other_ports(made, kwargs):
    """Whether a port of its kernel had been taken by somebody else since it was chosen: jupyter_client keeps to it then."""
    from jupyter_client.connect import LocalPortCache, port_names

    manager = made.parent
    if manager.transport != "tcp" or not made.ports_cached or all(is_free(manager.ip, getattr(manager, name)) for name in port_names):
        return False
    for name in port_names:
        setattr(manager, name, LocalPortCache.instance().find_available_port(manager.ip))
    manager.cleanup_connection_file()
    session = (kwargs.get("env") or {}).get("JPY_SESSION_NAME", "")
    manager.write_connection_file(**({"jupyter_session": session} if session else {}))
    made.connection_info = manager.get_connection_info()
    return True


def is_free(ip, port):
    try:
        with socket.create_server((ip, port)):
            return True
    except OSError:
        return False


def end_child(pid):
    """Unless it is none any more: then it may be anybody."""
    with contextlib.suppress(ChildProcessError):
        if os.waitpid(pid, os.WNOHANG)[0] == 0:
            child.end(pid)


def adopt(more):
    """While a kernel is being forked, what loses its parent becomes a child of this process."""
    adopting[0] += more
    child.prctl(CHILD_SUBREAPER, int(adopting[0] > 0))


async def ask(mine, cmd, kwargs):
    loop = asyncio.get_running_loop()
    # A nursery that cannot fork has said so already, and reads nothing.
    with contextlib.suppress(OSError):
        await loop.sock_sendall(mine, json.dumps(request(cmd, kwargs)).encode())
        mine.shutdown(socket.SHUT_WR)
    data = b""
    while b"\n" not in data:
        more = await loop.sock_recv(mine, 1 << 16)
        if not more:
            raise ValueError("no answer")
        data += more
    line, _, rest = data.partition(b"\n")
    return json.loads(line), rest


def request(cmd, kwargs):
    """What a process inherits from the one that starts it."""
    env = dict(os.environ if kwargs.get("env") is None else kwargs["env"])
    with open("/proc/self/status") as status:
        umask = next(int(line.split()[1], 8) for line in status if line.startswith("Umask:"))
    return {
        "argv": [os.path.expanduser(word) for word in cmd], "env": {**env, "JPY_PARENT_PID": str(os.getpid())},
        "cwd": os.path.abspath(kwargs.get("cwd") or "."), "umask": umask,
        "limits": {str(kind): resource.getrlimit(kind) for kind in LIMITS},
    }  # fmt: skip


async def bound(mine):
    """The kernel says so then; it closes it without a word when it ends."""
    with mine:
        try:
            return bool(await asyncio.wait_for(asyncio.get_running_loop().sock_recv(mine, 1), BOUND_WITHIN))
        except (OSError, asyncio.TimeoutError):
            return False
