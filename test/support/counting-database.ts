/** A database that counts what it is asked: statements run, rows handed over. */
import { type Database, type Statement } from '../../src/store/database.ts'

export type Counts = { statements: number; rows: number }

/** @returns the same database, and its counters, which only ever grow. */
export function countQueries(database: Database): { database: Database; counts: Counts } {
  const counts = { statements: 0, rows: 0 }
  const counted = <Row>(statement: Statement<Row>): Statement<Row> => ({
    get(values) {
      const row = statement.get(values)
      counts.statements += 1
      counts.rows += row === undefined ? 0 : 1
      return row
    },
    all(values) {
      const rows = statement.all(values)
      counts.statements += 1
      counts.rows += rows.length
      return rows
    },
    run(values) {
      counts.statements += 1
      return statement.run(values)
    },
  })
  return {
    database: { ...database, prepare: (sql) => counted(database.prepare(sql)) },
    counts,
  }
}
