/** Durations, sizes and paths as people write them. */
import t from 'tap'
import { formats, parseSize } from '../../src/config/formats.ts'

t.test('a size is a number of bytes, or one with a unit', async (t) => {
  const rows: [string, number | undefined][] = [
    ['1000', 1000],
    ['1K', 1024],
    ['512M', 512 * 1024 ** 2],
    ['2g', 2 * 1024 ** 3],
    ['1 T', 1024 ** 4],
    ['0', 0],
    ['', undefined],
    ['-1', undefined],
    ['1.5G', undefined],
    ['1GB', undefined],
    ['1P', undefined],
    ['0x10', undefined],
    ['1e3', undefined],
    ['999999999999999T', undefined],
    ['constructor', undefined],
  ]
  for (const [text, bytes] of rows) t.equal(parseSize(text), bytes, text)
})

t.test('what cannot be read says what can', async (t) => {
  t.match(formats['duration']?.('5 bananas', '/'), { problem: /90s, 10m or 1h/ })
  t.match(formats['size']?.('big', '/'), { problem: /512M or 2G/ })
  t.match(formats['path']?.('', '/'), { problem: /found nothing/ })
  t.match(formats['path']?.('~/x', '/'), { problem: /whole path/ })
  t.same(formats['path']?.('~x', '/d'), { value: '/d/~x' })
  t.same(formats['optional-path']?.('', '/d'), { value: '' })
  t.same(formats['optional-path']?.('./x', '/d'), { value: '/d/x' })
  t.match(formats['optional-path']?.('~/x', '/d'), { problem: /whole path/ })
})

t.test('a limit is a size or a number of cores, or none', async (t) => {
  const rows: [string, string, object][] = [
    ['memory-limit', 'none', { value: 0 }],
    ['memory-limit', '0', { value: 0 }],
    ['memory-limit', '2G', { value: 2 * 1024 ** 3 }],
    ['memory-limit', '16M', { value: 16 * 1024 ** 2 }],
    ['memory-limit', '16383K', { problem: /too little for a server/ }],
    ['memory-limit', 'None', { problem: /or none\.$/ }],
    ['cpu-limit', 'none', { value: 0 }],
    ['cpu-limit', '0.0', { value: 0 }],
    ['cpu-limit', '0.5', { value: 0.5 }],
    ['cpu-limit', '64', { value: 64 }],
    ['cpu-limit', '0.001', { problem: /from 0\.01/ }],
    ['cpu-limit', '-1', { problem: /no number of cores/ }],
    ['cpu-limit', '1e3', { problem: /no number of cores/ }],
    ['cpu-limit', '', { problem: /no number of cores/ }],
  ]
  for (const [format, text, expected] of rows)
    t.match(formats[format]?.(text, '/'), expected, `${format} ${text}`)
})

t.test('only what clearly is a path of a program is taken for one', async (t) => {
  const command = (text: string) => formats['command']?.(text, '/d')
  t.same(command('./x'), { value: '/d/x' })
  t.same(command('../x'), { value: '/x' })
  for (const text of ['x', '/x', '--dir=./x', '...', '.x', ''])
    t.same(command(text), { value: text }, text)
  t.same(formats['search-path']?.('./a:..:/b:c:', '/d'), { value: '/d/a:/:/b:c:' })
})
