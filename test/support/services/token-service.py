"""A service for programs: they come with a token of the hub, which the hub tells it about (`HubAuth`)."""

import os
from urllib.parse import urlparse

from jupyterhub.services.auth import HubAuth, HubAuthenticated
from tornado import ioloop, web, websocket

HubAuth.instance(cache_max_age=1)


class Who(HubAuthenticated, web.RequestHandler):
    @web.authenticated
    def get(self):
        self.write({"name": self.current_user["name"], "kind": self.current_user["kind"]})


class Seen(web.RequestHandler):
    """Tells anybody what has arrived, and tries to take over the login of whoever asks."""

    def get(self):
        self.add_header("Set-Cookie", "littlehub-session=taken; Path=/")
        self.add_header("Set-Cookie", "own=1; Path=/")
        self.write(dict(self.request.headers))

    post = get


class Echo(websocket.WebSocketHandler):
    def check_origin(self, origin):
        return True

    def open(self):
        self.write_message("open")

    def on_message(self, message):
        self.write_message(message)


prefix = os.environ["JUPYTERHUB_SERVICE_PREFIX"]
address = urlparse(os.environ["JUPYTERHUB_SERVICE_URL"])
web.Application([(prefix, Who), (prefix + "seen", Seen), (prefix + "echo", Echo)]).listen(
    address.port, address.hostname
)
ioloop.IOLoop.current().start()
