/** The word that was probably meant. */
import t from 'tap'
import { nearest } from '../../src/lib/nearest.ts'

const known = ['port', 'host', 'data_dir', 'session', 'log_level']

t.test('a slip of the finger is understood', async (t) => {
  const rows: [string, string][] = [
    ['prot', 'port'],
    ['por', 'port'],
    ['portt', 'port'],
    ['data_dri', 'data_dir'],
    ['datadir', 'data_dir'],
    ['sesion', 'session'],
    ['log_levle', 'log_level'],
    ['port', 'port'],
  ]
  for (const [word, meant] of rows) t.equal(nearest(word, known), meant, word)
})

t.test('what is near nothing means nothing', async (t) => {
  for (const word of ['', 'x', 'certificate', 'sheep'])
    t.equal(nearest(word, known), undefined, word)
  t.equal(nearest('port', []), undefined)
})

t.test('the nearer one wins', async (t) => {
  t.equal(nearest('hosst', ['posts', 'ghosts', 'host']), 'host')
})
