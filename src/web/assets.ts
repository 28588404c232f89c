/** Static files: read once, served with a hash that lets browsers keep them. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

export type Asset = { readonly type: string; readonly content: Buffer; readonly etag: string }

export interface Assets {
  /** Of all files together. */
  readonly version: string
  /** The administrators' own, or ours. */
  readonly logo: Asset | undefined
  find(name: string): Asset | undefined
}

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
}

/**
 * Whatever is there when the hub starts; there is no way from a request to any other file.
 * @param dirs what several of them have is taken from the first
 * @param logoFile in the place of `logo.svg`; empty: none
 */
export function readAssets(dirs: readonly string[], logoFile = ''): Assets {
  const assets = new Map<string, Asset>()
  for (const dir of dirs.filter((one) => existsSync(one)).reverse())
    for (const name of readdirSync(dir)
      .filter((each) => typeOf(each) !== undefined)
      .sort())
      assets.set(name, readAsset(path.join(dir, name)))
  const logo = logoFile === '' ? assets.get('logo.svg') : readAsset(logoFile)
  const all = [...assets.values(), ...(logo ? [logo] : [])]
  const version = hashOf(all.map(({ etag }) => etag).join())
  return { version, logo, find: (name) => assets.get(name) }
}

/** Whether a file of this name is one that browsers get. */
export const isAssetName = (name: string): boolean => typeOf(name) !== undefined

const typeOf = (name: string): string | undefined => types[path.extname(name).toLowerCase()]

function readAsset(file: string): Asset {
  const content = readFileSync(file)
  const type = typeOf(file) ?? 'application/octet-stream'
  return { type, content, etag: `"${hashOf(content)}"` }
}

const hashOf = (content: Buffer | string): string =>
  createHash('sha256').update(content).digest('hex').slice(0, 12)
