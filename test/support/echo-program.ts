/** A program for users' servers: says who it is, and over a WebSocket sends back every byte as it came. */
import http from 'node:http'

const url = process.env['JUPYTERHUB_SERVICE_URL'] ?? ''
const socketWord = '--ServerApp.sock='
const place = process.argv.find((word) => word.startsWith(socketWord))?.slice(socketWord.length)

const server = http.createServer((_, response) => {
  response.setHeader('X-JupyterHub-Version', '5.0.0')
  response.end(`pid ${process.pid}\n`)
})
server.on('upgrade', (_, socket) => {
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  )
  socket.on('error', () => socket.destroy())
  socket.pipe(socket)
})
if (place === undefined) server.listen(Number(new URL(url).port), '127.0.0.1')
else server.listen(place)
process.on('SIGTERM', () => process.exit(0))
