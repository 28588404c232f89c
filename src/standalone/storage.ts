/** Routes kept in a file, so that a proxy that starts again has them before its hub says anything. */
import { readFileSync } from 'node:fs'
import { replaceFile } from '../config/replace-file.ts'
import { asError, ConfigError, errorCode } from '../lib/errors.ts'
import { type Log } from '../lib/log.ts'
import { type RouteTable } from '../proxy/route-table.ts'

export interface Storage {
  /** Writes what has not been written yet. */
  close(): void
}

/** A hub that starts adds all its routes at once. */
const gatherMs = 250

/** Fills the table from the file, and writes the file when the table changes. @throws {ConfigError} */
export function keepRoutes(file: string, table: RouteTable, log: Log): Storage {
  for (const [path, { lastActivityMs, data }] of stored(file)) table.add(path, data, lastActivityMs)
  let timer: NodeJS.Timeout | undefined

  const write = (): void => {
    timer = undefined
    try {
      replaceFile(file, textOf(table))
    } catch (thrown) {
      log.error({ reason: asError(thrown).message }, 'the routes could not be kept')
    }
  }

  table.onChange(() => {
    timer ??= setTimeout(write, gatherMs)
  })
  return {
    close() {
      clearTimeout(timer)
      write()
    },
  }
}

type Stored = { readonly lastActivityMs: number; readonly data: Data }

type Data = { readonly target: string; readonly [name: string]: unknown }

function textOf(table: RouteTable): string {
  const routes = table
    .list()
    .map(({ path, data, route }): [string, Stored] => [
      path,
      { lastActivityMs: route.lastActivityMs, data },
    ])
  return `${JSON.stringify({ routes }, undefined, 1)}\n`
}

/** @throws {ConfigError} */
function stored(file: string): [string, Stored][] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (thrown) {
    if (errorCode(thrown) === 'ENOENT') return []
    throw unreadable(file, asError(thrown).message)
  }
  try {
    return parse(JSON.parse(text))
  } catch (thrown) {
    throw unreadable(file, asError(thrown).message)
  }
}

function parse(kept: unknown): [string, Stored][] {
  if (typeof kept !== 'object' || !kept || !('routes' in kept) || !Array.isArray(kept.routes))
    throw new Error('there are no routes in it')
  return kept.routes.map((pair: unknown) => {
    const [path, stored] = Array.isArray(pair) ? (pair as unknown[]) : []
    if (typeof path !== 'string' || !isStored(stored)) throw new Error('a route in it is none')
    return [path, stored]
  })
}

function isStored(value: unknown): value is Stored {
  if (typeof value !== 'object' || !value || !('lastActivityMs' in value)) return false
  const data = 'data' in value ? value.data : undefined
  if (typeof data !== 'object' || !data || !('target' in data)) return false
  return typeof value.lastActivityMs === 'number' && typeof data.target === 'string'
}

const unreadable = (file: string, reason: string): ConfigError =>
  new ConfigError([
    {
      source: file,
      key: 'storage-file',
      sentence: `is no file of routes (${reason}). Move it away to begin without any.`,
    },
  ])
