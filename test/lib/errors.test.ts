/** Errors with a kind, a status and a sentence. */
import t from 'tap'
import {
  asError,
  conflict,
  ConfigError,
  errorCode,
  forbidden,
  HubError,
  invalidInput,
  notFound,
  OAuthError,
} from '../../src/lib/errors.ts'

t.test('a kind has its status, and the cause is kept from the message', async (t) => {
  t.equal(notFound('x').status, 404)
  t.equal(forbidden('x').status, 403)
  t.equal(conflict('x').status, 409)
  t.equal(invalidInput('x').status, 400)
  const error = new HubError('TooMany', 'Wait.', { cause: 'secret', retryAfterSeconds: 5 })
  t.match(error, { status: 429, retryAfterSeconds: 5, cause: 'secret', message: 'Wait.' })
  t.notOk('cause' in new HubError('NotFound', 'x', { cause: undefined }))
  t.equal(new OAuthError('invalid_grant', 'x').status, 400)
})

t.test('a configuration error names every place', async (t) => {
  const error = new ConfigError([
    { source: 'a.yaml', line: 3, key: 'port', sentence: 'no.' },
    { source: 'command line', key: 'host', sentence: 'no.' },
  ])
  t.equal(error.message, 'a.yaml:3: port: no.\ncommand line: host: no.')
})

t.test('whatever was thrown becomes an error, and its code is found', async (t) => {
  t.equal(asError('x').message, 'x')
  t.equal(asError(undefined).message, 'undefined')
  const error = new Error('y')
  t.equal(asError(error), error)
  t.equal(errorCode(Object.assign(error, { code: 'ENOENT' })), 'ENOENT')
  for (const other of [null, undefined, 'ENOENT', { code: 5 }, {}])
    t.equal(errorCode(other), undefined)
})
