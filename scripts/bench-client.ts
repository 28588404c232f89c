/** The other side of `bench-store.ts`, in a thread of its own: sends what it is told, and stands in for users' servers. */
import http from 'node:http'
import { type AddressInfo } from 'node:net'
import { parentPort } from 'node:worker_threads'

export type Sent = {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** Sent `atOnce` at the same time. */
export type Order = { readonly requests: readonly Sent[]; readonly atOnce: number }

export type Report = { readonly statuses: Readonly<Record<string, number>>; readonly bytes: number }

const agent = new http.Agent({ keepAlive: true })

function send({ method, url, headers, body }: Sent): Promise<{ status: number; bytes: number }> {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method, headers, agent }, (response) => {
      let bytes = 0
      response.on('data', (chunk: Buffer) => (bytes += chunk.length))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, bytes }))
      response.on('error', reject)
    })
    request.on('error', reject)
    request.end(body)
  })
}

async function carryOut({ requests, atOnce }: Order): Promise<Report> {
  const statuses: Record<string, number> = {}
  let bytes = 0
  const queue = requests.values()
  const takeTurns = async (): Promise<void> => {
    for (const request of queue) {
      const answer = await send(request)
      statuses[answer.status] = (statuses[answer.status] ?? 0) + 1
      bytes += answer.bytes
    }
  }
  await Promise.all(Array.from({ length: atOnce }, takeTurns))
  return { statuses, bytes }
}

// Every user's server: no kernel runs in it.
const server = http.createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' }).end('[]')
})
server.listen(0, '127.0.0.1', () => {
  parentPort?.postMessage((server.address() as AddressInfo).port)
  parentPort?.on('message', (order: Order) => {
    void carryOut(order).then((report) => parentPort?.postMessage(report))
  })
})
