"""What importing takes from the process that imports, and how it is put right in a child."""

import os
import site


def authkey(module, env):
    module.current_process()._config["authkey"] = module.AuthenticationString(os.urandom(32))


def session(module, env):
    """The key that signs messages to kernels is a default, drawn once; so is the name of the user."""
    module.session_flags["secure"][0]["Session"]["key"] = module.new_id_bytes()
    classes = [module.Session]
    while classes:
        one = classes.pop()
        classes += one.__subclasses__()
        one.username.default_value = one._static_immutable_initial_values["username"] = env.get("USER", "username")


def user_base(module, env):
    site.USER_BASE = site.USER_SITE = None
    site.getusersitepackages()
    known = module._CONFIG_VARS
    if known is not None:
        known["userbase"] = site.USER_BASE


def trash(module, env):
    """Keeps the path of the user's trash."""
    module.__spec__.loader.exec_module(module)


def request_environment(module, env):
    module.BaseHandler.os_environ = module.read_environ()


def nothing(module, env):
    """Reads what another one of these keeps, and keeps nothing itself."""


CORRECTIONS = {
    "multiprocessing.process": authkey,
    "jupyter_client.session": session,
    "sysconfig": user_base,
    "send2trash.plat_other": trash,
    "wsgiref.handlers": request_environment,
    "sqlalchemy.util.compat": nothing,
    "zoneinfo._tzpath": nothing,
}
