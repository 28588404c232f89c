/** What to do about a server that ended: known causes, told by its exit code and its last words. */

type Hint = {
  readonly pattern: RegExp
  /** With what the pattern caught, if anything. */
  readonly sentence: (caught: string) => string
}

/** The first one that fits is the one that is told: what a program says of itself before what its exit code may mean. */
const byWords: readonly Hint[] = [
  {
    pattern: /No space left on device|\bENOSPC\b|Disk quota exceeded|database or disk is full/i,
    sentence: () => 'The disk is full: delete what is no longer needed, or ask an admin for room.',
  },
  {
    pattern: /Running as root is not recommended/,
    sentence: () =>
      'Jupyter refuses to run as root: let servers run as unprivileged users (spawner.process.run_as: range), or add --allow-root to spawner.args.',
  },
  {
    pattern: /(?:Address already in use|EADDRINUSE|port \d+ is already in use)/i,
    sentence: () =>
      "Another program took the server's port at that moment: start the server again.",
  },
  {
    pattern: /(?:ModuleNotFoundError|ImportError): No module named '?([\w.-]{1,80})/,
    sentence: (name) =>
      `The Python environment of the servers lacks the package ${name}: an admin can install it there.`,
  },
  {
    pattern: /(?:Failed to connect to|Error connecting to|contacting) (?:my )?Hub\b/i,
    sentence: () =>
      'The server could not reach the hub: look at the log of the hub, and whether a firewall or proxy setting stands between programs on this machine.',
  },
  {
    pattern:
      /ImportError: cannot import name|VersionConflict|ContextualVersionConflict|DistributionNotFound|but you have .{1,80} which is incompatible/,
    sentence: () =>
      'The Python packages of the servers do not fit each other: an admin can install them again at versions that do.',
  },
  {
    pattern: /Unrecognized (?:alias|flag|option)|unrecognized arguments?:|No such option/i,
    sentence: () => 'The program does not know one of its arguments: look at spawner.args.',
  },
  {
    pattern: /MemoryError|Cannot allocate memory|\bENOMEM\b|out of memory/i,
    sentence: () => memory,
  },
  {
    pattern: /Too many open files|\bEMFILE\b|\bENFILE\b/i,
    sentence: () => 'Too many files are open: an admin can raise the limit (ulimit -n) of the hub.',
  },
  {
    // What starts servers as other accounts, and their groups.
    pattern: /^setpriv: uid \d+ not found/m,
    sentence: () => 'The unix account of this server is gone: an admin can make it again.',
  },
  {
    pattern: /Permission denied|PermissionError|\bEACCES\b/,
    sentence: () =>
      "A file or folder is closed to the server's user: look at the last lines for its name, and at the permissions of it and of the folders above it.",
  },
]

const memory = 'There was not enough memory: stop other servers, or ask an admin for more.'

const byExitCode: Readonly<Record<number, string>> = {
  0: 'The program ended without an error: look at its last lines, and whether spawner.cmd is a program that stays.',
  126: 'The program cannot be executed by this user: look at its permissions, and those of the folders above it.',
  127: 'The program was not found: look at spawner.cmd and spawner.path.',
  132: 'The program was built for another processor: an admin can install its packages again.',
  137: 'The program was killed, most likely because it or the machine ran out of memory: use less data at once, or stop other servers.',
  139: 'The program crashed: an admin can install its Python packages again.',
}

/** One sentence on what to do; undefined when nothing is known. */
export function hintFor(
  exitCode: number | undefined,
  lines: readonly string[],
): string | undefined {
  const text = lines.join('\n')
  for (const { pattern, sentence } of byWords) {
    const match = pattern.exec(text)
    if (match !== null) return sentence(match[1] ?? '')
  }
  return exitCode === undefined ? undefined : byExitCode[exitCode]
}
