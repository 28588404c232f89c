/** A program that asks for a page every 20 ms until a file appears, and then says how it went: URL FILE. */
import { existsSync } from 'node:fs'
import http from 'node:http'

const [url = '', file = ''] = process.argv.slice(2)
const everyMs = 20
const patienceMs = 30_000

let sent = 0
let failed = 0
let longestMs = 0
const underWay = new Set<Promise<void>>()

const ask = (): Promise<void> =>
  new Promise((resolve) => {
    const beganMs = performance.now()
    const end = (isGood: boolean): void => {
      if (!isGood) failed += 1
      longestMs = Math.max(longestMs, performance.now() - beganMs)
      resolve()
    }
    const request = http.get(url, { agent: false, timeout: patienceMs }, (response) => {
      response.resume()
      response.once('end', () => end(response.statusCode === 200)).once('error', () => end(false))
    })
    request.once('error', () => end(false)).once('timeout', () => request.destroy())
  })

const timer = setInterval(() => {
  sent += 1
  const one = ask().finally(() => underWay.delete(one))
  underWay.add(one)
  if (!existsSync(file)) return
  clearInterval(timer)
  void Promise.all(underWay).then(() =>
    process.stdout.write(JSON.stringify({ sent, failed, longestMs: Math.round(longestMs) })),
  )
}, everyMs)
