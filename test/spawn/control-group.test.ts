/** What the kernel says of a unit, in either version of control groups. */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { createControlGroups } from '../../src/spawn/control-group.ts'
import { dataFolder } from './support.ts'

/** A folder with these files, and what is read from it. */
function groupsWith(t: Test, files: Readonly<Record<string, string>>) {
  const root = dataFolder(t)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
    writeFileSync(path.join(root, name), text)
  }
  return createControlGroups(root)
}

t.test('limits, processes and memory kills of version 2', async (t) => {
  const groups = groupsWith(t, {
    'cgroup.controllers': 'cpu memory pids\n',
    'a.slice/b.service/memory.max': '104857600\n',
    'a.slice/b.service/pids.max': '50\n',
    'a.slice/b.service/cpu.max': '50000 100000\n',
    'a.slice/b.service/memory.events': 'low 0\noom 3\noom_kill 2\noom_group_kill 0\n',
    'a.slice/b.service/cgroup.procs': '10\n11\n',
    'a.slice/b.service/below/cgroup.procs': '12\n',
  })
  const group = '/a.slice/b.service'
  t.same(groups.limits(group), { memoryBytes: 104_857_600, tasks: 50, cpuCores: 0.5 })
  t.equal(groups.processes(group), 3)
  t.equal(groups.memoryKills(group), 2)
})

t.test('limits, processes and memory kills of version 1', async (t) => {
  const groups = groupsWith(t, {
    'memory/b.service/memory.limit_in_bytes': '104857600\n',
    'memory/b.service/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n',
    'pids/b.service/pids.max': 'max\n',
    'cpu/b.service/cpu.cfs_quota_us': '150000\n',
    'cpu/b.service/cpu.cfs_period_us': '100000\n',
    'systemd/b.service/cgroup.procs': '10\n',
  })
  t.same(groups.limits('/b.service'), { memoryBytes: 104_857_600, cpuCores: 1.5 })
  t.equal(groups.processes('/b.service'), 1)
  t.equal(groups.memoryKills('/b.service'), 1)
})

t.test('what is not limited, and what is not there, has no limit', async (t) => {
  const groups = groupsWith(t, {
    'memory/b.service/memory.limit_in_bytes': '9223372036854771712\n',
    'pids/b.service/pids.max': 'max\n',
    'cpu/b.service/cpu.cfs_quota_us': '-1\n',
    'cpu/b.service/cpu.cfs_period_us': '100000\n',
  })
  t.same(groups.limits('/b.service'), {})
  t.same(groups.limits('/gone.service'), {})
  t.equal(groups.processes('/gone.service'), 0)
  t.equal(groups.memoryKills('/gone.service'), 0)
  const unified = groupsWith(t, {
    'cgroup.controllers': '',
    'b/memory.max': 'max',
    'b/cpu.max': 'max 100000',
  })
  t.same(unified.limits('/b'), {})
})
