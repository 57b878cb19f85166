import { describeMarkdown } from './run-markdown'

describeMarkdown('docs/how-to/handle-commands.md')
