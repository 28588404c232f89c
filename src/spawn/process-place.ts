/** Where servers that are local processes listen: on a socket that only their account reaches, or on a port of loopback. */
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmdirSync,
  statSync,
  unlinkSync,
} from 'node:fs'
import path from 'node:path'
import { errorCode } from '../lib/errors.ts'
import { type Log } from '../lib/log.ts'
import { newId } from '../lib/secret.ts'
import { type Account } from './account.ts'
import { createPorts } from './ports.ts'
import { listensOnSocket, portPlace, socketPlace, type Place } from './server-place.ts'
import { socketIn } from './socket-folder.ts'
import { type SpawnRequest } from './spawner.ts'

export interface ProcessPlaces {
  /** For the next run of a server; nothing of another run is there. */
  take(request: SpawnRequest, account: Account): Promise<Place>
  /** When nothing of that run is left. */
  release(place: Place): void
}

/** The longest name of a socket, in bytes. @see unix(7) `sun_path` */
const longestSocket = 107

/** Where folders of sockets are made that cannot be in the data folder, since its name is too long, or it is closed. */
const elsewhere = ['/run', '/tmp']

export function createProcessPlaces({
  dataDir,
  log,
}: {
  readonly dataDir: string
  readonly log: Log
}): ProcessPlaces {
  const ports = createPorts()
  const usual = path.resolve(dataDir, 'sockets')

  /** Owned by the hub: who owns the folder of a socket cannot put another one in its place. */
  const parentFor = (account: Account): string => {
    const length = Buffer.byteLength(socketIn(path.join(usual, newName())))
    if (length > longestSocket || !canPass(account.uid, path.dirname(usual))) return makeElsewhere()
    mkdirSync(usual, { recursive: true })
    chmodSync(usual, passable)
    return usual
  }

  const makeFolder = (account: Account): string => {
    const folder = path.join(parentFor(account), newName())
    mkdirSync(folder, { mode: 0o700 })
    chownSync(folder, account.uid, account.gid)
    return folder
  }

  /** What somebody has put in there besides stays: to delete below a folder of theirs could be led astray. */
  const remove = (folder: string): void => {
    for (const name of readdirSync(folder)) unlinkSync(path.join(folder, name))
    rmdirSync(folder)
    if (path.dirname(folder) !== usual) rmdirSync(path.dirname(folder))
  }

  return {
    async take(request, account) {
      if (listensOnSocket(request) === true)
        try {
          return socketPlace(socketIn(makeFolder(account)))
        } catch (error) {
          log.warn({ error, server: request.slug }, 'no socket can be made for a server')
        }
      return portPlace(await ports.take(request.routedPorts))
    },
    release(place) {
      if (place.kind === 'port') {
        ports.release(place.port)
        return
      }
      try {
        remove(path.dirname(place.socket))
      } catch (error) {
        // It is stopped more than once.
        if (errorCode(error) !== 'ENOENT') log.warn({ error }, 'removing the folder of a socket')
      }
    },
  }
}

/** Others pass through; nobody lists it. */
const passable = 0o711

const newName = (): string => newId().slice(0, 12)

function makeElsewhere(): string {
  let reason: unknown
  for (const folder of elsewhere)
    try {
      const made = mkdtempSync(path.join(folder, 'littlehub-'))
      chmodSync(made, passable)
      return made
    } catch (thrown) {
      reason = thrown
    }
  throw reason
}

/** Whether an account reaches what lies in a folder. */
function canPass(uid: number, dir: string): boolean {
  if (uid === process.getuid?.()) return true
  const above = path.dirname(dir)
  const isOpen = (statSync(dir).mode & 0o001) !== 0
  return isOpen && (above === dir || canPass(uid, above))
}
