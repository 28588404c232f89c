"""A service for people: it logs them in with the hub (`HubOAuth`) and tells them who they are."""

import os
import secrets
from urllib.parse import urlparse

from jupyterhub.services.auth import HubOAuth, HubOAuthCallbackHandler, HubOAuthenticated
from tornado import ioloop, web

HubOAuth.instance(cache_max_age=1)


class Who(HubOAuthenticated, web.RequestHandler):
    @web.authenticated
    def get(self):
        self.write(
            {
                "name": self.current_user["name"],
                "scopes": self.current_user["scopes"],
                "cookie": self.request.headers.get("Cookie", ""),
            }
        )


prefix = os.environ["JUPYTERHUB_SERVICE_PREFIX"]
address = urlparse(os.environ["JUPYTERHUB_SERVICE_URL"])
web.Application(
    [(prefix, Who), (prefix + "oauth_callback", HubOAuthCallbackHandler)],
    cookie_secret=secrets.token_bytes(32),
).listen(address.port, address.hostname)
ioloop.IOLoop.current().start()
