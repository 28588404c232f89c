/** The hub asks itself under its public name, as a browser would. */
import https from 'node:https'
import { SECOND } from '../lib/time.ts'
import { asError } from '../lib/errors.ts'

const timeoutMs = 10 * SECOND

/** @returns why a browser gets no answer; undefined: it gets one. */
export function checkFromOutside(url: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const request = https.get(url, { timeout: timeoutMs, agent: false }, (response) => {
      response.resume()
      const status = response.statusCode ?? 0
      resolve(status < 500 ? undefined : `it answers ${status}`)
    })
    request.on('timeout', () => request.destroy(new Error('it does not answer in time')))
    request.on('error', (thrown) => resolve(asError(thrown).message))
  })
}
