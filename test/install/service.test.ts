/** Installing on a machine of its own: a fresh Debian under systemd, from nothing to nothing. */
import t, { type Test } from 'tap'
import { version } from '../../src/lib/version.ts'
import { bootWithRelease, health, install, installer, slowly } from '../support/installation.ts'
import { machineOnly } from '../support/machine.ts'

/** Every file that is not written at each boot, with what it holds; but not the copies that useradd makes of its files. */
const files = `cd / && elsewhere='-path ./srv -o -path ./proc -o -path ./sys -o -path ./run -o -path ./tmp -o -path ./var/tmp
  -o -path ./var/log -o -path ./var/lib/systemd -o -path ./var/cache/ldconfig -o -path ./root/.cache'
  { find . -xdev \\( $elsewhere \\) -prune -o -printf '%p %y %m %u %l\\n'
    find . -xdev \\( $elsewhere \\) -prune -o -type f -print0 | xargs -0 sha256sum; } |
    grep -v './etc/[a-z]*-\\( \\|$\\)' | sort`

/** The first lines of `one` that are not in `other`. */
function linesMissing(one: string, other: string): string[] {
  const known = new Set(other.split('\n'))
  return one
    .split('\n')
    .filter((line) => !known.has(line))
    .slice(0, 20)
}

