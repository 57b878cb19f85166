import { describeMarkdown } from './run-markdown'

describeMarkdown('docs/tutorial.md')
