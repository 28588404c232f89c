/** Changes in the text of a configuration file; comments, order and everything else stay as they are. */
import { isCollection, isMap, isSeq, parseDocument, type Document } from 'yaml'
import { ConfigError } from '../lib/errors.ts'

/** `['cull', 'timeout']` */
type Place = { readonly at: readonly string[] }
type ListEdit = Place & { readonly action: 'add' | 'remove'; readonly value: unknown }

type SetEdit = Place & { readonly action: 'set'; readonly value: unknown }

export type Edit = SetEdit | (Place & { readonly action: 'unset' }) | ListEdit

/** @returns the new text. @throws {ConfigError} for what is no YAML, or has something else in that place. */
export function editText(text: string, edit: Edit, source: string): string {
  const document = parseDocument(text)
  const [error] = document.errors
  if (error) throw refusal(source, 'syntax', `${error.message.split('\n', 1)[0] ?? ''}.`)
  const key = edit.at.join('.')
  if (edit.action === 'unset') remove(document, edit.at)
  else if (edit.action === 'set') set(document, edit, source)
  else if (!changeList(document, edit)) throw refusal(source, key, 'is no list there.')
  const isEmpty = isCollection(document.contents) && document.contents.items.length === 0
  // An empty table would be written as {}; what is left is comments.
  if (isEmpty) document.contents = null
  const printed = document.toString({ lineWidth: 0, flowCollectionPadding: false })
  return printed.trim() === 'null' ? '' : printed.replace(/(^|\n)null\n$/, '$1')
}

const refusal = (source: string, key: string, sentence: string): ConfigError =>
  new ConfigError([{ source, key, sentence }])

function set(document: Document, { at, value }: SetEdit, source: string): void {
  makeTables(document, at, source)
  // A scalar keeps the comment behind it.
  document.setIn(at, isPlain(value) ? value : document.createNode(value, flowOf(value)))
}

const isPlain = (value: unknown): boolean => typeof value !== 'object' || value === null

/** Lists of words on one line, as people write them. */
const flowOf = (value: unknown): { flow: boolean } => ({
  flow: Array.isArray(value) && value.every(isPlain),
})

/** A section that is written with nothing in it is one with nothing in it. */
function makeTables(document: Document, at: readonly string[], source: string): void {
  for (let depth = 0; depth < at.length; depth++) {
    const above = at.slice(0, depth)
    const node = depth === 0 ? document.contents : document.getIn(above, true)
    const isEmpty = node === undefined || node === null || document.getIn(above) === null
    if (isEmpty && depth === 0) document.contents = document.createNode({})
    else if (isEmpty) document.setIn(above, document.createNode({}))
    else if (!isMap(node)) throw refusal(source, above.join('.'), 'is no section there.')
  }
}

/** With it goes every section that it leaves empty. */
function remove(document: Document, at: readonly string[]): void {
  if (at.length === 0 || !document.hasIn(at)) return
  document.deleteIn(at)
  const above = at.slice(0, -1)
  const node = above.length === 0 ? undefined : document.getIn(above, true)
  if (isMap(node) && node.items.length === 0) remove(document, above)
}

/** @returns false when there is something else than a list. */
function changeList(document: Document, { at, action, value }: ListEdit): boolean {
  const node = document.getIn(at, true)
  if (!isSeq(node)) return false
  const index = node.items.findIndex((item) => String(item) === String(value))
  if (action === 'remove' && index !== -1) node.items.splice(index, 1)
  if (action === 'add' && index === -1) node.items.push(document.createNode(value))
  return true
}
