/** What a server may use of the machine. */

/** What is absent is not limited. */
export type Limits = {
  readonly memoryBytes?: number
  /** Cores at full speed, such as 0.5 or 2. */
  readonly cpuCores?: number
  /** Processes and threads together. */
  readonly tasks?: number
}
