"""What importing takes from the process that imports, and how it is put right in a child."""

import os
import random
import site
import sys


def authkey(module, env):
    module.current_process()._config["authkey"] = module.AuthenticationString(os.urandom(32))


def session(module, env):
    """The key that signs messages to kernels is a default, drawn once; so is the name of the user."""
    module.session_flags["secure"][0]["Session"]["key"] = module.new_id_bytes()
    set_default(module.Session, "username", env.get("USER", "username"))


def parent(module, env):
    """Whose end a kernel takes for its own."""
    set_default(module.IPKernelApp, "parent_handle", int(env.get("JPY_PARENT_PID") or 0))


def set_default(configurable, name, value):
    classes = [configurable]
    while classes:
        one = classes.pop()
        classes += one.__subclasses__()
        getattr(one, name).default_value = value
        if name in one._static_immutable_initial_values:
            one._static_immutable_initial_values[name] = value


def hub(module, env):
    """Where a server is, and its hub."""
    set_default(module.HubAuth, "base_url", env.get("JUPYTERHUB_SERVICE_PREFIX") or "/")
    set_default(module.HubAuth, "api_url", env.get("JUPYTERHUB_API_URL") or "http://127.0.0.1:8081/hub/api")


def application(module, env):
    """Whoever chooses another one than the usual has it chosen when it is imported."""
    if any(name in env for name in VARIABLES[module.__name__]):
        for name in [name for name in sys.modules if f"{name}.".startswith(f"{module.__name__}.")]:
            del sys.modules[name]
        del sys.modules["jupyterhub"].singleuser


def reseed(module, env):
    module.seed()


def websocket_masks(module, env):
    """Drawn from a generator that is made once, as the default of an argument."""
    for default in (module.WebSocketWriter.__init__.__kwdefaults__ or {}).values():
        if isinstance(default, random.Random):
            default.seed()


def parso_cache(module, env):
    module._default_cache_path = module._get_default_cache_path()


def again(module, env):
    """What it keeps is all that it does while imported."""
    module.__spec__.loader.exec_module(module)


def debugger_log(module, env):
    module._pid = os.getpid()


def user_base(module, env):
    site.USER_BASE = site.USER_SITE = None
    site.getusersitepackages()
    known = module._CONFIG_VARS
    if known is not None:
        known["userbase"] = site.USER_BASE


def request_environment(module, env):
    module.BaseHandler.os_environ = module.read_environ()


def nothing(module, env):
    """Reads what another one of these keeps, and keeps nothing itself."""


CORRECTIONS = {
    "multiprocessing.process": authkey,
    "jupyter_client.session": session,
    "ipykernel.kernelapp": parent,
    "jupyterhub.services.auth": hub,
    "jupyterhub.singleuser": application,
    "numpy.random.mtrand": reseed,
    "aiohttp._websocket.writer": websocket_masks,
    "sysconfig": user_base,
    "send2trash.plat_other": again,
    "jedi.settings": again,
    "parso.cache": parso_cache,
    "_pydevd_bundle._debug_adapter.pydevd_schema_log": debugger_log,
    "wsgiref.handlers": request_environment,
    "psutil._pslinux": nothing,
    "debugpy.common.log": nothing,
    "sqlalchemy.util.compat": nothing,
    "zoneinfo._tzpath": nothing,
    "prometheus_client.process_collector": nothing,
}

# Of what these read while imported only this is put right, and all else that they do is looked at as ever.
VARIABLES = {
    "jupyterhub.services.auth": ("JUPYTERHUB_SERVICE_PREFIX", "JUPYTERHUB_API_URL"),
    "jupyterhub.singleuser": ("JUPYTERHUB_SINGLEUSER_EXTENSION", "JUPYTERHUB_SINGLEUSER_APP"),
}


def puts_right(module, variable=None):
    """Whether it does not matter what the module has read there; without a variable, what else it did."""
    return module in CORRECTIONS and (module not in VARIABLES or variable in VARIABLES[module])
