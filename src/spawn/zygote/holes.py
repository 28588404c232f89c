"""Fills what is free between memory in use, before a process is forked: what children then need lies close together.

In a hole each object would lie on a page that is shared until then. What fills them is never used, nor given back.
"""

import ctypes
import os
import sys
import tempfile

libc = ctypes.CDLL(None)
libc.malloc.restype = libc.sbrk.restype = ctypes.c_void_p
libc.malloc.argtypes, libc.free.argtypes, libc.sbrk.argtypes = [ctypes.c_size_t], [ctypes.c_void_p], [ctypes.c_ssize_t]

# As large as what comes from the heap may be; what is larger the kernel is asked for.
LARGEST = 100 * 1024

# Holes as large as that there are less of.
MOST = 200

kept = []


def fill():
    fill_blocks()
    fill_chunks()


def fill_blocks():
    """Of Python's own allocator, which has each size by itself."""
    for size, count in free_blocks():
        kept.append([fitting(size, number) for number in range(count)])


def fitting(size, number):
    """An object that takes one block of this size."""
    if size < 48:
        return object() if size < 32 else number + 0.5
    return bytes(size - sys.getsizeof(b""))


def free_blocks():
    """Sizes, and how many of each are free: there is no other way to learn that than to read what is meant for people."""
    rows = [line.replace(",", "").split() for line in statistics().splitlines()]
    # class, size, pools, blocks in use, free blocks
    return [(int(row[1]), int(row[4])) for row in rows if len(row) == 5 and all(word.isdigit() for word in row)]


def statistics():
    with tempfile.TemporaryFile() as file:
        real = os.dup(2)
        os.dup2(file.fileno(), 2)
        try:
            sys._debugmallocstats()
        finally:
            os.dup2(real, 2)
            os.close(real)
        file.seek(0)
        return file.read().decode()


def fill_chunks():
    """Of the C library's: of each size all that it does not have to take from the end of its heap."""
    end = last_chunk()
    if not end:
        return
    for size in (*range(64 * 1024, 1024, -1024), *range(1032, 8, -16)):
        while True:
            one = libc.malloc(size)
            if not one:
                return
            if one >= end:
                libc.free(one)
                break


def last_chunk():
    """Where the heap has grown to; None when it does not grow, as with another library."""
    end = libc.sbrk(0)
    for _ in range(MOST):
        one = libc.malloc(LARGEST)
        if libc.sbrk(0) != end:
            libc.free(one)
            return one
    return None
