/** `littlehub user …` */
import { type WholeContext } from '../context.ts'
import { invalidInput } from '../lib/errors.ts'
import { passwordProblem } from '../lib/password-policy.ts'
import { isActive } from '../model/server.ts'
import { normaliseName, type User } from '../model/user.ts'
import {
  hubOptions,
  jsonOption,
  operandOf,
  UsageError,
  type Call,
  type Command,
} from './command.ts'
import { addressOf } from './hub-url.ts'
import { stopServersOf } from './running-hub.ts'
import { table } from './table.ts'
import { inTable, inWords } from './words.ts'
import { withContext } from './with-context.ts'

const passwordOption: Command['options'] = {
  'password-stdin': {
    type: 'boolean',
    help: 'Take the password from the first line of standard input, instead of printing a link.',
  },
}

const add: Command = {
  name: 'user add',
  summary: 'Add a user; prints the link with which they set their password.',
  operands: ['NAME'],
  options: {
    admin: { type: 'boolean', help: 'An administrator.' },
    ...passwordOption,
    ...jsonOption,
    ...hubOptions,
  },
  run: (call) =>
    withContext(call, async (context) => {
      const admin = call.isSet('admin')
      const passwordHash = await givenPasswordHash(call, context, operandOf(call))
      const user = context.users.add(operandOf(call), {
        admin,
        ...(passwordHash === undefined ? {} : { passwordHash }),
      })
      const invited = passwordHash === undefined && context.config.auth.type === 'native'
      const url = invited ? addressOf(context.links.invite(user), context) : undefined
      if (call.isSet('json')) call.terminal.print(JSON.stringify({ ...present(user), url }))
      else sayAdded(call, user, { url, validMs: context.config.links.invite_valid })
      return 0
    }),
}

/** The hash of the password on standard input, if there is to be one. @throws {HubError} InvalidInput: policy. */
async function givenPasswordHash(
  call: Call,
  { config, passwords }: WholeContext,
  rawName: string,
): Promise<string | undefined> {
  if (!call.isSet('password-stdin')) return undefined
  const name = normaliseName(rawName)
  const password = await readPassword(call)
  const problem = passwordProblem(password, { minLength: config.password.min_length, name })
  if (problem !== undefined) throw invalidInput(problem)
  return passwords.hash(password)
}

const readPassword = async (call: Call): Promise<string> =>
  (await call.terminal.readInput()).split(/\r?\n/, 1)[0] ?? ''

type Link = { readonly url: string | undefined; readonly validMs: number }

function sayAdded({ terminal }: Call, user: User, { url, validMs }: Link): void {
  const who = `${user.admin ? 'Administrator' : 'User'} ${user.name}`
  if (url === undefined) {
    terminal.say(`${who} was added.`)
    return
  }
  terminal.say(
    `${who} was added. With this link they set their password, within ${inWords(validMs)}:`,
  )
  terminal.print(url)
}

const list: Command = {
  name: 'user list',
  summary: 'Everybody, with their rights and what they run.',
  operands: [],
  options: { ...jsonOption, ...hubOptions },
  run: (call) =>
    withContext(call, ({ store }) => {
      const rows = store.users
        .list({ sort: 'name', offset: 0, limit: everybody })
        .map((user) => ({ user, running: store.servers.listOf(user.id).filter(isActive).length }))
      if (call.isSet('json'))
        call.terminal.print(
          JSON.stringify(rows.map(({ user, running }) => ({ ...present(user), running }))),
        )
      else for (const line of table([titles, ...rows.map(toRow)])) call.terminal.print(line)
      return 0
    }),
}

const everybody = 1_000_000
const titles = ['NAME', 'RIGHTS', 'RUNNING', 'LAST SEEN', 'SINCE']

const toRow = ({ user, running }: { user: User; running: number }): string[] => [
  user.name,
  rightsOf(user),
  String(running),
  inTable(user.lastActivityAt),
  inTable(user.createdAt),
]

