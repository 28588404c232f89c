/** `littlehub token …` */
import { type WholeContext } from '../context.ts'
import { invalidInput, notFound } from '../lib/errors.ts'
import { parseDuration, SECOND } from '../lib/time.ts'
import { type Token } from '../model/token.ts'
import { normaliseName } from '../model/user.ts'
import { hubOptions, jsonOption, operandOf, UsageError, type Command } from './command.ts'
import { table } from './table.ts'
import { inTable } from './words.ts'
import { withContext } from './with-context.ts'

const add: Command = {
  name: 'token add',
  summary: 'A new API token of a user; prints its secret, which is shown only this once.',
  details: ['Without --scope it may do whatever its owner may do.'],
  operands: ['NAME'],
  options: {
    scope: {
      type: 'string',
      multiple: true,
      value: 'SCOPE',
      help: 'Only this, such as read:users or list:users; several times for several.',
    },
    expires: { type: 'string', value: 'TIME', help: 'Valid this long: 30d, 12h. Else for ever.' },
    note: { type: 'string', value: 'TEXT', help: 'What it is for.' },
    ...jsonOption,
    ...hubOptions,
  },
  run: async (call) => {
    const expiresInSeconds = secondsOf(call.text('expires'))
    const scopes = call.texts('scope')
    return withContext(call, (context) => {
      const user = context.store.users.getByName(normaliseName(operandOf(call)))
      const { token, secret } = context.tokens.issue({
        user,
        note: call.text('note') ?? 'Made at the command line',
        ...(scopes.length === 0 ? {} : { scopes }),
        ...(expiresInSeconds === undefined ? {} : { expiresInSeconds }),
      })
      if (call.isSet('json'))
        call.terminal.print(JSON.stringify({ token: secret, ...present(token) }))
      else call.terminal.print(secret)
      return 0
    })
  },
}

/** @throws {UsageError} when it is no duration. */
function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const ms = parseDuration(text)
  if (ms === undefined || ms < SECOND)
    throw new UsageError(`--expires takes a time such as 30d, 12h or 90m, not "${text}".`, add.name)
  return Math.floor(ms / SECOND)
}

const list: Command = {
  name: 'token list',
  summary: 'API tokens, of one user or of everybody; never their secrets.',
  operands: ['[NAME]'],
  options: { ...jsonOption, ...hubOptions },
  run: (call) =>
    withContext(call, (context) => {
      const tokens = tokensOf(context, call.operands[0])
      if (call.isSet('json')) call.terminal.print(JSON.stringify(tokens.map(present)))
      else for (const line of table([titles, ...tokens.map(toRow)])) call.terminal.print(line)
      return 0
    }),
}

const everybody = { sort: 'name', offset: 0, limit: 1_000_000 } as const

function tokensOf({ store, clock }: WholeContext, rawName: string | undefined): Token[] {
  const users =
    rawName === undefined
      ? store.users.list(everybody)
      : [store.users.getByName(normaliseName(rawName))]
  return users.flatMap((user) => store.tokens.listOf(user.id, clock.now()))
}

const titles = ['ID', 'OWNER', 'SCOPES', 'EXPIRES', 'LAST USED', 'NOTE']

const toRow = (token: Token): string[] => [
  idOf(token),
  token.userName,
  token.scopes.join(' '),
  token.expiresAt === undefined ? 'never' : inTable(token.expiresAt),
  inTable(token.lastActivityAt),
  token.note,
]

/** As the REST API and the token page name it. */
const idOf = (token: Token): string => `a${token.id}`

const present = (token: Token) => ({
  id: idOf(token),
  user: token.userName,
  note: token.note,
  scopes: token.scopes,
  created: token.createdAt,
  last_activity: token.lastActivityAt ?? null,
  expires_at: token.expiresAt ?? null,
})

const revoke: Command = {
  name: 'token revoke',
  summary: 'End an API token, by the id that "token list" shows.',
  operands: ['ID'],
  options: hubOptions,
  run: (call) =>
    withContext(call, ({ store, tokens }) => {
      const id = operandOf(call)
      const number = /^a?(\d{1,15})$/.exec(id)?.[1]
      if (number === undefined) throw invalidInput(`A token's id looks like a12, not "${id}".`)
      const token = store.tokens.find(Number(number))
      if (!token)
        throw notFound(`There is no token ${id}; littlehub token list shows those there are.`)
      tokens.revoke(token)
      call.terminal.say(`Token ${idOf(token)} of ${token.userName} was revoked.`)
      return 0
    }),
}

export const tokenCommands: readonly Command[] = [add, list, revoke]
