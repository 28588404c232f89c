/** A WebSocket to a server that sends back what it gets, as raw bytes. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { type Test } from 'tap'

export type EchoTunnel = {
  /** Resolves when these words have come back. @throws {Error} when it is closed. */
  echo(words: string): Promise<void>
  readonly isOpen: boolean
  readonly closed: Promise<void>
}

/** @param lines header lines, each with its line end */
export async function openEchoTunnel(t: Test, url: URL, lines: string): Promise<EchoTunnel> {
  const socket = connect(Number(url.port || 80), url.hostname).setEncoding('latin1')
  t.teardown(() => socket.destroy())
  let heard = ''
  let isOpen = true
  const closed = new Promise<void>((resolve) =>
    socket
      .on('error', () => undefined)
      .once('close', () => {
        isOpen = false
        resolve()
      }),
  )
  socket.on('data', (text: string) => (heard += text))
  const until = async (words: string): Promise<void> => {
    while (!heard.includes(words)) {
      if (!isOpen) throw new Error(`closed before ${words} came: ${heard}`)
      await Promise.race([once(socket, 'data'), closed])
    }
  }
  socket.write(
    `GET ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${lines}\r\n`,
  )
  await until('\r\n\r\n')
  if (!heard.startsWith('HTTP/1.1 101')) throw new Error(heard)
  return {
    async echo(words) {
      socket.write(words)
      await until(words)
    },
    get isOpen() {
      return isOpen
    },
    closed,
  }
}
