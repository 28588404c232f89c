/** Names and slugs: one normalisation (S-38), and different names never share a folder (S-18). */
import t from 'tap'
import { HubError } from '../../src/lib/errors.ts'
import { maxNameLength, normaliseName, slugOf } from '../../src/model/user.ts'

const problemOf = (raw: string): string => {
  try {
    return `taken as '${normaliseName(raw)}'`
  } catch (thrown) {
    return thrown instanceof HubError && thrown.code === 'InvalidInput' ? '' : String(thrown)
  }
}

/** In plain ASCII: some of these characters would break the lines of a report. */
const shown = (text: string): string =>
  Array.from(text.slice(0, 40), (char) =>
    /[ -~]/.test(char) ? char : `\\u{${char.codePointAt(0)?.toString(16)}}`,
  ).join('')

t.test('every spelling of a name is the same name', async (t) => {
  const rows: [string, string[]][] = [
    [
      'ana',
      ['Ana', 'ANA', ' ana ', '\tana\n', 'ａｎａ', 'ＡＮＡ', '𝐚𝐧𝐚', 'ⓐⓝⓐ', '\u3000ana\u00a0'],
    ],
    ['josé', ['jose\u0301', 'JOSE\u0301', 'JOSÉ', 'ＪＯＳÉ']],
    ['kelvin', ['\u212aelvin', 'KELVIN']],
    ['office', ['o\ufb03ce', 'OFFICE']],
    ['i\u0307', ['\u0130', 'I\u0307']],
    ['ana.lopez+lab@uni.example', ['Ana.Lopez+Lab@Uni.Example']],
    ['ana maria', ['Ana Maria', 'ana\u00a0maria', 'ana\u2003maria']],
    ['李小龍', ['李小龍']],
  ]
  for (const [name, spellings] of rows)
    for (const spelling of [name, ...spellings])
      t.equal(normaliseName(spelling), name, shown(spelling))
})

t.test('names that look alike but are others stay others', async (t) => {
  t.not(normaliseName('аna'), normaliseName('ana'), 'Cyrillic a')
  t.not(normaliseName('ana1'), normaliseName('anal'))
  t.not(normaliseName('jose'), normaliseName('josé'))
})

t.test('an impossible name is refused with a sentence', async (t) => {
  const impossible = [
    '',
    ' ',
    '\u3000',
    'a/b',
    'a\\b',
    '／',
    'a／b',
    '..',
    '.',
    '．．',
    '\0',
    'a\0b',
    'a\nb',
    'a\u001b[31m',
    'a\u200bb',
    'a\u202eb',
    'a\ufeffb',
    'a\u00adb',
    '\ud800',
    '\ue000',
    '\u2028',
    'a\tb',
    'a\u{e0041}',
    'x'.repeat(300),
  ]
  for (const raw of impossible) t.equal(problemOf(raw), '', shown(raw))
})

t.test('invisible letters and fillers make no second name', async (t) => {
  for (const raw of [
    'a\u034fb',
    'a\u115fb',
    'a\u3164b',
    'a\uffa0b',
    'a\u17b4b',
    'a\ufe0fb',
    'a\u180bb',
    'a\u2800b',
  ])
    t.equal(problemOf(raw), '', shown(raw))
})

t.test('64 characters are the most, counted as people count them', async (t) => {
  for (const char of ['x', 'é', '😀', '李']) {
    t.equal(normaliseName(char.repeat(maxNameLength)), char.repeat(maxNameLength))
    t.equal(problemOf(char.repeat(maxNameLength + 1)), '', char)
  }
  t.equal(problemOf('\ufdfa'.repeat(5)), '', 'what becomes longer counts as it becomes')
})

t.test('what is refused costs nothing, however long', async (t) => {
  const began = performance.now()
  t.equal(problemOf('\ufdfa'.repeat(2_000_000)), '')
  t.equal(problemOf('A'.repeat(2_000_000)), '')
  t.ok(performance.now() - began < 1000)
})

/** Repeatable: the same numbers in every run. */
function createRandom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

