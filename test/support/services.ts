/** Services as the store has them. */
import { type NewService } from '../../src/store/services.ts'

export const serviceOf = (name: string, more: Partial<NewService> = {}): NewService => ({
  name,
  admin: false,
  url: undefined,
  command: [],
  info: {},
  display: true,
  access: 'public',
  fromConfig: false,
  createdAt: new Date(0),
  ...more,
})
