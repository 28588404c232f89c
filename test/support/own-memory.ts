/** Code for a process in Python to search its own memory, and to try what it can do to others. */

/** Which of these words are in its memory; they are told in halves, so that they are not there already. */
export const searchMemory = (words: readonly string[]): string => `
words = ${JSON.stringify(words.map((word) => [word.slice(0, 4), word.slice(4)]))}
out = []
with open('/proc/self/maps') as maps, open('/proc/self/mem', 'rb', 0) as memory:
    for line in maps:
        begin, end = (int(one, 16) for one in line.split()[0].split('-'))
        if 'r' not in line.split()[1] or '[v' in line: continue
        try:
            memory.seek(begin); data = memory.read(end - begin)
        except (OSError, ValueError): continue
        for one, two in words:
            first, second = one.encode(), two.encode()
            at = data.find(first)
            while at >= 0:
                if data[at + len(first):at + len(first) + len(second)] == second: out.append(one + ' ' + two); break
                at = data.find(first, at + 1)
out = sorted(set(out))`

/** What a process does to another one if it is let; each is 'could' or 'no'. */
export const tryAll = (pids: readonly number[]): string => `
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def trace(pid):
    if libc.ptrace(16, pid, 0, 0) < 0: raise OSError(ctypes.get_errno(), '')
def take(pid):
    for number in range(8):
        if libc.syscall(438, os.pidfd_open(pid), number, 0) >= 0: return
    raise OSError(ctypes.get_errno(), '')
out = {}
for pid in ${JSON.stringify(pids)}:
    for name, act in (('memory', lambda: open(f'/proc/{pid}/mem', 'rb')), ('environment', lambda: open(f'/proc/{pid}/environ').read()),
                      ('map', lambda: open(f'/proc/{pid}/maps').read()), ('files', lambda: os.listdir(f'/proc/{pid}/fd')),
                      ('input', lambda: open(f'/proc/{pid}/fd/0', 'wb')), ('output', lambda: open(f'/proc/{pid}/fd/1', 'rb')),
                      ('a copy of a file', lambda: take(pid)), ('trace', lambda: trace(pid)), ('signal', lambda: os.kill(pid, 0))):
        try: act(); out[f'{name} {pid}'] = 'could'
        except OSError as e: out[f'{name} {pid}'] = 'no'`
