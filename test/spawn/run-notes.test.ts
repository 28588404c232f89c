/** What is kept on disk of the runs of units. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { createRunNotes } from '../../src/spawn/run-notes.ts'
import { dataFolder } from './support.ts'

t.test(
  'the environment is for root alone, whatever lay there, and goes after the start',
  async (t) => {
    const dir = path.join(dataFolder(t), 'units')
    const notes = createRunNotes(dir)
    const file = notes.writeEnvironment('ana.lab', 'A="1"\n')
    t.equal(readFileSync(file, 'utf8'), 'A="1"\n')
    t.equal(statSync(file).mode & 0o777, 0o600)
    t.equal(statSync(dir).mode & 0o777, 0o700)
    writeFileSync(path.join(dir, 'ben.env'), '', { mode: 0o666 })
    t.equal(statSync(notes.writeEnvironment('ben', 'B="2"\n')).mode & 0o777, 0o600)
    notes.dropPassing('ana.lab')
    t.notOk(existsSync(file))
  },
)

t.test(
  'the last run of a server is remembered by the next hub, until it is forgotten',
  async (t) => {
    const dir = dataFolder(t)
    createRunNotes(dir).remember('ana', 'one')
    createRunNotes(dir).remember('ana', 'two')
    const notes = createRunNotes(dir)
    t.equal(notes.lastRun('ana'), 'two')
    t.equal(notes.lastRun('ben'), undefined)
    notes.forget('ana')
    t.equal(notes.lastRun('ana'), undefined)
    notes.forget('ana')
  },
)

t.test('a name that is no slug writes nowhere', async (t) => {
  t.throws(() => createRunNotes(dataFolder(t)).remember('../x', ''), { message: 'not a slug' })
})
