import { describeMarkdown } from './run-markdown'

describeMarkdown('docs/how-to/http.md')
