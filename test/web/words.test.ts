/** Times, sizes and browsers in words. */
import t from 'tap'
import {
  browserInWords,
  durationInWords,
  laterOf,
  momentOf,
  momentOrNone,
  sizeInWords,
} from '../../src/web/words.ts'

const now = new Date('2026-01-31T12:00:00.000Z')
const at = (ms: number) => momentOf(new Date(now.getTime() + ms), now)

t.test('a moment is told relative to now, with the whole of it behind', async (t) => {
  t.same(at(-3 * 3600e3), {
    relative: '3 hours ago',
    absolute: '31 January 2026 at 09:00 UTC',
    iso: '2026-01-31T09:00:00.000Z',
  })
  const relative: [number, string][] = [
    [0, 'just now'],
    [-9_999, 'just now'],
    [-10_000, '10 seconds ago'],
    [-60_000, 'a minute ago'],
    [-119_000, 'a minute ago'],
    [-3_600_000, 'an hour ago'],
    [-86_400_000, 'a day ago'],
    [-40 * 86_400_000, '40 days ago'],
    [25_000, 'in 25 seconds'],
    [9_000, 'in a moment'],
  ]
  for (const [ms, words] of relative) t.equal(at(ms).relative, words)
  t.equal(momentOrNone(undefined, now), undefined)
  t.equal(momentOrNone(now, now)?.relative, 'just now')
})

t.test('a duration is told in its largest unit', async (t) => {
  t.equal(durationInWords(14 * 86_400_000), '14 days')
  t.equal(durationInWords(86_400_000), 'a day')
  t.equal(durationInWords(300), 'a second')
})

t.test('memory is told as people read it', async (t) => {
  t.equal(sizeInWords(1000), 'under 1 MB')
  t.equal(sizeInWords(224_395_264), '214 MB')
  t.equal(sizeInWords(1.3 * 1024 ** 3), '1.3 GB')
})

t.test('browsers are told apart, though each claims to be the others', async (t) => {
  const windows = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)'
  const agents: Record<string, string> = {
    [`${windows} Chrome/140.0 Safari/537.36`]: 'Chrome on Windows',
    [`${windows} Chrome/140.0 Safari/537.36 Edg/140.0`]: 'Edge on Windows',
    'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0': 'Firefox on Linux',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18 Safari/604':
      'Safari on iPhone',
    'Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36':
      'Chrome on Android',
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) AppleWebKit/605 Version/18 Safari/605':
      'Safari on Mac',
    'curl/8.5': 'A program',
    '': 'A program',
  }
  for (const [agent, words] of Object.entries(agents)) t.equal(browserInWords(agent), words)
})

t.test('the later of two times, of which either may never have been', async (t) => {
  const [early, late] = [new Date(1), new Date(2)]
  t.equal(laterOf(early, late), late)
  t.equal(laterOf(late, early), late)
  t.equal(laterOf(undefined, early), early)
  t.equal(laterOf(early, undefined), early)
  t.equal(laterOf(undefined, undefined), undefined)
})
