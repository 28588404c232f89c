/** Where a server listens, read from its URL. */
import { type Target } from './routes.ts'

/** The scheme of a URL that is the path of a Unix socket: `unix:/run/…`. */
const unix = 'unix:'

/** @param url `http://127.0.0.1:PORT`, `https://host`, or `unix:` and the absolute path of a Unix socket */
export function targetOf(url: string): Target {
  if (url.startsWith(unix))
    return { host: 'localhost', port: 0, socket: url.slice(unix.length), isForeign: true }
  const { protocol, hostname, port } = new URL(url)
  if (protocol === 'https:') return { host: hostname, port: Number(port || 443), tls: true }
  return { host: hostname, port: Number(port || 80) }
}

/** The same the other way round. */
export function urlOf({ host, port, tls, socket }: Target): string {
  if (socket !== undefined) return unix + socket
  return `${tls ? 'https' : 'http'}://${host}:${port}`
}
