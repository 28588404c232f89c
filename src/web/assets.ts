/** Static files: read once, served with a hash that lets browsers keep them. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

type Asset = { readonly type: string; readonly content: Buffer; readonly etag: string }

export interface Assets {
  /** Of all files together. */
  readonly version: string
  find(name: string): Asset | undefined
}

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Whatever is in `dir` when the hub starts; there is no way from a request to any other file. */
export function readAssets(dir: string): Assets {
  const names = readdirSync(dir).filter((name) => path.extname(name) in types)
  const assets = new Map(names.sort().map((name) => [name, readAsset(dir, name)]))
  const version = hashOf([...assets.values()].map(({ etag }) => etag).join())
  return { version, find: (name) => assets.get(name) }
}

function readAsset(dir: string, name: string): Asset {
  const content = readFileSync(path.join(dir, name))
  const type = types[path.extname(name)] ?? 'application/octet-stream'
  return { type, content, etag: `"${hashOf(content)}"` }
}

const hashOf = (content: Buffer | string): string =>
  createHash('sha256').update(content).digest('hex').slice(0, 12)
