/** Requests to the hub's pages and API take turns with each other, however many arrive in the same moment. */
import { type RequestListener } from 'node:http'
import { whenDue } from '../lib/turns.ts'

/** The same, but a request waits while those before it have had their share of this turn of the event loop. */
export const paced =
  (handle: RequestListener): RequestListener =>
  (request, response) =>
    whenDue(() => handle(request, response))
