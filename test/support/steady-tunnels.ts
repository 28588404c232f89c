/** A program that talks over WebSockets to a server that sends everything back, until a file appears: URL TOKEN COUNT FILE. */
import { existsSync } from 'node:fs'
import { connect } from 'node:net'

const [url = '', token = '', count = '1', file = ''] = process.argv.slice(2)
const everyMs = 50
const lastMs = 2000
const { hostname, port, pathname, host } = new URL(url)

let longestMs = 0
let open = 0
let opened = 0

/** Each word is a number and comes back before the next one is counted as late. */
function talk(): () => void {
  const socket = connect(Number(port || 80), hostname).setEncoding('latin1')
  let [sent, heard, heardAtMs] = [0, '', performance.now()]
  socket.on('error', () => undefined).once('close', () => (open -= 1))
  open += 1
  socket.on('data', (text: string) => {
    if (heard === '' && text.startsWith('HTTP/1.1 101')) opened += 1
    heard = (heard + text).slice(-200)
    longestMs = Math.max(longestMs, performance.now() - heardAtMs)
    heardAtMs = performance.now()
  })
  socket.write(
    `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nAuthorization: token ${token}\r\n\r\n`,
  )
  return () => {
    if (heard !== '') socket.write(`${sent++} `)
  }
}

const turns = Array.from({ length: Number(count) }, talk)
const timer = setInterval(() => {
  for (const turn of turns) turn()
  if (!existsSync(file)) return
  clearInterval(timer)
  setTimeout(() => {
    process.stdout.write(JSON.stringify({ opened, kept: open, longestMs: Math.round(longestMs) }))
    process.exit()
  }, lastMs)
}, everyMs)
process.stderr.write('talking\n')
