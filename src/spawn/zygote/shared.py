"""What is done to the memory of a process before it is forked, so that its children write to less of it.

To use an object is to write to it: Python counts there who uses it. The first write to a page makes a copy of its own.
"""

import contextlib
import gc
import importlib
import sys

import holes


@contextlib.contextmanager
def side_by_side(count):
    """Modules that are imported meanwhile lie beside each other: many programs look at all of them."""
    bootstrap = importlib._bootstrap
    make = getattr(bootstrap, "_new_module", None)
    blank = [type(sys)("") for _ in range(count if make else 0)][::-1]

    def new(name):
        if not blank:
            return make(name)
        module = blank.pop()
        module.__init__(name)
        return module

    if make:
        bootstrap._new_module = new
    try:
        yield
    finally:
        if make:
            bootstrap._new_module = make


def copy(text):
    """One that nobody else uses."""
    return "".join([text[:1], text[1:]])


def own_names(values):
    """Has values under names that nobody else uses."""
    items = [(copy(name), value) for name, value in values.items()]
    values.clear()
    values.update(items)


def settle():
    """The last step before the first fork."""
    gc.collect()
    with contextlib.suppress(AttributeError):
        # Each entry that a child replaces would be a write to a name that is used no more.
        sys._clear_type_cache()
    with contextlib.suppress(AttributeError, OSError):
        holes.fill()
    gc.freeze()
