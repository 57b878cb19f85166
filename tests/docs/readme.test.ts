import { describeMarkdown } from './run-markdown'

describeMarkdown('README.md')