function randomName(random: (below: number) => number): string {
  const ranges: [number, number][] = [
    [0x20, 0x7e],
    [0x20, 0x7e],
    [0xa0, 0x24f],
    [0x300, 0x36f],
    [0x370, 0x5ff],
    [0x1e00, 0x1fff],
    [0x2100, 0x214f],
    [0x3040, 0x30ff],
    [0xac00, 0xd7a3],
    [0xfb00, 0xfb06],
    [0xff00, 0xffef],
    [0x1d400, 0x1d7ff],
  ]
  return Array.from({ length: 1 + random(10) }, () => {
    const [from, to] = ranges[random(ranges.length)] ?? [0x61, 0x7a]
    return String.fromCodePoint(from + random(to - from + 1))
  }).join('')
}

t.test('normalising twice is normalising once, and spellings of one name meet', async (t) => {
  const random = createRandom(38)
  let taken = 0
  for (let round = 0; round < 20_000; round++) {
    const raw = randomName(random)
    let name: string
    try {
      name = normaliseName(raw)
    } catch {
      continue
    }
    taken += 1
    for (const variant of [
      name,
      name.toUpperCase(),
      name.normalize('NFD'),
      name.normalize('NFKD'),
      ` ${name} `,
      raw.normalize('NFKC'),
    ]) {
      // Upper case is not always a way back ("ß"); what counts is that it is not reached in two ways.
      const again = problemOf(variant)
      if (
        variant === name.toUpperCase()
          ? again !== `taken as '${normaliseName(variant.toLowerCase())}'`
          : again !== `taken as '${name}'`
      )
        t.fail(`${shown(raw)} → ${shown(name)}, ${shown(variant)} → ${again}`)
    }
  }
  t.ok(taken > 5000, `${taken} of the names were possible`)
})

const slugShape = /^[a-z][a-z0-9-]{0,30}$/

t.test('a slug is safe for folders, units and unix accounts', async (t) => {
  const names = [
    'ana',
    'a',
    'x'.repeat(31),
    'x'.repeat(32),
    'ana-',
    '-ana',
    '1ana',
    'ana--b',
    'ana.b',
    '...a',
    '~',
    'ana lopez',
    'josé',
    '李',
    '😀',
    'ana@uni.example',
    "a'b",
    '$(x)',
    '%n',
    '%',
    'a\u0300',
  ]
  for (const name of names) t.match(slugOf(name), slugShape, name)
  t.equal(slugOf('ana'), 'ana')
  t.equal(slugOf('x'.repeat(31)), 'x'.repeat(31))
  t.match(slugOf('josé'), /^jose--/)
  t.match(slugOf('Müller@uni.example'.toLowerCase()), /^muller-uni-exa--/)
})

t.test('different names have different slugs', async (t) => {
  const random = createRandom(18)
  const slugs = new Map<string, string>()
  const add = (name: string): void => {
    const slug = slugOf(name)
    const other = slugs.get(slug)
    if (other !== undefined && other !== name) t.fail(`'${name}' and '${other}' are both ${slug}`)
    if (!slugShape.test(slug)) t.fail(`'${name}' → ${slug}`)
    slugs.set(slug, name)
  }
  const alphabet = ['a', 'b', '-', '--', '.', '_', '@', 'é', 'e', '1', ' ', 'ß', 'ss']
  for (let round = 0; round < 30_000; round++) {
    const pieces = Array.from({ length: 1 + random(6) }, () => alphabet[random(alphabet.length)])
    const name = pieces.join('')
    if (problemOf(name) === `taken as '${name}'`) add(name)
  }
  const long = 'a'.repeat(40)
  for (let end = 0; end < 1000; end++) add(`${long}${end}`)
  t.ok(slugs.size > 10_000)
})

t.test('no name can be chosen to be the slug of another', async (t) => {
  for (const victim of ['josé', 'ana.lopez', 'x'.repeat(40)]) {
    const slug = slugOf(victim)
    t.not(slugOf(slug), slug, slug)
    t.not(slugOf(slug.replace('--', '-')), slug)
  }
})
