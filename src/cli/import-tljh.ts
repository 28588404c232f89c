/** `littlehub import tljh` */
import { execa } from 'execa'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import { editText, type Edit } from '../config/edit.ts'
import { translateTljh, type Translation } from '../config/from-tljh.ts'
import { schemaAt } from '../config/overrides.ts'
import { wholeSchema } from '../config/sections.ts'
import { pluginSchemas, type WholeContext } from '../context.ts'
import { asError, HubError } from '../lib/errors.ts'
import { importedHash } from '../model/jupyterhub-token.ts'
import { type TokenHash } from '../model/token.ts'
import { normaliseName } from '../model/user.ts'
import {
  readJupyterHubTokens,
  readJupyterHubUsers,
  type JupyterHubToken,
  type JupyterHubUser,
} from '../store/jupyterhub-database.ts'
import { hubOptions, jsonOption, type Call, type Command } from './command.ts'
import { changeFile, checkText, requireFile, textOf } from './config-change.ts'
import { table } from './table.ts'
import { withContext } from './with-context.ts'

export const importTljh: Command = {
  name: 'import tljh',
  summary: 'Take over the people and settings of The Littlest JupyterHub on this machine.',
  details: [
    'Names, administrators, groups, passwords (FirstUse and Native), tokens that JupyterHub made, and the settings that',
    'have a counterpart. Homes stay where they are: the accounts jupyter-NAME are the same here. Nothing of TLJH is',
    'changed, so going back is starting its services again. Done twice, it adds what is new.',
  ],
  operands: [],
  options: {
    from: { type: 'string', value: 'DIR', help: 'Where it is installed; /opt/tljh without this.' },
    'dry-run': { type: 'boolean', help: 'Say what would be done, and change nothing.' },
    yes: { type: 'boolean', help: 'Do not ask.' },
    ...jsonOption,
    ...hubOptions,
  },
  run: takeOver,
}

type Person = {
  readonly name: string
  /** As TLJH has it. */
  readonly theirName: string
  readonly admin: boolean
  readonly groups: readonly string[]
  readonly passwordHash: string | undefined
  /** Why they are not added; undefined: they are. */
  readonly problem: string | undefined
}

async function takeOver(call: Call): Promise<number> {
  const root = call.text('from') ?? '/opt/tljh'
  const translation = withoutUnknown(readConfig(root))
  const text = translated(call, translation)
  const theirs = await readPeople(root, translation.admins)
  return withContext(call, async (context) => {
    const people = theirs.map((person) => checked(person, context))
    const tokens = tokensOf(readTokens(root), people, context)
    const notes = [...translation.notes, ...tokens.notes]
    show(call, people, { ...translation, notes, tokens: tokens.kept.length })
    if (call.isSet('dry-run')) {
      call.terminal.say('Nothing was changed.')
      return 0
    }
    if (!(await isConfirmed(call))) return 1
    const added = addAll(people, tokens.kept, context)
    await changeFile(call, text)
    call.terminal.say(`${added} people were added. ${nextSteps}`)
    return 0
  })
}

const schema = wholeSchema(pluginSchemas)

const nextSteps =
  'To switch: systemctl disable --now jupyterhub traefik, then systemctl restart littlehub. ' +
  'To go back: systemctl disable --now littlehub.socket littlehub, then systemctl enable --now traefik jupyterhub.'

/** @throws {HubError} NotFound when there is none. */
function readConfig(root: string): Translation {
  if (!existsSync(path.join(root, 'state')))
    throw new HubError('NotFound', `There is no TLJH in ${root}. Say where it is: --from DIR`)
  const file = path.join(root, 'config', 'config.yaml')
  try {
    return translateTljh(existsSync(file) ? parse(readFileSync(file, 'utf8')) : {})
  } catch (thrown) {
    throw new HubError('InvalidInput', `${file} cannot be read: ${asError(thrown).message}`)
  }
}

/** A setting that this version does not have is for a person to look at. */
function withoutUnknown(translation: Translation): Translation {
  const isOurs = ({ at }: Edit): boolean => schemaAt(schema, at) !== undefined
  const others = translation.edits.filter((edit) => !isOurs(edit))
  const notes = others.map(({ at }) => `\`${at.join('.')}\` has no counterpart here.`)
  return {
    ...translation,
    edits: translation.edits.filter(isOurs),
    notes: [...translation.notes, ...notes],
  }
}

/** @throws {ConfigError} when what comes out is no configuration, before anything is changed. */
function translated(call: Call, { edits }: Translation): string {
  const file = requireFile(call)
  const text = edits.reduce((before, edit) => editText(before, edit, file), textOf(file))
  checkText(call, text)
  return text
}

async function readPeople(root: string, admins: readonly string[]): Promise<JupyterHubUser[]> {
  const file = path.join(root, 'state', 'jupyterhub.sqlite')
  const rows = existsSync(file) ? readJupyterHubUsers(file) : []
  const firstUse = await firstUsePasswords(root)
  const missing = admins.filter((name) => !rows.some((row) => row.name === name))
  const all = [
    ...rows,
    ...missing.map((name) => ({ name, admin: true, groups: [], passwordHash: undefined })),
  ]
  return all.map((user) => ({
    ...user,
    admin: user.admin || admins.includes(user.name),
    passwordHash: user.passwordHash ?? firstUse.get(user.name),
  }))
}

type KeptToken = JupyterHubToken & { readonly hash: TokenHash }

type Tokens = { readonly kept: readonly KeptToken[]; readonly notes: readonly string[] }

