/** Requests to the hub's pages and API take turns with each other, however many arrive in the same moment. */
import { giveWay } from '../lib/turns.ts'
import { type RequestListener } from 'node:http'

/** The same, but a request waits while those before it have had their share of this turn of the event loop. */
export function paced(handle: RequestListener): RequestListener {
  return (request, response) => {
    const pause = giveWay()
    if (pause) void pause.then(() => handle(request, response))
    else handle(request, response)
  }
}
