/** SQLite's errors in words for people. */
import t from 'tap'
import { conflict, invalidInput } from '../../src/lib/errors.ts'
import { guarded, orConflict } from '../../src/store/failures.ts'

const failing = (code: string) => () => {
  throw Object.assign(new Error('internal words'), { code })
}

t.test('trouble with the disk is an honest refusal that names no internals', async (t) => {
  for (const code of [
    'SQLITE_FULL',
    'SQLITE_IOERR',
    'SQLITE_IOERR_WRITE',
    'SQLITE_READONLY_DBMOVED',
    'SQLITE_CANTOPEN',
    'ENOSPC',
    'EROFS',
    'EDQUOT',
  ])
    t.throws(
      () => guarded(failing(code)),
      { code: 'Unavailable', message: /^The disk of this hub/ },
      code,
    )
})

t.test('a busy database asks to try again', async (t) => {
  for (const code of ['SQLITE_BUSY', 'SQLITE_BUSY_SNAPSHOT', 'SQLITE_LOCKED'])
    t.throws(() => guarded(failing(code)), { code: 'Unavailable', retryAfterSeconds: 2 }, code)
})

t.test('what collides is a conflict, in the words of the one who asked', async (t) => {
  for (const code of [
    'SQLITE_CONSTRAINT_UNIQUE',
    'SQLITE_CONSTRAINT_PRIMARYKEY',
    'SQLITE_CONSTRAINT_FOREIGNKEY',
  ]) {
    t.throws(() => guarded(failing(code)), { code: 'Conflict' }, code)
    t.throws(() => orConflict('Taken.', () => guarded(failing(code))), {
      code: 'Conflict',
      message: 'Taken.',
    })
  }
})

t.test('faults of this program stay what they are', async (t) => {
  for (const code of [
    'SQLITE_CONSTRAINT_CHECK',
    'SQLITE_CONSTRAINT_DATATYPE',
    'SQLITE_ERROR',
    'SQLITE_FULLY',
  ])
    t.throws(() => guarded(failing(code)), { code, message: 'internal words' }, code)
  t.throws(
    () =>
      guarded(() => {
        throw invalidInput('mine')
      }),
    { code: 'InvalidInput' },
  )
  t.throws(
    () =>
      orConflict('Taken.', () => {
        throw invalidInput('mine')
      }),
    { message: 'mine' },
  )
  t.equal(
    orConflict('Taken.', () => guarded(() => 5)),
    5,
  )
  t.throws(
    () =>
      orConflict('Taken.', () => {
        throw conflict('other')
      }),
    { message: 'Taken.' },
  )
})
