/** What a backup says of itself. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import path from 'node:path'
import { Type, type Static } from 'typebox'
import { Value } from 'typebox/value'
import { invalidInput } from '../lib/errors.ts'

export const manifestName = 'manifest.json'

/** In the archive: the homes of unix accounts. */
export const accountsFolder = 'accounts'

/** The parts of the hub itself; the last two are there when the hub has them. */
export const partNames = {
  database: 'littlehub.db',
  signingKey: 'signing-key',
  authStateKeys: 'auth-state-keys',
  config: 'config.yaml',
} as const

const slug = Type.String({ pattern: '^[a-z0-9-]{1,31}$' })
const sum = Type.String({ pattern: '^[0-9a-f]{64}$' })

const schema = Type.Object({
  /** Another number: this version does not know how to read it. */
  format: Type.Literal(1),
  littlehub: Type.String(),
  /** The last migration of the database. */
  schema: Type.Integer({ minimum: 0 }),
  made_at: Type.String(),
  machine: Type.String(),
  /** SHA-256 by name. Homes have none: they are read while people work in them. */
  parts: Type.Intersect([
    Type.Object({ 'littlehub.db': sum, 'signing-key': sum }),
    Type.Partial(Type.Object({ 'auth-state-keys': sum, 'config.yaml': sum })),
  ]),
  /** The uid of each home by its name. */
  homes: Type.Record(slug, Type.Integer({ minimum: 0 }), { additionalProperties: false }),
  /** Homes of unix accounts, by the slug of whose they are; where servers run as such. */
  accounts: Type.Optional(
    Type.Record(
      slug,
      Type.Object({
        /** Its folder below `accounts/`. */
        name: Type.String({ pattern: '^[a-z_][a-z0-9_-]{0,31}$' }),
        uid: Type.Integer({ minimum: 0 }),
      }),
      { additionalProperties: false },
    ),
  ),
})

export type Manifest = Static<typeof schema>

/** @throws {HubError} InvalidInput */
export function parseManifest(text: string): Manifest {
  const value = jsonOf(text)
  if (!Value.Check(schema, value)) throw invalidInput('It is no backup that this version can read.')
  return value
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** @throws {HubError} InvalidInput when a file in `dir` is not what it was. */
export async function checkParts(dir: string, { parts }: Manifest): Promise<void> {
  for (const [name, expected] of Object.entries(parts))
    if ((await sumOf(path.join(dir, name))) !== expected)
      throw invalidInput(`It is damaged: ${name} is not what was written. Nothing was changed.`)
}

export async function sumOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}
