import { describeMarkdown } from './run-markdown'

describeMarkdown('docs/how-to/inline-projection.md')
describeMarkdown('docs/how-to/asynchronous-projection.md')
describeMarkdown('docs/how-to/own-tables.md')
describeMarkdown('docs/how-to/operate.md')
describeMarkdown('docs/how-to/timers.md')
describeMarkdown('docs/how-to/process-manager.md')
describeMarkdown('docs/how-to/rebuild.md')
describeMarkdown('docs/how-to/roll-back-a-deploy.md')