t.test('an installation, from one command to its removal', machineOnly, async (t) => {
  const machine = await bootWithRelease(t)
  const before = await machine.sh(files, slowly)
  t.ok(before.split('\n').length > 1000, 'the file system was looked at')

  await t.test('a dry run says what would be done and changes nothing', async (t) => {
    const said = await machine.sh(`${install} --dry-run`, slowly)
    t.match(said, /Debian GNU\/Linux[^]*port 80 is free[^]*\/opt\/littlehub[^]*Nothing was changed/)
    t.equal(await machine.sh(files, slowly), before)
  })

  await t.test('one command brings a hub that answers, and its claim link', async (t) => {
    const said = await machine.sh(install, slowly)
    const link = /http:\/\/\S*\/hub\/claim\/[\w-]{43}/.exec(said)?.[0] ?? ''
    t.match(link, 'http', said)
    t.match(await machine.sh(`curl -s ${link}`), /<form/)
    const units = 'littlehub.socket littlehub.service'
    t.equal(await machine.sh(`systemctl is-active ${units}`), 'active\nactive\n')
    t.equal(await machine.sh(`systemctl is-enabled ${units}`), 'enabled\nenabled\n')
    t.match(await machine.sh('littlehub version'), `littlehub ${version}`)
  })

  await t.test('nothing of it can be changed, and no secret of it read, by others', async (t) => {
    const asNobody = { user: 'nobody' }
    const open = `find /opt/littlehub /etc/littlehub /var/lib/littlehub -writable ! -type l 2>/dev/null || true`
    t.equal(await machine.sh(open, asNobody), '')
    for (const file of [
      '/etc/littlehub/config.yaml',
      '/var/lib/littlehub/littlehub.db',
      '/var/lib/littlehub/signing-key',
      '/opt/littlehub/log/install.log',
    ]) {
      t.equal((await machine.run(['test', '-s', file])).exitCode, 0, `${file} is there`)
      t.not((await machine.run(['cat', file], asNobody)).exitCode, 0, file)
    }
  })

  await t.test('the hub is an account without rights', async (t) => {
    const status = 'cat /proc/$(systemctl show -p MainPID --value littlehub)/status'
    const facts = await machine.sh(status)
    const uid = (await machine.sh('id -u littlehub')).trim()
    t.ok(Number(uid) > 0 && Number(uid) < 1000)
    t.match(facts, new RegExp(`^Uid:\\t${uid}\\t${uid}\\t${uid}\\t${uid}$`, 'm'))
    t.match(facts, new RegExp(`^Groups:\\t${await machine.sh('id -g littlehub')}`.trim(), 'm'))
    // CAP_NET_BIND_SERVICE, the tenth.
    for (const set of ['CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
      t.match(facts, new RegExp(`^${set}:\\t0000000000000400$`, 'm'))
    t.match(facts, /^NoNewPrivs:\t1$/m)
    for (const [unit, most] of [
      ['littlehub', 3],
      ['littlehub-spawner', 5],
    ] as const) {
      const said = await machine.sh(`systemd-analyze security --no-pager ${unit}.service | tail -1`)
      t.comment(`${unit}: ${said}`)
      t.ok(Number(/: (\d+\.\d)/.exec(said)?.[1]) < most, said)
    }
  })

  await t.test('with the hub’s account nothing of root’s is to be had', async (t) => {
    const asHub = { user: 'littlehub' }
    t.equal((await machine.run(['cat', '/etc/littlehub/config.yaml'], asHub)).exitCode, 0)
    for (const script of [
      'cat /etc/shadow',
      'ls /root',
      'echo x >> /etc/littlehub/config.yaml',
      'touch /etc/littlehub/x || touch /etc/x || touch /opt/littlehub/x || touch /usr/x || touch /home/x',
      'ls /var/lib/littlehub-spawner',
      'systemd-run --wait --pipe id -u',
      'systemd-run --wait --pipe --uid=nobody id -u',
      'systemctl stop littlehub-spawner.socket',
      'systemctl restart littlehub.service',
      'useradd x',
      'cat /proc/1/environ',
    ]) {
      const { exitCode, stdout } = await machine.run(['/bin/sh', '-c', script], asHub)
      t.not(exitCode, 0, script)
      t.equal(stdout, '', script)
    }
  })

  await t.test('nobody but the hub reaches its helper', async (t) => {
    const connect =
      'import socket; s = socket.socket(socket.AF_UNIX); s.connect("/run/littlehub-spawner.sock"); print(s.recv(99))'
    const ask = (user: string) => machine.run(['/usr/bin/python3', '-c', connect], { user })
    t.match(await ask('littlehub'), { exitCode: 0, stdout: /"version"/ })
    t.match(await ask('nobody'), { exitCode: 1, stderr: /PermissionError/ })
  })

  const leavesNothing = async (t: Test): Promise<void> => {
    const left =
      'getent passwd | grep -c doctor || true; ls -d /home/*doctor* /var/lib/littlehub*/doctor* || true'
    t.equal(await machine.sh(`{ ${left}; } 2>/dev/null`), '0\n', 'its account and folders are gone')
    t.equal(await machine.sh("systemctl list-units --plain --no-legend '*doctor*' '*trial*'"), '')
  }

  await t.test('the doctor has a server and a kernel answer', async (t) => {
    const said = await machine.sh('littlehub doctor', slowly)
    t.match(said, /ok +port: the hub \(process \d+\) answers/)
    t.match(said, /ok +server: .* running as the unit littlehub-doctor-/)
    t.match(said, /ok +front door: a kernel answered/)
    t.match(said, /ok +units: littlehub-fallback\.service, .*: as they were installed/)
    t.match(said, /ok +helper: it answers/)
    t.match(said, /ok +limits: the kernel holds those of a trial unit, and ended it/)
    await leavesNothing(t)
    const interrupted = `littlehub doctor >/tmp/said 2>&1 & pid=$!
      for _ in $(seq 300); do if getent passwd | grep -q doctor; then break; fi; sleep 0.1; done
      sleep 1; kill -TERM $pid; wait $pid || echo $?`
    t.equal(await machine.sh(interrupted, slowly), '130\n')
    await leavesNothing(t)
  })

  await t.test(
    'installing again adds an administrator, changes nothing else and leaves the hub alone',
    async (t) => {
      const state = `${files} | grep -v 'var/lib/littlehub\\|opt/littlehub/log'; systemctl show -p MainPID littlehub`
      const installed = await machine.sh(state, slowly)
      await machine.sh('echo "# mine" >> /etc/littlehub/config.yaml')
      const said = await machine.sh(`${install} --admin ada`, slowly)
      t.match(said, /kept as it is/)
      t.match(said, /ada sets their password with this link[^]*\/hub\/invite\//)
      t.match(await machine.sh('tail -n 1 /etc/littlehub/config.yaml'), /# mine/)
      await machine.sh(`sed -i '$d' /etc/littlehub/config.yaml`)
      t.equal(await machine.sh(state, slowly), installed)
    },
  )

  await t.test('a killed hub is back at once, and no request fails meanwhile', async (t) => {
    const pid = await machine.sh('systemctl show -p MainPID --value littlehub')
    await machine.sh(`kill -9 ${pid}`)
    t.equal(await machine.sh(health), '200')
    t.not(await machine.sh('systemctl show -p MainPID --value littlehub'), pid)
  })

  await t.test('the confined hub starts a server as its owner, which outlives it', async (t) => {
    await machine.sh(
      'littlehub token add ada --scope servers --scope access:servers > /tmp/token && chmod 600 /tmp/token',
    )
    const call = (words: string) =>
      machine.sh(
        `curl -s -H "Authorization: token $(cat /tmp/token)" --max-time 90 http://127.0.0.1${words}`,
        slowly,
      )
    await call('/hub/api/users/ada/server -X POST')
    t.match(
      await call('/user/ada/api/status --retry 60 --retry-all-errors --retry-delay 1 -f'),
      /kernels/,
    )
    const unit = "systemctl list-units --plain --no-legend 'jupyter-ada*' | cut -d ' ' -f 1"
    t.match(
      await machine.sh(`systemctl show -p User,Slice $(${unit})`),
      /User=jupyter-ada\nSlice=littlehub.slice|Slice=littlehub.slice\nUser=jupyter-ada/,
    )
    t.equal(await machine.sh('systemctl show -p CPUWeight --value littlehub.slice'), '20\n')
    const pid = await machine.sh(`systemctl show -p MainPID --value $(${unit})`)
    await machine.sh('systemctl restart littlehub', slowly)
    t.equal(await machine.sh(`systemctl show -p MainPID --value $(${unit})`), pid)
    t.match(await call('/user/ada/api/status -f'), /kernels/)
    t.match(await machine.sh('stat -c "%a %U" /home/jupyter-ada'), '700 jupyter-ada')
    const said = await machine.sh('littlehub server limits ada --memory 300M --tasks 150')
    t.match(said, /now +300 MiB +none +150\nnext start +none/)
    const shown = await machine.sh(`systemctl show -p MemoryMax,TasksMax $(${unit})`)
    t.match(shown, /MemoryMax=314572800\n/)
    t.match(shown, /TasksMax=150\n/)
    t.equal(await machine.sh(`systemctl show -p MainPID --value $(${unit})`), pid, 'not restarted')

    const folder = '/run/littlehub-servers/ada'
    t.equal(await machine.sh(`stat -c "%a %U %G" ${folder}`), '2710 jupyter-ada littlehub\n')
    t.equal(
      await machine.sh(`stat -c "%a %U %G" ${folder}/server.sock`),
      '660 jupyter-ada littlehub\n',
    )
    const reach = ['curl', '-s', '--unix-socket', `${folder}/server.sock`, 'http://localhost/']
    t.equal((await machine.run(reach, { user: 'littlehub' })).exitCode, 0)
    await machine.sh('id jupyter-bob 2>/dev/null || useradd --create-home jupyter-bob')
    for (const user of ['nobody', 'jupyter-bob'])
      t.equal((await machine.run(reach, { user })).exitCode, 7, user)
    await machine.sh('userdel --remove jupyter-bob')
    t.not((await machine.run(['ls', '/home/jupyter-ada'], { user: 'littlehub' })).exitCode, 0)
  })

  await t.test('a helper that is killed is back, and takes no server with it', async (t) => {
    const server = 'systemctl show -p MainPID --value jupyter-ada.service'
    const pid = await machine.sh(server)
    await machine.sh('kill -9 $(systemctl show -p MainPID --value littlehub-spawner)')
    const usage = `curl -s -f -H "Authorization: token $(cat /tmp/token)" http://127.0.0.1/hub/api/users/ada`
    t.match(await machine.sh(usage), /"ready": ?true/)
    t.equal(await machine.sh(server), pid)
    t.match(await machine.sh('littlehub doctor --quick || true'), /ok +helper/)
  })

  await t.test(
    'who is deleted leaves their files in an archive, when that is wanted',
    async (t) => {
      const call = (words: string) =>
        machine.sh(
          `curl -s -f -H "Authorization: token $(cat /tmp/token)" --max-time 90 http://127.0.0.1${words}`,
          slowly,
        )
      await machine.sh('littlehub user add gus --admin')
      await machine.sh('littlehub token add gus > /tmp/gus')
      await machine.sh(
        'curl -s -f -X POST -H "Authorization: token $(cat /tmp/gus)" http://127.0.0.1/hub/api/users/gus/server',
        slowly,
      )
      await machine.sh('for _ in $(seq 100); do id jupyter-gus && break; sleep 0.2; done')
      const { exitCode, stdout, stderr } = await machine.run(
        ['littlehub', 'user', 'delete', 'gus', '--yes', '--archive-home'],
        slowly,
      )
      t.equal(exitCode, 0, stderr)
      t.match(stdout, /^\/var\/lib\/littlehub-spawner\/archives\/gus-.*\.tar\.gz$/m)
      t.match(await machine.sh(`tar -tzf ${stdout.trim()}`), /jupyter-gus/)
      t.not((await machine.run(['id', 'jupyter-gus'])).exitCode, 0)
      t.match(await call('/user/ada/api/status'), /kernels/)
    },
  )

  await t.test('the doctor finds what somebody broke of units and accounts', async (t) => {
    const unit = '/etc/systemd/system/littlehub.service'
    await machine.sh(`chmod 755 /home/jupyter-ada; systemctl disable littlehub.socket
      cp ${unit} /root/unit; echo '# mine' >> ${unit}`)
    const { exitCode, stdout } = await machine.run(['littlehub', 'doctor', '--quick'], slowly)
    t.equal(exitCode, 1)
    t.match(
      stdout,
      /FAIL +units: littlehub\.socket does not start with the machine\n.*systemctl enable/,
    )
    t.match(stdout, /warn +units: .*littlehub\.service is not as it was installed/)
    t.match(stdout, /FAIL +accounts: others may look into \/home\/jupyter-ada\n.*chmod o= /)
    await machine.sh(`chmod o= /home/jupyter-ada; systemctl enable littlehub.socket
      mv /root/unit ${unit}; systemctl daemon-reload`)
    t.notMatch(await machine.sh('littlehub doctor --quick'), /FAIL|warn +units/)
  })

  await t.test('after a power cut everything is there again', async (t) => {
    await machine.cutPower()
    await machine.boot()
    t.equal(await machine.sh(health), '200')
    t.match(await machine.sh('littlehub user list --json'), /"name":"ada".*"admin":true/)
  })

  await t.test('removing it asks first, and keeps what people have', async (t) => {
    const asked = await machine.run(['sh', '-c', `${installer} --uninstall`])
    t.match(asked, { exitCode: 2, stderr: /needs --yes/ })
    t.equal(await machine.sh(health), '200')
    t.match(await machine.sh(`${installer} --uninstall --yes`, slowly), /Kept: \/etc\/littlehub/)
    await machine.sh('test -s /var/lib/littlehub/littlehub.db && ! test -e /opt/littlehub')
    const said = await machine.sh(install, slowly)
    t.match(said, /there is one; people reach the hub/, 'ada is still there')
  })

  await t.test('removed with everything, the machine is what it was', async (t) => {
    await machine.sh(`${installer} --uninstall --purge --yes`, slowly)
    const after = await machine.sh(files, slowly)
    t.same(linesMissing(after, before), [], 'left behind')
    t.same(linesMissing(before, after), [], 'taken away')
  })
})
