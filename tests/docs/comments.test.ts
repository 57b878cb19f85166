import ts from 'typescript'
import {
  commentOn,
  exampleClaims,
  exampleIn,
  functionsOf,
  type PublicName,
  publicNames,
} from './public-comments'
import { runCode } from './run-markdown'

const isType = ({ declaration }: PublicName): boolean =>
  ts.isInterfaceDeclaration(declaration) || ts.isTypeAliasDeclaration(declaration)

const isFunction = ({ declaration }: PublicName): boolean => functionsOf(declaration).length > 0

const values = publicNames.filter((one) => !isType(one))
const functions = values.filter(isFunction)
const types = publicNames.filter(isType)

const titles = (names: ReadonlyArray<PublicName>): ReadonlyArray<string> =>
  names.map(({ door, name }) => `${door}: ${name}`)

const MOST_LINES = 10

/** It answers an `Either` or a promise, or what it does may be an assertion that fails. */
const mayFail = ({ declaration }: PublicName): boolean =>
  functionsOf(declaration).some(({ type }) =>
    /\b(?:Either|TaskEither|Promise)<(?!never\b|void>)/.test(type?.getText() ?? ''),
  ) || /\b(?:assert\.fail|Promise\.reject)\(/.test(declaration.getText())

/** What a comment says before its tags, and before its example. */
const purposeIn = (comment: string): string => comment.split(/^@/m)[0]?.trim() ?? ''
const proseIn = (comment: string): string => comment.split(/^@example/m)[0] ?? ''

const NEVER = /never\s+(?:fails|throws|rejects|rejected)/i
/** The word, and later what it is: a `_tag`, the code of a problem, a link to where they are listed. */
const FAILS =
  /\b(?:fails?|rejects?|rejected|throws|problem|problems)\b[^]*?(?:`[A-Za-z][\w.-]+`|\{@link |the (?:reason|issues))/i

const isNamed = (comment: string, name: string): boolean =>
  new RegExp(`@param ${name}\\b|\`${name}\\b`).test(comment)

/** The parameters of a function that are numbers, and of which its comment says nothing. */
const silentParameters = ({ declaration, comment }: PublicName): ReadonlyArray<string> =>
  functionsOf(declaration)
    .flatMap(({ parameters }) => [...parameters])
    .filter(({ name, type, initializer }) => {
      const given = type ?? initializer
      const counts =
        given !== undefined && (given.getText() === 'number' || ts.isNumericLiteral(given))
      return counts && !isNamed(comment, name.getText())
    })
    .map(({ name }) => name.getText())

/** The type of a member without the members of the records in it, which are asked themselves. */
const plainText = (type: ts.TypeNode): string => {
  let text = type.getText()
  const visit = (node: ts.Node): void => {
    if (ts.isTypeLiteralNode(node)) text = text.replace(node.getText(), '')
    else ts.forEachChild(node, visit)
  }
  visit(type)
  return text
}

interface Member {
  readonly title: string
  readonly name: string
  readonly isOptional: boolean
  readonly comment: string
  /** That of the whole type. */
  readonly above: string
}

/** What is measured in time, by its name. */
const isTime = (name: string): boolean =>
  /(?:At|Until|Since|Age|Time|Timeout|Backoff|Interval|Duration|Drift|For|In|After)$/.test(name) ||
  /^(?:at|age|since|time|timeout|delay|pause|drift|seconds)$/.test(name)

/** The comment before one case of a union. */
const commentOnCase = (node: ts.Node): string => {
  const before = node
    .getSourceFile()
    .text.slice(0, node.getStart())
    .replace(/\s*\|?\s*$/, '')
  return before.endsWith('*/') ? before.slice(before.lastIndexOf('/**')) : ''
}

const isCase = (node: ts.Node): boolean =>
  ts.isTypeLiteralNode(node) && ts.isUnionTypeNode(node.parent)

/** The members of a type that are numbers, with what is said of each: by itself, or by the record that it is in. */
const numbersOf = (type: PublicName): ReadonlyArray<Member> => {
  const members: Member[] = []
  const visit = (node: ts.Node, around: string): void => {
    if (ts.isPropertySignature(node) && node.type !== undefined) {
      const comment = commentOn(node) || around
      if (/\bnumber\b/.test(plainText(node.type))) {
        const isOptional = node.questionToken !== undefined
        const name = node.name.getText()
        const title = `${type.door}: ${type.name}.${name}`
        members.push({ title, name, isOptional, comment, above: type.comment })
      }
      ts.forEachChild(node.type, (child) => visit(child, comment))
      return
    }
    const said = isCase(node) ? commentOnCase(node) : ''
    ts.forEachChild(node, (child) => visit(child, said || around))
  }
  visit(type.declaration, '')
  return members
}

describe('the comment of a public name', () => {
  it('is there, and says what it is', () => {
    expect(values.length).toBeGreaterThan(200)
    const silent = values.filter(({ comment }) => !/^.{20,}[.:]/s.test(purposeIn(comment)))
    expect(titles(silent)).toEqual([])
  })

  it('shows a function in an example of a few lines', () => {
    expect(functions.length).toBeGreaterThan(180)
    const lacking = functions.filter(({ comment }) => {
      const lines = exampleIn(comment)?.split('\n').length ?? 0
      return lines < 1 || lines > MOST_LINES
    })
    expect(titles(lacking)).toEqual([])
  })

  it('uses the function in its example', () => {
    const others = functions.filter(
      ({ name, comment }) => !new RegExp(`\\b${name}\\b`).test(exampleIn(comment) ?? name),
    )
    expect(titles(others)).toEqual([])
  })

  it('says how a function fails that can, or that it never does', () => {
    const fallible = functions.filter(mayFail)
    expect(fallible.length).toBeGreaterThan(25)
    const silent = fallible.filter(({ comment }) => {
      const prose = proseIn(comment)
      return !NEVER.test(prose) && !FAILS.test(prose)
    })
    expect(titles(silent)).toEqual([])
  })

  it('says what each parameter counts that is a number', () => {
    const silent = functions.flatMap((one) =>
      silentParameters(one).map((parameter) => `${one.door}: ${one.name}(${parameter})`),
    )
    expect(silent).toEqual([])
  })
})

describe('an example that says what a call gives', () => {
  it.each([...exampleClaims])('is right: %s', async (path, code) => {
    await expect(runCode(path, code)).resolves.toBeUndefined()
  })
})

describe('a number in a public type', () => {
  const members = types.flatMap(numbersOf)

  it('has a comment that says what it counts', () => {
    expect(members.length).toBeGreaterThan(200)
    expect(members.filter(({ comment }) => comment === '').map(({ title }) => title)).toEqual([])
  })

  it('says what is the case without it, if it can be left out', () => {
    const silent = members.filter(
      ({ isOptional, comment }) => isOptional && !/\b(?:default|omitted|left out)\b/i.test(comment),
    )
    expect(silent.map(({ title }) => title)).toEqual([])
  })

  it('says in which unit a time is, or its type does', () => {
    const silent = members.filter(
      ({ name, comment, above }) => isTime(name) && !/seconds/i.test(`${comment} ${above}`),
    )
    expect(silent.map(({ title }) => title)).toEqual([])
  })
})

/** The functions of a type that answer an `Either`, and what is said of each: by itself, or of all of them by the type. */
const functionsIn = (type: PublicName): ReadonlyArray<readonly [string, string]> => {
  const found: (readonly [string, string])[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isMappedTypeNode(node)) return // types for inference
    if (ts.isPropertySignature(node) && node.type !== undefined) {
      const answer = ts.isFunctionTypeNode(node.type) ? node.type.type.getText() : ''
      const title = `${type.door}: ${type.name}.${node.name.getText()}`
      if (/^(?:E\.|TE\.)?(?:Task)?Either</.test(answer)) {
        found.push([title, `${commentOn(node)}\n${type.comment}`])
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(type.declaration)
  return found
}

describe('a function in a public type that answers an Either', () => {
  const members = types.flatMap(functionsIn)

  it('says how it fails, or that it never does, unless its type says so of all', () => {
    expect(members.length).toBeGreaterThan(130)
    const silent = members.filter(
      ([, comment]) => !NEVER.test(comment) && !/\b(?:fail|reject|Left)/i.test(comment),
    )
    expect(silent.map(([title]) => title)).toEqual([])
  })
})
