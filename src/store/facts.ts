/** Small facts that the hub must not forget over a restart, such as the port its servers know it by. */

export interface Facts {
  find(key: string): string | undefined
  set(key: string, value: string): void
}
