/** The environment of a unit as a file; that systemd reads the same from it is shown on a machine (systemd.test.ts). */
import t from 'tap'
import { environmentFile } from '../../src/spawn/environment-file.ts'

t.test('whatever a value holds stays in it', async (t) => {
  t.equal(environmentFile({ A: 'plain', EMPTY: '' }), 'A="plain"\nEMPTY=""\n')
  t.equal(
    environmentFile({ A: 'a "b" \\ $HOME `id` # \n B=c' }),
    'A="a \\"b\\" \\\\ \\$HOME \\`id\\` # \n B=c"\n',
  )
})

t.test(
  'what is no name of a variable is left out, and so is what no variable can hold',
  async (t) => {
    t.equal(
      environmentFile({ '': '1', 'A B': '1', '1A': '1', 'A=B': '1', 'X\nY': '1', A: 'a\0b' }),
      '',
    )
  },
)
