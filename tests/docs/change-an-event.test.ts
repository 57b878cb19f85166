import { describeMarkdown } from './run-markdown'

describeMarkdown('docs/how-to/change-an-event.md')
