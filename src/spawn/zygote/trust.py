"""Whose files may be run, or believed."""

import os
import stat


def foreign(path, trusted):
    """Whether somebody else than these could put other code into a file."""
    while path and path != "/":
        try:
            found = os.lstat(path)
        except OSError:
            return True
        # In a folder like /tmp nobody can replace what belongs to others.
        open_to_all = found.st_mode & 0o022 and not found.st_mode & stat.S_ISVTX and not stat.S_ISLNK(found.st_mode)
        if found.st_uid not in trusted or open_to_all:
            return True
        path = os.path.dirname(path)
    return False
