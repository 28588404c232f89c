/** The views: how each page is rendered from what it is given. */
import { Eta } from 'eta'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { asError } from '../lib/errors.ts'
import { type ViewData } from './view-data.ts'
import { type Frame } from './view-parts.ts'

export { type ViewData } from './view-data.ts'
export {
  type Frame,
  type Moment,
  type FormProblem,
  type ServerCard,
  type OwnServer,
  type SharedWithYou,
  type Option,
  type ProfileCard,
  type AdminRow,
} from './view-parts.ts'

export type ViewName = keyof ViewData

export interface Views {
  /** A whole HTML page. A view that reads something it was not given throws. */
  render<Name extends ViewName>(name: Name, frame: Frame, data: ViewData[Name]): string
}

/** @param dirs hold `<view>.eta`, `layout.eta` and `partials/`; what several have is taken from the first. */
export function createViews(...dirs: readonly string[]): Views {
  const eta = new Eta({ views: dirs[0] ?? '', cache: true, escapeFunction: escape })
  const files = new Map<string, string>()
  eta.resolvePath = (name) => {
    const file = files.get(name) ?? findView(dirs, name)
    files.set(name, file)
    return file
  }

  /** What `it` is: the data, the frame, and partials as markup that needs no unescaped tag. */
  const given = (name: string, data: object, frame: Frame): object =>
    strict(
      {
        ...data,
        frame,
        part: (partial: string, more: object = {}) =>
          asMarkup(eta.render(`partials/${partial}`, given(partial, more, frame)).trim()),
      },
      name,
    )

  return { render: (name, frame, data) => eta.render(name, given(name, data, frame)) }
}

/** Why a view cannot be used; undefined when it is one. What it reads is known only when it is shown. */
export function viewProblem(file: string): string | undefined {
  try {
    new Eta().compile(readFileSync(file, 'utf8'))
    return undefined
  } catch (thrown) {
    return asError(thrown).message.split('\n', 1)[0] ?? ''
  }
}

function findView(dirs: readonly string[], name: string): string {
  const file = dirs.map((dir) => path.join(dir, `${name}.eta`)).find((one) => existsSync(one))
  if (file === undefined) throw new Error(`there is no view ${name}`)
  return file
}

/** HTML that a partial has made: the only thing that is not escaped again. */
const markup = new WeakMap<object, string>()

function asMarkup(html: string): object {
  const marked = {}
  markup.set(marked, html)
  return marked
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text as it may stand between tags and in quoted attributes. @throws {Error} for what was not given. */
function escape(value: unknown): string {
  if (typeof value === 'object' && value !== null) {
    const html = markup.get(value)
    if (html !== undefined) return html
  }
  if (typeof value !== 'string' && typeof value !== 'number')
    throw new Error(`a view prints something that is no text: ${typeof value}`)
  return String(value).replace(/[&<>"']/g, (char) => entities[char] ?? '')
}

/** The same data, but reading a field that is not there throws instead of printing "undefined". */
function strict<Data extends object>(data: Data, where: string): Data {
  return new Proxy(data, {
    get(target, key): unknown {
      if (typeof key === 'string' && !(key in target))
        throw new Error(`view ${where} reads '${key}', which it was not given`)
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'object' && value !== null && !markup.has(value)
        ? strict(value, `${where}.${String(key)}`)
        : value
    },
  })
}
