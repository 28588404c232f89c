import t from 'tap'
import { checkGroupName, groupNameProblem, maxGroupNameLength } from '../../src/model/group.ts'

t.test('a group may be called whatever a university calls it', async (t) => {
  const longest = '𝒳'.repeat(maxGroupNameLength)
  for (const name of ['Physik 1', 'staff@example.org', 'Übung (Mo)', '物理', '.a', longest])
    t.equal(groupNameProblem(name), undefined, name)
})

t.test('a name that a path or an eye would mistake is refused with a sentence', async (t) => {
  for (const name of ['', ' ', ' a', 'a ', 'a/b', 'a\\b', 'a\0', 'a\u200bb', 'a\nb', '.', '..'])
    t.match(groupNameProblem(name), /^A group name/, JSON.stringify(name))
  t.match(groupNameProblem('a'.repeat(maxGroupNameLength + 1)), /255/)
  t.match(groupNameProblem('a'.repeat(1_000_000)), /255/)
  t.throws(() => checkGroupName('a/b'), { code: 'InvalidInput' })
  t.doesNotThrow(() => checkGroupName('a'))
})
