import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { applyMoves, finishMoves, type Move } from '../../src/config/moves.ts'

function place(t: Test): {
  dir: string
  moves: Move[]
  text: (name: string) => string | undefined
} {
  const dir = t.testdir({ new: { a: 'new a', b: 'new b' }, a: 'old a' })
  const move = (name: string): Move => ({
    from: path.join(dir, 'new', name),
    to: path.join(dir, name),
    aside: path.join(dir, `${name}.old`),
  })
  const text = (name: string): string | undefined =>
    existsSync(path.join(dir, name)) ? readFileSync(path.join(dir, name), 'utf8') : undefined
  return { dir, moves: [move('a'), move('b')], text }
}

t.test('all files get their names, and what had them stays beside', async (t) => {
  const { dir, moves, text } = place(t)
  applyMoves(dir, moves)
  t.same(['a', 'b', 'a.old', 'b.old'].map(text), ['new a', 'new b', 'old a', undefined])
  t.same(readdirSync(dir).sort(), ['a', 'a.old', 'b', 'new'])
  t.notOk(finishMoves(dir), 'nothing is left to do')
})

t.test('when one is not possible, everything is as it was', async (t) => {
  const { dir, moves, text } = place(t)
  mkdirSync(path.join(dir, 'b', 'full'), { recursive: true })
  const impossible = { from: moves[1]?.from ?? '', to: path.join(dir, 'none/b'), aside: 'none' }
  t.throws(() => applyMoves(dir, [...moves.slice(0, 1), impossible]), { code: 'ENOENT' })
  t.same(['a', 'new/a', 'new/b', 'a.old'].map(text), ['old a', 'new a', 'new b', undefined])
  t.notOk(finishMoves(dir))
})

t.test('after a power cut at any step the rest is done', async (t) => {
  const steps = [
    () => undefined,
    (dir: string) => renameSync(path.join(dir, 'a'), path.join(dir, 'a.old')),
    (dir: string) => renameSync(path.join(dir, 'new/a'), path.join(dir, 'a')),
    (dir: string) => renameSync(path.join(dir, 'new/b'), path.join(dir, 'b')),
  ]
  for (const count of steps.keys())
    await t.test(`after ${count} steps`, async (t) => {
      const { dir, moves, text } = place(t)
      writeFileSync(path.join(dir, 'restore.journal'), JSON.stringify(moves))
      for (const step of steps.slice(0, count + 1)) step(dir)
      t.ok(finishMoves(dir))
      t.same(['a', 'b', 'a.old', 'b.old'].map(text), ['new a', 'new b', 'old a', undefined])
      t.notOk(finishMoves(dir))
    })
})
