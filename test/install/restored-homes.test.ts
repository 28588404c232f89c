/** The files of people with unix accounts: backed up on one machine, restored on another, where uids are other ones. */
import { copyFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { temporaryFolder } from '../support/hub.ts'
import { inMachine, machineOnly, startMachine, type Machine } from '../support/machine.ts'

const littlehub = `${inMachine.node} ${inMachine.checkout}/src/main.ts`

/** An installation as far as its data go. */
const settings = `mkdir -p /etc/littlehub && chmod 700 /etc/littlehub && cat > /etc/littlehub/config.yaml <<'CONFIG'
data_dir: /var/lib/littlehub
spawner: { type: systemd }
CONFIG`

const env = { LITTLEHUB_CONFIG: '/etc/littlehub/config.yaml' }
const run = (machine: Machine, script: string): Promise<string> => machine.sh(script, { env })

const disableCid = `${inMachine.node} -e '
  const { DatabaseSync } = require("node:sqlite")
  new DatabaseSync("/var/lib/littlehub/littlehub.db").exec("update users set disabled = 1 where id = 3")'`

t.test('files go with their people to another machine', machineOnly, async (t) => {
  const archive = path.join(temporaryFolder(t), 'hub.tar.gz')
  const machine = await startMachine(t)
  await run(
    machine,
    `${settings}
    for name in ada ben cid dan; do ${littlehub} user add $name; done
    ${disableCid}
    add() { useradd --create-home --user-group --key HOME_MODE=0700 --comment="littlehub user $2" jupyter-$1; }
    add ada 1; add ben 2; add cid 3
    groupadd class
    cd /home/jupyter-ada && mkdir work && echo notes > work/notes.txt && chmod 640 work/notes.txt
    ln -s ../work/notes.txt work/link; ln work/notes.txt hard; chown -R -h jupyter-ada: .
    touch shared && chown jupyter-ben:class shared
    echo bens > /home/jupyter-ben/file; chown jupyter-ben: /home/jupyter-ben/file
    ${littlehub} backup /root/hub.tar.gz --homes`,
  )
  const listed = await run(machine, 'tar -tzf /root/hub.tar.gz')
  t.match(listed, /^accounts\/jupyter-ada\/work\/notes\.txt$/m)
  copyFileSync(machine.file('/root/hub.tar.gz'), archive)
  await machine.powerOff()

  const other = await startMachine(t)
  await run(
    other,
    `${settings}
    groupadd -g 3000 class
    for name in eve joe; do useradd --create-home $name; done
    useradd --create-home --user-group --comment='littlehub user 2' jupyter-ben
    echo newer > /home/jupyter-ben/file`,
  )
  copyFileSync(archive, other.file('/root/hub.tar.gz'))

  await t.test('what is in it is said, and nothing is changed by looking', async (t) => {
    const { stderr } = await other.run(
      ['sh', '-c', `${littlehub} restore /root/hub.tar.gz --dry-run --homes`],
      { env },
    )
    t.match(stderr, /4 users, the files of 3/)
    t.not((await other.run(['id', 'jupyter-ada'])).exitCode, 0)
  })

  await t.test('everybody has their files, by the uid that they have here', async (t) => {
    await run(other, `${littlehub} restore /root/hub.tar.gz --homes --yes`)
    const uid = (await other.sh('id -u jupyter-ada')).trim()
    t.ok(Number(uid) > 1002, `eve and joe came first: ${uid}`)
    t.equal(
      await other.sh(`cd /home/jupyter-ada && stat -c '%n %U %G %a' . work work/notes.txt shared`),
      '. jupyter-ada jupyter-ada 700\nwork jupyter-ada jupyter-ada 755\nwork/notes.txt jupyter-ada jupyter-ada 640\nshared jupyter-ben class 644\n',
    )
    const words = ['sh', '-c', 'cd && cat work/link hard && test work/notes.txt -ef hard']
    t.match(await other.run(words, { user: 'jupyter-ada' }), {
      exitCode: 0,
      stdout: 'notes\nnotes\n',
    })
    t.match(await other.sh('getent passwd jupyter-ada'), /:littlehub user 1:/)
    t.equal(await other.sh('cat /home/jupyter-ben/file'), 'bens\n')
  })

  await t.test('what was there stays beside it, and nothing of the way there', async (t) => {
    t.equal(await other.sh('cat /home/jupyter-ben.before-restore-*/file'), 'newer\n')
    t.equal(
      await other.sh('ls -A /home | sed s/restore-.*/restore/'),
      'eve\njoe\njupyter-ada\njupyter-ben\njupyter-ben.before-restore\njupyter-cid\n',
    )
  })

  await t.test('who is disabled can begin nothing here either', async (t) => {
    t.match(await other.sh('getent shadow jupyter-cid | cut -d : -f 8'), /^1$/m)
    t.equal(await other.sh('getent shadow jupyter-ada | cut -d : -f 8'), '\n')
  })

  await t.test('an account of somebody else is left alone, and so is everything', async (t) => {
    await other.sh(`usermod -c 'littlehub user 77' jupyter-ben; echo kept > /home/jupyter-ada/kept`)
    const words = ['sh', '-c', `${littlehub} restore /root/hub.tar.gz --homes --yes`]
    const { exitCode, stderr } = await other.run(words, { env })
    t.equal(exitCode, 1)
    t.match(
      stderr,
      /jupyter-ben and its home folder belong to an earlier user.*Everything is as it/,
    )
    t.equal(
      await other.sh('cat /home/jupyter-ada/kept; ls -A /home | grep -c restore'),
      'kept\n1\n',
    )
  })
})
