import { describeMarkdown } from './run-markdown'

describeMarkdown('docs/how-to/migrate.md')
describeMarkdown('docs/how-to/verify.md')
describeMarkdown('docs/how-to/append-in-your-own-transaction.md')
describeMarkdown('docs/how-to/pgbouncer.md')
describeMarkdown('docs/how-to/shards.md')
describeMarkdown('docs/how-to/tenants.md')
describeMarkdown('docs/how-to/connections.md')
describeMarkdown('docs/how-to/failover.md')
describeMarkdown('docs/how-to/close-and-archive.md')
describeMarkdown('docs/how-to/truncate.md')
describeMarkdown('docs/how-to/partition.md')
describeMarkdown('docs/how-to/erase.md')
