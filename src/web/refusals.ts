/** What the front door says to those it turns away. */
import { type ServerResponse } from 'node:http'
import { pageHeaders } from './security-headers.ts'

/** For upgrades: there is no page to lead anybody to. */
export const statusTexts = {
  400: '400 Bad Request',
  401: '401 Unauthorized',
  403: '403 Forbidden',
  424: '424 Failed Dependency',
  429: '429 Too Many Requests',
  500: '500 Internal Server Error',
  503: '503 Service Unavailable',
} as const

export type Refusal = keyof typeof statusTexts

const sentences: Readonly<Record<Refusal, string>> = {
  400: 'This address is ambiguous: it contains dot segments or control characters, or names two hosts.',
  401: 'You are not logged in.',
  403: 'Pages of other sites may not use this in your name.',
  424: 'This server is not running.',
  429: 'Too much of yours is open at the same time. Close some tabs, and try again.',
  500: 'Something went wrong. An administrator finds the reason in the log of the hub.',
  503: 'The hub cannot do this at the moment. Try again soon.',
}

/** Answers, and closes the connection. */
export function refuse(response: ServerResponse, status: Refusal, form: 'json' | 'text'): void {
  const message = sentences[status]
  const isJson = form === 'json'
  const body = isJson ? JSON.stringify({ status, message }) : `${message}\n`
  response.writeHead(status, {
    ...pageHeaders('http'),
    'content-type': isJson ? 'application/json; charset=utf-8' : 'text/plain; charset=utf-8',
    'content-length': body.length,
    connection: 'close',
  })
  response.end(body)
}
