/** What people are told to do about a server that ended. */
import t from 'tap'
import { hintFor } from '../../src/spawn/hints.ts'

const cases: readonly (readonly [number | undefined, string, RegExp | undefined])[] = [
  [1, "OSError: [Errno 28] No space left on device: '/home/x'", /^The disk is full/],
  [1, 'sqlite3.OperationalError: database or disk is full', /^The disk is full/],
  [1, '[C] Running as root is not recommended. Use --allow-root to bypass.', /run_as: range/],
  [1, 'OSError: [Errno 98] Address already in use', /start the server again/],
  [1, 'The port 4711 is already in use', /start the server again/],
  [1, "ModuleNotFoundError: No module named 'jupyterhub'", /lacks the package jupyterhub:/],
  [1, 'ImportError: No module named jupyter_server.auth', /lacks the package jupyter_server.auth:/],
  [1, 'Failed to connect to my Hub at http://127.0.0.1:1/hub/api (attempt 5/5).', /reach the hub/],
  [1, "ImportError: cannot import name 'x' from 'traitlets'", /do not fit each other/],
  [2, 'jupyterhub-singleuser: error: unrecognized arguments: --lba', /spawner\.args/],
  [1, '[C] Unrecognized alias: lba', /spawner\.args/],
  [1, 'MemoryError', /not enough memory/],
  [1, 'OSError: [Errno 24] Too many open files', /ulimit -n/],
  [1, "PermissionError: [Errno 13] Permission denied: '/srv/x'", /closed to the server's user/],
  [137, "PermissionError: [Errno 13] Permission denied: '/srv/x'", /closed to the server's user/],
  [0, 'bye', /ended without an error/],
  [126, '', /cannot be executed/],
  [127, 'setpriv: failed to execute x: No such file or directory', /spawner\.cmd/],
  [1, 'setpriv: uid 1007 not found, --init-groups requires an user that can be found', /is gone/],
  [132, '', /another processor/],
  [137, '', /ran out of memory/],
  [139, 'Segmentation fault', /crashed/],
  [1, 'something else', undefined],
  [undefined, 'something else', undefined],
  [undefined, 'No space left on device', /^The disk is full/],
]

t.test('a known cause gets one sentence on what to do', async (t) => {
  for (const [exitCode, line, expected] of cases) {
    const hint = hintFor(exitCode, ['before', line, 'after'])
    if (expected === undefined) t.equal(hint, undefined, line)
    else t.match(hint, expected, line)
    if (hint !== undefined) t.match(hint, /^[A-Z][^\n]*\.$/)
  }
})

t.test('a server cannot make the hub think for long', async (t) => {
  const long = 'but you have '.repeat(20_000)
  t.equal(hintFor(1, [long, long]), undefined)
})
