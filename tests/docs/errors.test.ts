import { describeMarkdown } from './run-markdown'

describeMarkdown('docs/reference/errors.md')
