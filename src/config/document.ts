/** The configuration file: YAML, with the line of every key. */
import { readFileSync, statSync } from 'node:fs'
import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type YAMLError,
} from 'yaml'
import { asError, errorCode, type ConfigProblem } from '../lib/errors.ts'
import { type Path } from './decode.ts'

export type ConfigDocument = {
  /** The file's name, or a word when there is none. */
  readonly source: string
  /** What is written; `{}` when there is nothing, or nothing that could be read. */
  readonly written: unknown
  readonly problems: readonly ConfigProblem[]
  /** Whether other people of this machine may read the file. */
  readonly isPublic: boolean
  /** The line of the nearest key, counted from 1. */
  lineOf(at: Path): number | undefined
}

/**
 * Reads the file, if there is one. A missing one is a problem only when it is `required`.
 * @param text in the place of what is in the file
 */
export function readDocument(
  file: string | undefined,
  required: boolean,
  text?: string,
): ConfigDocument {
  if (file === undefined) return empty('configuration')
  try {
    if (text !== undefined) return parse(text, file)
    return { ...parse(readConfigFile(file), file), isPublic: isPublic(file) }
  } catch (thrown) {
    if (errorCode(thrown) === 'ENOENT' && !required) return empty(file)
    return { ...empty(file), problems: [unreadable(file, thrown)] }
  }
}

const empty = (source: string): ConfigDocument => ({
  source,
  written: {},
  problems: [],
  isPublic: false,
  lineOf: () => undefined,
})

/** A running hub reads it while it serves: what has no end, or waits for a writer, would stop everybody. */
const largestBytes = 4 * 1024 * 1024

/** The text of the file. @throws {Error} also for what is no regular file, and what is too large for one of settings. */
export function readConfigFile(file: string): string {
  const stats = statSync(file)
  if (!stats.isFile() && !stats.isDirectory()) throw new Error('it is no regular file.')
  if (stats.size > largestBytes) throw new Error('it is larger than 4 MB.')
  return readFileSync(file, 'utf8')
}

const isPublic = (file: string): boolean => (statSync(file).mode & 0o004) !== 0

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file.',
  EACCES: 'its permissions do not allow it.',
  EISDIR: 'it is a folder.',
  ENOTDIR: 'its folder is a file.',
}

function unreadable(file: string, thrown: unknown): ConfigProblem {
  const reason = reasons[errorCode(thrown) ?? ''] ?? asError(thrown).message
  return { source: file, key: 'file', sentence: `cannot be read: ${reason}` }
}

function parse(text: string, file: string): ConfigDocument {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const problems = document.errors.map((error) => syntaxProblem(error, { file, lines, text }))
  if (problems.length > 0) return { ...empty(file), problems }
  const written: unknown = document.toJS() ?? {}
  const lineOf = (at: Path): number | undefined => lineIn(document, at, lines)
  return { ...empty(file), written, lineOf }
}

type Source = { readonly file: string; readonly lines: LineCounter; readonly text: string }

function syntaxProblem(error: YAMLError, { file, lines, text }: Source): ConfigProblem {
  const line = lines.linePos(error.pos[0]).line
  if (error.code !== 'DUPLICATE_KEY')
    return { source: file, line, key: 'syntax', sentence: `${error.message}.` }
  const key = /^[^\s:]*/.exec(text.slice(error.pos[0]))?.[0] ?? ''
  return { source: file, line, key, sentence: 'is written twice; keep one of them.' }
}

function lineIn(document: Document, at: Path, lines: LineCounter): number | undefined {
  let offset: number | undefined
  let node: unknown = document.contents
  for (const part of at) {
    const step = child(node, part, document)
    if (step === undefined) break
    offset = step.offset
    node = step.node
  }
  return offset === undefined ? undefined : lines.linePos(offset).line
}

type Step = { readonly offset: number | undefined; readonly node: unknown }

function child(parent: unknown, part: string | number, document: Document): Step | undefined {
  const node = isAlias(parent) ? parent.resolve(document) : parent
  if (isSeq(node)) {
    const item = node.items[Number(part)]
    return isNode(item) ? { offset: item.range?.[0], node: item } : undefined
  }
  if (!isMap(node)) return undefined
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === part)
  return pair && isScalar(pair.key) ? { offset: pair.key.range?.[0], node: pair.value } : undefined
}
