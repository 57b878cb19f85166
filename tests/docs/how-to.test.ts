import { describeMarkdown } from './run-markdown'

describeMarkdown('docs/account.md')
describeMarkdown('docs/five-minutes.md')
describeMarkdown('docs/patterns.md')
describeMarkdown('docs/how-to/compose-deciders.md')
describeMarkdown('docs/how-to/test-a-decider.md')
describeMarkdown('docs/how-to/several-streams.md')
describeMarkdown('docs/how-to/course-subscription.md')
describeMarkdown('docs/how-to/numbers-without-a-gap.md')
describeMarkdown('docs/how-to/read-events.md')
describeMarkdown('docs/how-to/rebuild-tags.md')
describeMarkdown('docs/explanation/boundaries.md')
describeMarkdown('docs/how-to/observe.md')
