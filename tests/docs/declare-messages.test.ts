import { describeMarkdown } from './run-markdown'

describeMarkdown('docs/how-to/declare-messages.md')
describeMarkdown('docs/how-to/two-doors.md')