function rightsOf(user: User): string {
  if (user.disabled) return 'disabled'
  return user.admin ? 'admin' : 'user'
}

const present = (user: User) => ({
  name: user.name,
  admin: user.admin,
  disabled: user.disabled,
  created: user.createdAt,
  last_activity: user.lastActivityAt ?? null,
})

const setAdmin: Command = {
  name: 'user set-admin',
  summary: 'Make somebody an administrator, or no longer one.',
  operands: ['NAME'],
  options: { off: { type: 'boolean', help: 'No longer one.' }, ...hubOptions },
  run: (call) =>
    withContext(call, (context) => {
      const user = userOf(context, operandOf(call))
      const admin = !call.isSet('off')
      context.users.setAdmin(user, admin)
      call.terminal.say(`${user.name} is ${admin ? 'an administrator' : 'no administrator'} now.`)
      return 0
    }),
}

const resetPassword: Command = {
  name: 'user reset-password',
  summary: 'A link with which somebody sets a new password; the old one works until then.',
  details: ['Setting it logs them out everywhere and revokes their tokens.'],
  operands: ['NAME'],
  options: { ...passwordOption, ...jsonOption, ...hubOptions },
  run: (call) =>
    withContext(call, async (context) => {
      const user = userOf(context, operandOf(call))
      if (context.config.auth.type !== 'native')
        throw invalidInput(
          `This hub has no passwords of its own (auth.type: ${context.config.auth.type}).`,
        )
      if (call.isSet('password-stdin')) {
        await context.users.setPassword(user, await readPassword(call))
        call.terminal.say(`The password of ${user.name} was set; they are logged out everywhere.`)
        return 0
      }
      const url = addressOf(context.links.reset(user), context)
      if (call.isSet('json')) call.terminal.print(JSON.stringify({ url }))
      else {
        const valid = inWords(context.config.links.reset_valid)
        call.terminal.say(`With this link ${user.name} sets a new password, within ${valid}:`)
        call.terminal.print(url)
      }
      return 0
    }),
}

const remove: Command = {
  name: 'user delete',
  summary: 'Stop their servers and delete the account. Their home folder stays.',
  operands: ['NAME'],
  options: {
    'archive-home': {
      type: 'boolean',
      help: 'Put their home folder into one file, whose name is printed, and remove it.',
    },
    yes: { type: 'boolean', help: 'Do not ask.' },
    ...hubOptions,
  },
  run: (call) =>
    withContext(call, async (context) => {
      const user = userOf(context, operandOf(call))
      if (!(await isSure(call, user))) {
        call.terminal.say('Nothing was deleted.')
        return 1
      }
      await stopServersOf(user, context)
      await context.users.remove(user)
      call.terminal.say(`${user.name} was deleted.`)
      if (call.isSet('archive-home')) await archiveHome(call, user, context)
      return 0
    }),
}

/** Prints the file. @throws {HubError} Unavailable: the home is where it was. */
async function archiveHome(call: Call, user: User, context: WholeContext): Promise<void> {
  const time = context.clock.now().toISOString().replace(/[-:]/g, '').slice(0, 15)
  const file = await context.spawner.archiveHome?.(user, `${user.slug}-${time}.tar.gz`)
  if (file !== undefined) call.terminal.print(file)
  else call.terminal.say('They have no home folder that this hub made.')
}

async function isSure(call: Call, user: User): Promise<boolean> {
  if (call.isSet('yes')) return true
  const answer = await call.terminal.ask(`Delete the account of ${user.name}? [y/N] `)
  if (answer === undefined)
    throw new UsageError('Without a terminal to ask on, this needs --yes.', remove.name)
  return /^y(?:es)?$/i.test(answer.trim())
}

/** @throws {HubError} NotFound */
const userOf = ({ store }: WholeContext, rawName: string): User =>
  store.users.getByName(normaliseName(rawName))

export const userCommands: readonly Command[] = [add, list, setAdmin, resetPassword, remove]
