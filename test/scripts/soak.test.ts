/** The soak's verdict: what it takes for left behind. */
import t from 'tap'
import {
  lessonProblems,
  plotLessons,
  plotOverTime,
  problemsOf,
  type Lesson,
  type Look,
} from '../../scripts/soak-report.ts'

const lookAt = (seconds: number, more: Partial<Look> = {}): Look => ({
  ...{ seconds, memoryMiB: 150, files: 60, processes: 9, p99Ms: 4 },
  ...more,
})

/** Ten looks while people come and go, and one when all have left. */
const looks = (of: (index: number) => Partial<Look> = () => ({}), last: Partial<Look> = {}) => [
  ...Array.from({ length: 10 }, (_, index) => lookAt(index * 15, of(index))),
  lookAt(180, { files: 40, processes: 1, ...last }),
]

const counts = { logins: 12, starts: 12 }

t.test('a hub that is as it was has no problems', async (t) => {
  t.strictSame(problemsOf(looks(), counts), [])
  t.match(plotOverTime(looks()), /<polyline points="90\.0,/)
})

t.test('what has grown or become slower is said', async (t) => {
  t.strictSame(
    problemsOf(
      looks((index) => ({ memoryMiB: 150 + 10 * index })),
      counts,
    ),
    ['its memory has grown'],
  )
  t.strictSame(
    problemsOf(
      looks((index) => ({ p99Ms: index < 6 ? 4 : 12 })),
      counts,
    ),
    ['small pages have become slower'],
  )
})

t.test('files and processes that stay are counted', async (t) => {
  const left = looks(undefined, { files: 61, processes: 3 })
  t.strictSame(problemsOf(left, counts), ['2 processes are left'])
  t.strictSame(
    problemsOf(
      looks((index) => ({ files: index === 0 ? 40 : 60 }), { files: 61 }),
      counts,
    ),
    ['21 files are left open'],
  )
})

t.test('nothing done and nothing seen proves nothing', async (t) => {
  t.strictSame(problemsOf(looks(), { ...counts, kills: 0 }), ['no kills'])
  t.strictSame(problemsOf([lookAt(0)], counts), ['it was not looked often enough'])
})

t.test('lessons that leave everything as it was are told from those that do not', async (t) => {
  const usual = { serverMiB: 60, zygoteMiB: 150, hubMiB: 140, processes: 1, without: 0 }
  const lessons = (of: (index: number) => Partial<Lesson>) =>
    Array.from({ length: 12 }, (_, index) => ({ ...usual, ...of(index) }))
  t.strictSame(lessonProblems(lessons(() => ({}))), [])
  t.match(plotLessons(lessons(() => ({}))), /12 lessons[^]*<polyline points="90\.0,/)
  const warmUp = lessons((index) => ({ hubMiB: Math.min(180, 120 + 10 * index) }))
  t.strictSame(lessonProblems(warmUp), [])
  t.strictSame(lessonProblems(lessons((index) => ({ hubMiB: 140 + 8 * index }))), [
    'the hub has grown',
  ])
  t.strictSame(lessonProblems(lessons((index) => ({ serverMiB: 60 + 2 * index }))), [
    'servers have grown',
  ])
  t.strictSame(lessonProblems(lessons((index) => ({ processes: index < 6 ? 1 : 2 }))), [
    'processes are left behind',
  ])
  t.strictSame(lessonProblems(lessons((index) => ({ without: index === 3 ? 2 : 0 }))), [
    '2 times a student was left without a cell',
  ])
  t.strictSame(lessonProblems([usual]), ['there were not enough lessons'])
})
