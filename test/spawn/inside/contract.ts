/** Run in a machine: what every spawner promises, by the systemd spawner. */
import t from 'tap'
import { systemdSpawner } from '../../../src/spawn/systemd.ts'
import { spawnerContract } from '../../conformance/spawner.ts'
import { stayAwake } from '../support.ts'
import { systemdSettings } from './support.ts'

stayAwake(t)
spawnerContract(t, systemdSpawner, systemdSettings())
