/** Activity: who and which server was used last, noted in memory and written down now and then. */

export interface Activity {
  /** A person or program used the hub or a server; cheap enough for every request. */
  sawUser(userId: number): void
  sawServer(serverId: number, at: Date): void
  sawToken(tokenId: number): void
  /** What a server reported of itself (contract §3.9). Never moves back. @throws {HubError} InvalidInput. */
  report(userId: number, at: Date | undefined, servers: ReadonlyMap<string, Date>): void
  /** The newest of what is stored and what is only noted. */
  ofServer(serverId: number): Date | undefined
  /** Writes everything noted in one transaction. */
  flush(): void
}
