"""Runs the server once on trial, in a process that is thrown away, and tells which modules it came to import."""

import http.server
import json
import os
import runpy
import shutil
import socket
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

import asks
import child

# What the first minute of a lesson asks for.
PAGES = ("api/status", "lab", "tree", "api/contents", "api/kernelspecs", "api/sessions", "lab/api/settings")

# They act on the process that imports them, or are loaded by the interpreter itself.
NEVER = ("__main__", "__mp_main__", "sitecustomize", "usercustomize")

SCOPES = ["access:servers!server=trial/", "access:servers!user=trial"]


class Hub(http.server.BaseHTTPRequestHandler):
    """As much of a hub as a server asks for: its version, whose token it is, where activity goes."""

    def do_GET(self):
        user = {"name": "trial", "kind": "user", "admin": False, "groups": [], "session_id": None, "scopes": SCOPES}
        self.rfile.read(int(self.headers.get("content-length") or 0))
        data = json.dumps(user if self.path.endswith("/user") else {"version": "6.1.1"}).encode()
        self.send_response(200)
        self.send_header("X-JupyterHub-Version", "6.1.1")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_POST = do_GET

    def log_message(self, *args):
        pass


def run(script, report):
    """Reports names of modules, in the order of their import, and what npm says."""
    os.setsid()
    home = make_home()
    child.be_nobody()
    be_silent()
    os.chdir(home)
    hub = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=hub.serve_forever, daemon=True).start()
    url, token = f"http://127.0.0.1:{free_port()}/user/trial/", os.urandom(16).hex()
    os.environ.update(environment(home, f"http://127.0.0.1:{hub.server_port}", url, token))
    threading.Thread(target=visit, args=(url, token, home, report), daemon=True).start()
    sys.argv = [script]
    sys.path.insert(0, os.path.dirname(script))
    runpy.run_path(script, run_name="__main__")


def make_home():
    home = tempfile.mkdtemp(prefix="littlehub-trial-")
    if os.getuid() == 0:
        os.chown(home, child.NOBODY, child.NOBODY)
    return home


def be_silent():
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)


def visit(url, token, home, report):
    """Uses the server as a student does who begins, then tells what it has come to import, and ends the process."""
    try:
        until_it_answers(url)
        for page in PAGES:
            ask("GET", url + page, token)
        kernel = json.loads(ask("POST", url + "api/kernels", token, b"{}")).get("id")
        ask("DELETE", f"{url}api/kernels/{kernel}", token)
        npm = asks.learn()
        modules = list(sys.modules.items())
        names = [name for name, module in modules if name not in NEVER and is_named(module, name)]
        with open(report, "w") as file:
            json.dump({"modules": names, "npm": npm}, file)
    finally:
        shutil.rmtree(home, ignore_errors=True)
        os._exit(0)


def is_named(module, name):
    """Not one of ours, nor one that is known by a second name, which its importer gave it."""
    spec = getattr(module, "__spec__", None)
    is_ours = os.path.dirname(getattr(module, "__file__", None) or "") == os.path.dirname(__file__)
    return spec is not None and spec.name == name and not is_ours


def until_it_answers(url):
    while True:
        try:
            return ask("GET", url + "api")
        except OSError:
            time.sleep(0.1)


def ask(method, url, token="", data=None):
    headers = {"Authorization": f"token {token}", "Content-Type": "application/json"}
    try:
        request = urllib.request.Request(url, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.read()
    except urllib.error.HTTPError as e:
        # Not every server has every page.
        return e.read()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def environment(home, hub, url, token):
    return {
        "HOME": home, "USER": "trial", "LOGNAME": "trial", "SHELL": "/bin/sh", "JUPYTERHUB_API_TOKEN": token,
        "JPY_API_TOKEN": token, "JUPYTERHUB_CLIENT_ID": "jupyterhub-user-trial", "JUPYTERHUB_HOST": "",
        "JUPYTERHUB_USER": "trial", "JUPYTERHUB_SERVER_NAME": "", "JUPYTERHUB_BASE_URL": "/",
        "JUPYTERHUB_SERVICE_PREFIX": "/user/trial/", "JUPYTERHUB_SERVICE_URL": url, "JUPYTERHUB_API_URL": f"{hub}/hub/api",
        "JUPYTERHUB_ACTIVITY_URL": f"{hub}/hub/api/users/trial/activity",
        "JUPYTERHUB_OAUTH_CALLBACK_URL": "/user/trial/oauth_callback", "JUPYTERHUB_OAUTH_SCOPES": json.dumps(SCOPES),
        "JUPYTERHUB_OAUTH_ACCESS_SCOPES": json.dumps(SCOPES), "JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES": "[]",
    }  # fmt: skip
