/** Whether the Jupyter server of a command takes a Unix socket, read from what is installed where it comes from. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { pythonOf } from './console-script.ts'
import { findProgram } from './find-program.ts'
import { type SpawnRequest } from './spawner.ts'

/** Before this JupyterHub ran the classic Notebook, which has another name for that setting. */
const oldestHub = 2

/**
 * Jupyter Server has taken sockets since its first version; the classic Notebook is told by `JUPYTERHUB_SINGLEUSER_APP`,
 * or is all there is.
 * @returns undefined when it cannot be found out, as of a script of another kind.
 */
export function takesSocket({
  command,
  environment,
}: Pick<SpawnRequest, 'command' | 'environment'>): boolean | undefined {
  const { JUPYTERHUB_SINGLEUSER_APP: app = '', PATH = '' } = environment
  if (app !== '' && !/jupyter[-_]server|^extension$/.test(app)) return false
  const script = findProgram(command[0] ?? '', PATH)
  const python = script === undefined ? undefined : pythonOf(script)
  if (python === undefined) return undefined
  const folders = packageFolders(path.dirname(path.dirname(python))).flatMap(withOthers)
  const hub = majorOf('jupyterhub', folders)
  if (hub === undefined) return undefined
  return hub >= oldestHub && folders.some((dir) => existsSync(path.join(dir, 'jupyter_server')))
}

/** Those of a virtual environment, of conda, of Debian. @param prefix the interpreter's */
function packageFolders(prefix: string): string[] {
  const libraries = ['lib', 'lib64', 'local/lib'].map((name) => path.join(prefix, name))
  return libraries.flatMap((library) =>
    namesIn(library)
      .filter((name) => /^python3[.\d]*$/.test(name))
      .flatMap((name) =>
        ['site-packages', 'dist-packages'].map((end) => `${library}/${name}/${end}`),
      ),
  )
}

/** And those that are named in it. @see Python's module `site`, for files that end in `.pth` */
function withOthers(dir: string): string[] {
  const files = namesIn(dir).filter((name) => name.endsWith('.pth'))
  const lines = files.flatMap((name) => readFileSync(path.join(dir, name), 'utf8').split('\n'))
  return [dir, ...lines.filter((line) => line.startsWith('/'))]
}

/** By the folder or file that an installer leaves beside a package. */
function majorOf(name: string, folders: readonly string[]): number | undefined {
  const found = folders
    .flatMap(namesIn)
    .map((file) => new RegExp(`^${name}-(\\d+)\\..*(?:dist|egg)-info$`).exec(file)?.[1])
    .find((version) => version !== undefined)
  return found === undefined ? undefined : Number(found)
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch {
    return []
  }
}
