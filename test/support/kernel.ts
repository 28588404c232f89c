/** Lets a kernel of a Jupyter server compute, as a notebook does: over its WebSocket. */
import { randomUUID } from 'node:crypto'

type Kernel = {
  /** `ws://…/api/kernels/ID/channels` */
  readonly channels: string
  readonly headers: Readonly<Record<string, string>>
}

const timeoutMs = 60_000

/** @returns the text of the result, or of the first output. */
export function compute(kernel: Kernel, code: string): Promise<string> {
  return execute(kernel, code, resultIn)
}

/** Resolves as soon as it has begun; the kernel is at work from then on. */
export async function begin(kernel: Kernel, code: string): Promise<void> {
  await execute(kernel, code, ({ header }) =>
    header?.msg_type === 'execute_input' ? '' : undefined,
  )
}

type Message = {
  readonly header?: { readonly msg_type: string }
  readonly parent_header?: { readonly msg_id?: string }
  readonly content?: {
    readonly data?: { readonly 'text/plain'?: string }
    readonly text?: string
    readonly evalue?: string
  }
}

const resultIn = ({ content }: Message): string | undefined =>
  content?.data?.['text/plain'] ?? content?.text ?? content?.evalue

/** @see Jupyter's messaging protocol: `execute_request` on the shell channel */
function execute(
  { channels, headers }: Kernel,
  code: string,
  answerIn: (message: Message) => string | undefined,
): Promise<string> {
  const id = randomUUID()
  return new Promise((resolve, reject) => {
    // Headers are an extension that Node's own WebSocket has over the browsers'.
    const socket = new WebSocket(channels, { headers })
    const timer = setTimeout(() => fail('the kernel is silent'), timeoutMs)
    const fail = (why: string): void => {
      clearTimeout(timer)
      socket.close()
      reject(new Error(why))
    }
    socket.addEventListener('open', () => socket.send(requestOf(id, code)))
    socket.addEventListener('error', () => fail('the connection was refused or broke'))
    socket.addEventListener('message', ({ data }) => {
      const message = JSON.parse(String(data)) as Message
      const answer = message.parent_header?.msg_id === id ? answerIn(message) : undefined
      if (answer === undefined) return
      clearTimeout(timer)
      socket.close()
      resolve(answer)
    })
  })
}

const requestOf = (id: string, code: string): string =>
  JSON.stringify({
    header: {
      msg_id: id,
      msg_type: 'execute_request',
      session: id,
      username: 'test',
      date: new Date().toISOString(),
      version: '5.3',
    },
    parent_header: {},
    metadata: {},
    content: { code, silent: false, store_history: true, user_expressions: {}, allow_stdin: false },
    channel: 'shell',
    buffers: [],
  })
