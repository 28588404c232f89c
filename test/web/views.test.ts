/** The views: what they may contain, and that nothing given to them comes out as markup. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { createViews, type Frame } from '../../src/web/views.ts'
import { temporaryFolder } from '../support/hub.ts'
import { writeFileSync, mkdirSync } from 'node:fs'
import { everyView, frame } from '../support/sample-views.ts'

const viewsDir = path.resolve(import.meta.dirname, '../../views')
const sources = readdirSync(viewsDir, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.eta'),
)
const sourceOf = (name: string): string => readFileSync(path.join(viewsDir, name), 'utf8')

t.test('only the layout prints anything unescaped', async (t) => {
  for (const name of sources)
    if (name !== 'layout.eta') t.notMatch(sourceOf(name), /<%[-_]?\s*~/, name)
})

t.test('no view holds a script, a style or a handler of its own', async (t) => {
  for (const name of sources) {
    const source = sourceOf(name)
    t.notMatch(source, /<style|\sstyle=|\son[a-z]+=|javascript:/i, name)
    t.notMatch(source, /<script(?![^>]* src=")/i, name)
  }
})

t.test('every page has a title, one heading, landmarks, and a label for every field', async (t) => {
  const views = createViews(viewsDir)
  for (const [label, name, data] of everyView()) {
    const html = views.render(name, frame, data)
    t.match(html, /<title>[^<]+ · littlehub<\/title>/, `${label} has a title`)
    t.equal(html.match(/<h1\b/g)?.length, 1, `${label} has one h1`)
    t.match(html, /<html lang="en">/, label)
    t.match(html, /<main id="main"/, label)
    t.match(html, /href="#main"/, `${label} can skip to its content`)
    t.notMatch(html, /undefined|\[object /, label)
    t.same(unlabelled(html), [], `${label} labels its fields`)
    t.same(repeated(html), [], `${label} has unique ids`)
    t.same(withoutToken(html), [], `${label} protects its forms`)
  }
})

/** Fields that no label names. */
function unlabelled(html: string): string[] {
  return [...html.matchAll(/<(?:input|textarea|select)\b[^>]*>/g)]
    .map(([tag]) => tag)
    .filter((tag) => !/type="(?:hidden|checkbox)"/.test(tag) && !/aria-label="[^"]+"/.test(tag))
    .filter((tag) => !html.includes(`<label for="${/ id="([^"]+)"/.exec(tag)?.[1] ?? '?'}"`))
    .filter(
      (tag) => !html.includes(`<label class="sr" for="${/ id="([^"]+)"/.exec(tag)?.[1] ?? '?'}"`),
    )
}

function repeated(html: string): string[] {
  const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id ?? '')
  return ids.filter((id, index) => ids.indexOf(id) !== index)
}

function withoutToken(html: string): string[] {
  return [...html.matchAll(/<form\b[^>]*method="post".*?<\/form>/gs)]
    .map(([form]) => form)
    .filter((form) => !form.includes('name="_xsrf" value="token"'))
}

t.test('whatever is given to a view comes out as text (S-09, S-21, S-52)', async (t) => {
  const views = createViews(viewsDir)
  const hostile = `'"><img src=x onerror=alert(1)>`
  for (const [label, name, data] of everyView()) {
    const html = views.render(name, spiked(frame, hostile), spiked(data, hostile))
    t.notMatch(html, /<img src=x/, label)
    t.notMatch(html, /["']&gt;|'"/, `${label} keeps it inside its attribute`)
  }
})

/** The same shape with every text followed by `tail`, but for the words that views decide by. */
function spiked<Value>(value: Value, tail: string, key = ''): Value {
  if (['state', 'kind', 'purpose', 'field', 'hubPath'].includes(key)) return value
  if (typeof value === 'string') return (value + tail) as Value
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const items: unknown[] = value
    return items.map((each) => spiked(each, tail)) as unknown as Value
  }
  const fields: [string, unknown][] = Object.entries(value)
  const entries = fields.map(([name, each]) => [name, spiked(each, tail, name)])
  return Object.fromEntries(entries) as Value
}

