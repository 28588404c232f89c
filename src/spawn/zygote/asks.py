"""Programs that each server would run when it begins, though the answer is known or thrown away: they take more than the rest of a start."""

import contextlib
import functools
import os
import shutil
import subprocess
import sys

import trust

CLI = "npm-cli.js"


def learn():
    """What npm says of where its packages are, to somebody without a configuration; None when there is none to be asked."""
    npm = shutil.which("npm")
    if not npm or os.path.basename(os.path.realpath(npm)) != CLI:
        return None
    asked = subprocess.run([npm, "prefix", "-g"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60)
    return os.fsdecode(asked.stdout).strip() if asked.returncode == 0 else None


def keep(prefix, seen):
    """What has to be as it is now for this answer to be npm's; None when it cannot be one. seen: tells whether a file is another one."""
    npm, node = shutil.which("npm"), shutil.which("node")
    # Who could put packages there could have every server run them.
    if not prefix or not npm or not node or trust.foreign(prefix, {0, os.getuid()}):
        return None
    real = os.path.realpath(npm)
    package = os.path.dirname(os.path.dirname(real))
    places = [real, os.path.realpath(node), os.path.join(package, "package.json"), os.path.join(package, "npmrc")]
    places += [os.path.join(prefix, "etc", "npmrc"), "/etc/npmrc"]
    return {"npm": npm, "prefix": prefix, "path": os.environ["PATH"], "seen": seen, "places": [(place, seen(place)) for place in places]}


def holds(kept, npm):
    """Whether npm would say the same here. It is configured by variables, and by files of the user and of the machine."""
    env = os.environ
    return (
        npm == kept["npm"]
        and env.get("PATH") == kept["path"]
        and not any(name.upper().startswith(("NPM_", "NODE_")) or name in ("PREFIX", "DESTDIR") for name in env)
        and not os.path.lexists(os.path.join(env.get("HOME", "/"), ".npmrc"))
        and all(kept["seen"](place) == was for place, was in kept["places"])
    )


def spare(kept):
    """In a server that has not begun. kept: as above. Another version may ask in another way; then it does."""
    with contextlib.suppress(KeyError, AttributeError):
        if kept:
            know_prefix(sys.modules["jupyter_lsp.types"].LanguageServerManagerAPI, kept)
    with contextlib.suppress(KeyError, AttributeError):
        need_no_registry(sys.modules["jupyterlab.commands"])


def know_prefix(manager, kept):
    """Language servers are looked for among npm's packages."""
    ask = manager._npm_prefix

    @functools.wraps(ask)
    def prefix(self, npm):
        return kept["prefix"] if holds(kept, npm) else ask(self, npm)

    manager._npm_prefix = prefix


def need_no_registry(commands):
    """While JupyterLab's application is imported it asks itself for its version, which no registry of packages has a part in."""
    ask = commands._yarn_config

    @functools.wraps(ask)
    def config(logger):
        spec = getattr(sys.modules.get("jupyterlab.labapp"), "__spec__", None)
        return {"yarn config": {}, "npm config": {}} if getattr(spec, "_initializing", False) else ask(logger)

    commands._yarn_config = config
