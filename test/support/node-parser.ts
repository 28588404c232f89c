/** Node's own HTTP parser (llhttp), asked directly: what it makes of one message. */
import { createRequire } from 'node:module'

/** The first final message among some bytes. */
export type Reading = {
  readonly isRefused: boolean
  readonly isComplete: boolean
  readonly status: number | undefined
  readonly method: string | undefined
  readonly url: string | undefined
  readonly keepAlive: boolean
  readonly isUpgrade: boolean
  /** Name, value, name, value… */
  readonly fields: readonly string[]
  readonly trailers: readonly string[]
  readonly body: string
}

type Parser = {
  initialize(type: number, resource: object, maxHeaderSize: number, lenient: number): void
  execute(bytes: Buffer): unknown
  finish(): unknown
  [event: number]: (...facts: never[]) => unknown
}

/** Node has no public way to it; without a type, since none is published. */
const common = createRequire(import.meta.url)('_http_common') as {
  readonly HTTPParser: (new () => Parser) & Readonly<Record<string, number>>
  readonly methods: readonly string[]
}
const { HTTPParser, methods } = common
const numberOf = (name: string): number => HTTPParser[name] ?? 0
const events = {
  fields: numberOf('kOnHeaders'),
  head: numberOf('kOnHeadersComplete'),
  body: numberOf('kOnBody'),
  complete: numberOf('kOnMessageComplete'),
}
const types = { request: numberOf('REQUEST'), response: numberOf('RESPONSE') }

export const maxHeadBytes = 64 * 1024

const parser = new HTTPParser()

type Asked = {
  readonly kind: 'request' | 'response'
  /** Of the request that a response answers. */
  readonly method?: string
  readonly packets: readonly Buffer[]
  /** Nothing comes behind them. */
  readonly isEnd: boolean
}

type HeadFacts = [
  major: number,
  minor: number,
  fields: string[] | undefined,
  method: number | undefined,
  url: string | undefined,
  status: number | undefined,
  reason: string | undefined,
  upgrade: boolean,
  keepAlive: boolean,
]

export function readByNode({ kind, method, packets, isEnd }: Asked): Reading {
  let early: string[] = []
  let body = ''
  let head: HeadFacts | undefined
  let fields: string[] = []
  let trailers: string[] = []
  let isComplete = false
  let isInterim = false

  const isWhole = (): boolean => isComplete

  parser.initialize(types[kind], {}, maxHeadBytes, 0)
  const on = (event: number, listener: (...facts: never[]) => unknown): void => {
    parser[event] = listener
  }
  on(events.fields, (more: string[]) => {
    if (!isComplete) early.push(...more)
  })
  on(events.head, (...facts: HeadFacts) => {
    if (isComplete) return 0
    head = facts
    fields = [...early, ...(facts[2] ?? [])]
    early = []
    const status = facts[5] ?? 200
    isInterim = kind === 'response' && status < 200 && status !== 101
    // 1: a response to HEAD has no body; 2: what follows is another protocol.
    return method === 'HEAD' ? 1 : 0
  })
  on(events.body, (bytes: Buffer) => {
    if (!isComplete) body += bytes.toString('latin1')
  })
  on(events.complete, () => {
    if (isComplete) return
    if (isInterim) head = undefined
    else isComplete = true
    trailers = early
    early = []
  })
  // What comes behind a whole message is no part of the question.
  const failed = (result: unknown): boolean => result instanceof Error && !isWhole()
  let isRefused = packets.some((packet) => !isWhole() && failed(parser.execute(packet)))
  if (isEnd && !isRefused && !isWhole()) isRefused = failed(parser.finish())
  return {
    ...{ isRefused, isComplete, fields, trailers, body },
    status: head?.[5],
    method: head?.[3] === undefined ? undefined : methods[head[3]],
    url: head?.[4],
    keepAlive: head?.[8] ?? false,
    isUpgrade: head?.[7] ?? false,
  }
}