t.test(
  'a view that reads what it was not given throws instead of printing "undefined"',
  async (t) => {
    const dir = temporaryFolder(t)
    mkdirSync(path.join(dir, 'partials'))
    writeFileSync(path.join(dir, 'partials/line.eta'), '<b><%= it.word %></b>\n')
    writeFileSync(path.join(dir, 'error.eta'), '<%= it.titel %>')
    writeFileSync(path.join(dir, 'confirm.eta'), '<%= it.frame.user.nmae %>')
    writeFileSync(path.join(dir, 'logout.eta'), `<%= it.part('line', { word: '<i>' }) %>.`)
    writeFileSync(path.join(dir, 'home.eta'), `<%= it.part('line', {}) %>`)
    writeFileSync(path.join(dir, 'spawn.eta'), '<%= it.next %>')
    const { render } = createViews(dir)
    const error = { status: 404, title: 'Gone', message: '' }
    t.throws(() => render('error', frame, error), /reads 'titel'/)
    t.throws(() => render('confirm', frame, {} as never), /reads 'nmae'/)
    t.throws(() => render('home', frame, {} as never), /reads 'word'/)
    t.throws(() => render('spawn', frame, { next: undefined } as never), /no text/)
    t.equal(render('logout', frame, {}), '<b>&lt;i&gt;</b>.')
  },
)

t.test('the layout gets by with its title, where it stands, and the frame', async (t) => {
  const read = new Set([...sourceOf('layout.eta').matchAll(/\bit\.(\w+)/g)].map(([, name]) => name))
  t.same([...read].sort(), ['body', 'frame', 'nav', 'title'])
})

t.test('a stranger sees no navigation, an administrator sees all of it', async (t) => {
  const { render } = createViews(viewsDir)
  const error = { status: 404, title: 'Gone', message: 'Nothing.' }
  const as = (user: Frame['user']): string => render('error', { ...frame, user }, error)
  t.notMatch(as(undefined), /<nav|logout/)
  t.notMatch(as({ name: 'ana', admin: false }), /hub\/admin/)
  t.match(as({ name: 'ana', admin: true }), /hub\/admin/)
})

/** What is read, and on what (WCAG 2.2, 1.4.3 and 1.4.11). */
const pairs = [
  ['ink', 'paper', 4.5],
  ['ink', 'card', 4.5],
  ['ink', 'sunken', 4.5],
  ['ink', 'info-soft', 4.5],
  ['ink', 'accent-soft', 4.5],
  ['ink-soft', 'paper', 4.5],
  ['ink-soft', 'card', 4.5],
  ['ink-soft', 'sunken', 4.5],
  ['accent', 'paper', 4.5],
  ['accent', 'card', 4.5],
  ['accent-strong', 'accent-soft', 4.5],
  ['on-accent', 'accent', 4.5],
  ['on-accent', 'accent-strong', 4.5],
  ['good', 'card', 4.5],
  ['good', 'good-soft', 4.5],
  ['warn', 'card', 4.5],
  ['warn', 'warn-soft', 4.5],
  ['bad', 'card', 4.5],
  ['bad', 'bad-soft', 4.5],
  ['bad', 'accent-soft', 4.5],
  ['line-strong', 'card', 3],
] as const

t.test('everything can be read, in the light and in the dark', async (t) => {
  const css = readFileSync(path.join(viewsDir, 'static/hub.css'), 'utf8')
  const [light = '', dark = ''] = css.split('@media (prefers-color-scheme: dark)')
  for (const [scheme, text] of [
    ['light', light],
    ['dark', dark.slice(0, dark.indexOf('\n}\n'))],
  ] as const)
    for (const [front, back, least] of pairs) {
      const ratio = contrast(token(text, front), token(text, back))
      t.ok(ratio >= least, `${scheme}: ${front} on ${back} is ${ratio.toFixed(1)}`)
    }
})

const token = (css: string, name: string): string =>
  new RegExp(`--${name}: (#[0-9a-f]{6});`).exec(css)?.[1] ?? ''

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = parseInt(colour.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