function readTokens(root: string): JupyterHubToken[] {
  const file = path.join(root, 'state', 'jupyterhub.sqlite')
  return existsSync(file) ? readJupyterHubTokens(file) : []
}

/** Of those who are added: somebody who is here already may be another person of that name. */
function tokensOf(
  theirs: readonly JupyterHubToken[],
  people: readonly Person[],
  { clock }: WholeContext,
): Tokens {
  const names = new Map(people.map((person) => [person.theirName, person]))
  const kept: KeptToken[] = []
  const notes: string[] = []
  for (const token of theirs) {
    const person = names.get(token.userName)
    if (person?.problem !== undefined || !person) continue
    if (token.expiresAt && token.expiresAt <= clock.now()) continue
    const hash = importedHash(token.prefix, token.hashed)
    if (hash !== undefined) kept.push({ ...token, userName: person.name, hash })
    else
      notes.push(
        `a token of ${person.name} (${token.prefix}…, ${token.note || 'without a note'}) does not come along, since its secret was chosen by somebody: make a new one.`,
      )
  }
  return { kept, notes }
}

/** Prints a file of Python's `dbm` as JSON; which of its formats it has only that Python knows. */
const dump = `
import dbm, json, sys
with dbm.open(sys.argv[1], 'r') as file:
    print(json.dumps({key.decode(): file[key].decode() for key in file.keys()}))
`

/** FirstUseAuthenticator: `dbm_path` */
async function firstUsePasswords(root: string): Promise<Map<string, string>> {
  const file = path.join(root, 'state', 'passwords.dbm')
  if (!['', '.db', '.dat', '.pag'].some((suffix) => existsSync(file + suffix))) return new Map()
  const own = path.join(root, 'hub', 'bin', 'python3')
  const python = existsSync(own) ? own : '/usr/bin/python3'
  try {
    const { stdout } = await execa(python, ['-c', dump, file])
    return new Map(Object.entries(JSON.parse(stdout) as Record<string, string>))
  } catch (thrown) {
    throw new HubError('Unavailable', `${file} cannot be read: ${asError(thrown).message}`)
  }
}

function checked(user: JupyterHubUser, { store }: WholeContext): Person {
  const { admin, groups, passwordHash: hash } = user
  const passwordHash = hash !== undefined && isBcrypt(hash) ? hash : undefined
  const person = { name: user.name, theirName: user.name, admin, groups, passwordHash }
  try {
    const name = normaliseName(user.name)
    const problem = store.users.findByName(name) ? 'is here already' : undefined
    return { ...person, name, problem }
  } catch (thrown) {
    return { ...person, problem: asError(thrown).message }
  }
}

const isBcrypt = (hash: string): boolean => /^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/.test(hash)

type Shown = Pick<Translation, 'edits' | 'notes'> & { readonly tokens: number }

function show(call: Call, people: readonly Person[], { edits, notes, tokens }: Shown): void {
  const { terminal } = call
  const settings = edits.map(({ at }) => at.join('.'))
  if (call.isSet('json')) {
    const shown = people.map(({ name, admin, groups, problem, passwordHash }) => {
      return { name, admin, groups, problem, password: passwordHash !== undefined }
    })
    terminal.print(JSON.stringify({ people: shown, settings, tokens, notes }))
    return
  }
  const rows = people.map(({ name, admin, groups, passwordHash, problem }) => [
    name,
    admin ? 'administrator' : '',
    groups.join(' '),
    problem ?? (passwordHash === undefined ? 'needs a link for a password' : 'keeps the password'),
  ])
  for (const line of table(rows)) terminal.print(line)
  terminal.print(`Settings: ${settings.join(', ') || 'none'}`)
  terminal.print(`Tokens: ${tokens}`)
  for (const note of notes) terminal.print(`Note: ${note}`)
}

async function isConfirmed(call: Call): Promise<boolean> {
  if (call.isSet('yes')) return true
  const answer = await call.terminal.ask('Take them over? [y/N] ')
  if (answer !== undefined && /^y(es)?$/i.test(answer.trim())) return true
  call.terminal.say(
    answer === undefined
      ? 'Nothing was changed: without a terminal to ask on it needs --yes.'
      : 'Nothing was changed.',
  )
  return false
}

/** All of them or none. @returns how many */
function addAll(
  people: readonly Person[],
  tokens: readonly KeptToken[],
  { store, users, groups }: WholeContext,
): number {
  const wanted = people.filter(({ problem }) => problem === undefined)
  store.transaction(() => {
    for (const { name, admin, passwordHash } of wanted)
      users.add(name, { admin, ...(passwordHash === undefined ? {} : { passwordHash }) })
    for (const token of tokens) addToken(token, store)
    for (const group of new Set(wanted.flatMap((person) => person.groups))) {
      const known = store.groups.findByName(group) ?? groups.createMany([group])[0]
      const members = wanted.filter((person) => person.groups.includes(group))
      if (known !== undefined)
        groups.addUsers(
          known,
          members.map(({ name }) => name),
        )
    }
  })
  return wanted.length
}

/** What it may do is asked anew at each use, and is never more than its owner may. */
function addToken(token: KeptToken, { users, tokens }: WholeContext['store']): void {
  const { hash, note, scopes, createdAt, expiresAt } = token
  const { id: userId } = users.getByName(token.userName)
  const nothing = { clientId: undefined, serverId: undefined, sessionPublicId: undefined }
  tokens.create({ ...nothing, hash, userId, note, scopes, createdAt, expiresAt })
}
