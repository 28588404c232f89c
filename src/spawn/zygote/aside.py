"""Modules that are there already, but that a program of this kind has not imported: it finds them when it does."""

import sys

import shared


class Finder:
    """Gives back a module, when what would be imported now is the file that it was made from."""

    def __init__(self, modules, imports):
        self.modules, self.imports = modules, imports

    def find_spec(self, name, path=None, target=None):
        module = self.modules.get(name)
        if module is None:
            return None
        finders = [one for one in sys.meta_path if one is not self and hasattr(one, "find_spec")]
        spec = next(filter(None, (one.find_spec(name, path, target) for one in finders)), None)
        if spec is None or spec.origin != module.__spec__.origin or spec.loader is None:
            # Another one of that name: a student's own, or it was installed anew.
            self.modules.pop(name)
            return spec
        spec.loader = Loader(spec.loader, module, self)
        return spec

    def give_back(self, name):
        """With all that it has imported itself, as if that happened now."""
        todo = [name]
        while todo:
            one = todo.pop()
            module = self.modules.pop(one, None)
            if module is not None:
                sys.modules.setdefault(one, module)
                todo += [*self.imports.get(one, ()), one.rpartition(".")[0]]


class Loader:
    """In all else the one that would load it."""

    def __init__(self, real, module, finder):
        self.real, self.module, self.spec, self.finder = real, module, module.__spec__, finder

    def __getattr__(self, name):
        return getattr(self.real, name)

    def create_module(self, spec):
        return self.module

    def exec_module(self, module):
        module.__spec__ = self.spec
        self.finder.give_back(self.spec.name)


def hidden(kept):
    """Those that are not kept, of all that are there; a name that its module does not have itself is an importer's."""
    modules = [(shared.copy(name), one) for name, one in sys.modules.items()]
    return {name: one for name, one in modules if name not in kept and getattr(getattr(one, "__spec__", None), "name", None) == name}


def put(modules, imports):
    """Hides these, and no others. Touches as few as can be: each one is a page of memory that a child no longer shares."""
    before = next((one.modules for one in sys.meta_path if isinstance(one, Finder)), {})
    sys.meta_path[:] = [one for one in sys.meta_path if not isinstance(one, Finder)]
    for name in before.keys() - modules.keys():
        sys.modules.setdefault(name, before[name])
    for name in modules.keys() - before.keys():
        if sys.modules.get(name) is modules[name]:
            del sys.modules[name]
    sys.meta_path.insert(0, Finder(modules, imports))
