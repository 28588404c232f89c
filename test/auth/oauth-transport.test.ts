/** The transport of OAuth strategies: what reaches them, and that no answer ends the process. */
import { Strategy } from 'passport-github2'
import t from 'tap'
import { withTransport } from '../../src/auth/oauth-transport.ts'
import { type ProviderAnswer, type ProviderRequest } from '../../src/auth/provider-request.ts'

type Asked = ProviderRequest & { readonly url: string }
type Ended = { readonly error?: unknown; readonly text?: string | undefined }
type Client = {
  get(url: string, token: string, done: (error: unknown, text?: string) => void): void
  getOAuthAccessToken(
    code: string,
    params: object,
    done: (error: unknown, token?: string) => void,
  ): void
}

function clientWith(answer: () => Partial<ProviderAnswer>): { client: Client; asked: Asked[] } {
  const asked: Asked[] = []
  const strategy = withTransport(
    new Strategy({ clientID: 'id', clientSecret: 'secret', callbackURL: 'x' }, () => undefined),
    async (url, request) => {
      asked.push({ url, ...request })
      return { status: 200, headers: new Headers(), text: '{}', ...answer() }
    },
  )
  return { client: Reflect.get(strategy, '_oauth2') as Client, asked }
}

const exchange = (client: Client): Promise<Ended> =>
  new Promise((resolve) =>
    client.getOAuthAccessToken('code', {}, (error, text) => resolve({ error, text })),
  )

t.test(
  'a token is asked for in the body and sent in the header, never in an address',
  async (t) => {
    const { client, asked } = clientWith(() => ({ text: '{"access_token":"abc"}' }))
    t.equal((await exchange(client)).text, 'abc')
    await new Promise<void>((resolve) =>
      client.get('https://api.example/user', 'abc', () => resolve()),
    )
    t.equal(asked[0]?.method, 'POST')
    t.match(asked[0]?.body, /client_secret=secret/)
    t.equal(asked[0]?.headers['accept'], 'application/json')
    t.equal(asked[1]?.url, 'https://api.example/user')
    t.match(JSON.stringify(asked[1]?.headers), /"Bearer abc"/)
  },
)

t.test('form-encoded answers are understood too', async (t) => {
  const { client } = clientWith(() => ({ text: 'access_token=abc&scope=' }))
  t.equal((await exchange(client)).text, 'abc')
})

t.test(
  'an answer that is no object, no success or none at all is an error and nothing worse',
  async (t) => {
    const answers: (() => Partial<ProviderAnswer>)[] = [
      () => ({ text: 'null' }),
      () => ({ text: '5' }),
      () => ({ text: '[]' }),
      () => ({ text: '"access_token=abc"' }),
      () => ({ status: 302, text: '{"access_token":"abc"}' }),
      () => ({ status: 500, text: '{"access_token":"abc"}' }),
      () => {
        throw new Error('cannot be reached')
      },
    ]
    for (const answer of answers) {
      const { error, text } = await exchange(clientWith(answer).client)
      t.ok(error)
      t.equal(text, undefined)
    }
  },
)

t.test('a callback that throws is told of its own error', async (t) => {
  const { client } = clientWith(() => ({ text: '{"access_token":"abc"}' }))
  const errors: unknown[] = []
  await new Promise<void>((resolve) =>
    client.getOAuthAccessToken('code', {}, (error) => {
      if (error === null) throw new Error('mine')
      errors.push(error)
      resolve()
    }),
  )
  t.match(errors, [{ message: 'mine' }])
})

t.test('a strategy of another family is refused at once', async (t) => {
  t.throws(() =>
    withTransport({ authenticate: () => undefined } as never, () => Promise.reject(new Error())),
  )
})
