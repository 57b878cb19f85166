import { describeMarkdown } from './run-markdown'

describeMarkdown('docs/fp-ts-in-one-page.md')
