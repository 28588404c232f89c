/** Run in a machine: what every spawner promises, by the systemd spawner. */
import t from 'tap'
import { systemdSpawner } from '../../../src/spawn/systemd.ts'
import { spawnerContract } from '../../conformance/spawner.ts'
import { stayAwake } from '../support.ts'
import { systemdSettings } from './support.ts'

t.setTimeout(170_000)
stayAwake(t)
spawnerContract(t, systemdSpawner, systemdSettings())
