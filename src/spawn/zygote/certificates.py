"""The certificates of authorities, read once for all servers: each makes a TLS context of them when it begins, and seldom uses it."""

import functools
import os
import sys


def read(seen):
    """A context as httpx makes it, and of what; None where there is no httpx. seen: tells whether a file is another one."""
    if "httpx" not in sys.modules or "certifi" not in sys.modules:
        return None
    try:
        import ssl

        file = sys.modules["certifi"].where()
        was, context = seen(file), ssl.create_default_context(cafile=file)
    except Exception:
        # Servers will tell.
        return None
    return {"file": file, "was": was, "seen": seen, "contexts": [context]}


def hand_over(kept):
    """To the first who asks for the same in a server. What all have of it, the keys of tickets, no client's context uses."""
    if not kept:
        return
    import ssl

    make = ssl.create_default_context

    @functools.wraps(make)
    def create(*words, **more):
        is_same = not words and more == {"cafile": kept["file"]} and "SSLKEYLOGFILE" not in os.environ
        if is_same and kept["contexts"] and kept["seen"](kept["file"]) == kept["was"]:
            return kept["contexts"].pop()
        return make(*words, **more)

    ssl.create_default_context = create
