/** One request that must not have an effect: its bytes, and the statuses that may be the answer. */
export interface BadRequest {
  readonly name: string
  readonly bytes: string | Buffer
  readonly statuses: ReadonlyArray<number>
}

type Headers = Readonly<Record<string, string>>

const COMMANDS = '/gift-cards/G1/commands'
const ISSUE = '{"type":"IssueGiftCard","amount":5000}'
const JSON_TYPE: Headers = { 'content-type': 'application/json' }

const bytesOf = (line: string, headers: Headers, body: string | Buffer): Buffer => {
  const content = typeof body === 'string' ? Buffer.from(body) : body
  const all = {
    host: 'localhost',
    connection: 'close',
    ...(content.length === 0 && line.startsWith('GET')
      ? {}
      : { 'content-length': String(content.length) }),
    ...headers,
  }
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([Buffer.from(`${line} HTTP/1.1\r\n${head.join('')}\r\n`, 'latin1'), content])
}

const post = (
  name: string,
  status: number,
  body: string | Buffer,
  headers: Headers = JSON_TYPE,
): BadRequest => ({ name, bytes: bytesOf(`POST ${COMMANDS}`, headers, body), statuses: [status] })

const chunked = (body: string): Buffer =>
  Buffer.from(
    `POST ${COMMANDS} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n` +
      `content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n` +
      `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
  )

const short = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}...` : text)

const malformed: ReadonlyArray<BadRequest> = [
  '',
  ' ',
  '\n\t\r',
  '{',
  '}',
  '[',
  ']',
  '"',
  'nul',
  'NaN',
  'Infinity',
  'undefined',
  "{'type':'IssueGiftCard','amount':5000}",
  '{type:"IssueGiftCard","amount":5000}',
  '{"type":"IssueGiftCard","amount":5000,}',
  '{"type":"IssueGiftCard" "amount":5000}',
  '{"type":"IssueGiftCard","amount":5000} x',
  '{"type":"IssueGiftCard","amount":5000}{}',
  '// comment\n{"type":"IssueGiftCard","amount":5000}',
  '{"type":"IssueGiftCard","amount":05000}',
  '{"type":"IssueGiftCard","amount":+5000}',
  '{"type":"IssueGiftCard","amount":5000n}',
  '{"type":"IssueGiftCard","amount":0x1388}',
  '{"type":"IssueGiftCard","amount":.5}',
  '{"type":"IssueGiftCard","amount":5000',
  '{"type":"IssueGiftCard\n","amount":5000}',
  'type=IssueGiftCard&amount=5000',
  '<command><type>IssueGiftCard</type></command>',
  '[{"type":"IssueGiftCard"]',
  'true false',
  '\u0000',
  '['.repeat(100_000),
  '{"a":'.repeat(50_000),
].map((body) => post(`malformed JSON: ${JSON.stringify(short(body))}`, 400, body))

const notText: ReadonlyArray<BadRequest> = [
  Buffer.from([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]),
  Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d]),
  Buffer.from([0x80]),
  Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]),
  Buffer.from(ISSUE, 'utf16le'),
].map((body, index) => post(`not UTF-8, ${index + 1}`, 400, body))

const unstorable: ReadonlyArray<BadRequest> = [
  '{"type":"IssueGiftCard","amount":5000,"note":"\\u0000"}',
  '{"type":"IssueGiftCard","amount":5000,"note":"\\ud800"}',
  '{"type":"IssueGiftCard","amount":5000,"\\u0000":1}',
  '{"type":"IssueGiftCard","amount":5000,"\\udc00":1}',
  '{"type":"IssueGiftCard","amount":1e999}',
  '{"type":"IssueGiftCard","amount":-1e999}',
  `{"type":"IssueGiftCard","amount":5000,"note":${'['.repeat(300)}${']'.repeat(300)}}`,
].map((body) => post(`not storable: ${short(body)}`, 400, body))

const wrongTypes: ReadonlyArray<BadRequest> = [
  'null',
  'true',
  'false',
  '0',
  '1',
  '-0',
  '1e5',
  '"IssueGiftCard"',
  '""',
  '[]',
  '[[]]',
  `[${ISSUE}]`,
  '{}',
  '{"type":null}',
  '{"type":1}',
  '{"type":true}',
  '{"type":[]}',
  '{"type":{}}',
  '{"type":""}',
  '{"type":["IssueGiftCard"],"amount":5000}',
  '{"type":"issuegiftcard","amount":5000}',
  '{"type":"IssueGiftCard "}',
  '{"type":"GiftCardIssued","amount":5000}',
  '{"type":"DropTable"}',
  '{"type":"__proto__"}',
  '{"type":"constructor"}',
  '{"type":"toString"}',
  '{"type":"hasOwnProperty"}',
  '{"type":"IssueGiftCard"}',
  '{"Type":"IssueGiftCard","amount":5000}',
  '{"__proto__":{"type":"IssueGiftCard","amount":5000}}',
  '{"constructor":{"prototype":{"type":"IssueGiftCard"}}}',
  '{"type":"RedeemGiftCard","amount":1}',
  '{"type":"RedeemGiftCard","amount":1,"at":"now"}',
  '{"type":"RedeemGiftCard","amount":1,"at":1.5}',
  '{"type":"RedeemGiftCard","amount":1,"at":null}',
  ...[
    'null',
    'true',
    '""',
    '"5000"',
    '"; drop table events; --"',
    '[]',
    '[5000]',
    '{}',
    '{"value":5000}',
    '{"valueOf":5000}',
    '0',
    '-0',
    '-1',
    '0.5',
    '5000.5',
    '1000001',
    '1e21',
    '9007199254740993',
    '-9007199254740993',
    '1e-7',
  ].map((amount) => `{"type":"IssueGiftCard","amount":${amount}}`),
].map((body) => post(`wrong types: ${body}`, 400, body))

const mediaTypes: ReadonlyArray<BadRequest> = [
  {},
  { 'content-type': '' },
  { 'content-type': 'text/plain' },
  { 'content-type': 'text/html' },
  { 'content-type': 'application/xml' },
  { 'content-type': 'application/x-www-form-urlencoded' },
  { 'content-type': 'multipart/form-data; boundary=x' },
  { 'content-type': 'application/octet-stream' },
  { 'content-type': 'application/jsonp' },
  { 'content-type': 'application/json5' },
  { 'content-type': 'json' },
  { 'content-type': 'application' },
  { 'content-type': 'application/' },
  { 'content-type': '/json' },
  { 'content-type': '*/*' },
  { 'content-type': 'application/json, text/plain' },
  { 'content-type': 'application/json; charset=latin1' },
  { 'content-type': 'application/json; charset=utf-16' },
  { 'content-type': 'application/json; charset="utf-32"' },
  { ...JSON_TYPE, 'content-encoding': 'gzip' },
  { ...JSON_TYPE, 'content-encoding': 'br' },
  { ...JSON_TYPE, 'content-encoding': 'deflate, gzip' },
].map((headers) => post(`media type: ${JSON.stringify(headers)}`, 415, ISSUE, headers))

const hostileHeaders: ReadonlyArray<BadRequest> = [
  ...[
    '',
    '3',
    'abc',
    '"3',
    '3"',
    "'3'",
    'W/3',
    'w/"3"',
    '"3""4"',
    '"3" "4"',
    '*, "3"',
    '**',
    ',',
  ].flatMap((value) => [{ 'if-match': value }, { 'if-none-match': value }]),
  ...[
    '',
    ' ',
    'a b',
    'a,b',
    'a;b',
    '"',
    '"a',
    'a"',
    '""',
    '"a" "b"',
    '"a";x=1',
    '\u00e9',
    '{}',
    'x'.repeat(256),
    `"${'x'.repeat(256)}"`,
    'x'.repeat(5_000),
  ].map((value) => ({ 'idempotency-key': value })),
  ...['', 'a b', '\u00e9', '\u007f', 'x'.repeat(256)].flatMap((value) => [
    { 'x-correlation-id': value },
    { 'x-causation-id': value },
  ]),
].map((headers) =>
  post(`header: ${short(JSON.stringify(headers))}`, 400, ISSUE, {
    ...JSON_TYPE,
    ...headers,
  }),
)

const unmet: ReadonlyArray<BadRequest> = [
  { 'if-match': '*' },
  { 'if-match': '"1"' },
  { 'if-match': 'W/"0"' },
  { 'if-match': '"1", "2", W/"0"' },
  { 'if-match': '"not-ours"' },
  { 'if-match': '"00"' },
  { 'if-match': '"-0"' },
  { 'if-match': '"99999999999999999999"' },
  { 'if-match': '"2147483647"' },
  { 'if-none-match': '"0"' },
  { 'if-none-match': 'W/"0", "7"' },
  { 'if-match': '"0"', 'if-none-match': '"0"' },
].map((headers) =>
  post(`precondition: ${JSON.stringify(headers)}`, 412, ISSUE, {
    ...JSON_TYPE,
    ...headers,
  }),
)

const positions: ReadonlyArray<BadRequest> = [
  '',
  'abc',
  '-1',
  '1.5',
  '1e3',
  '0x10',
  '1, 2',
  '99999999999999999',
].map((value) => ({
  name: `position: ${value}`,
  bytes: bytesOf('GET /balances/G1', { 'reprise-position': value }, ''),
  statuses: [400],
}))

const long = 'x'.repeat(300)
const routes: ReadonlyArray<BadRequest> = [
  ['GET /', 404],
  ['GET /nothing', 404],
  ['GET //', 404],
  ['GET //evil.example/gift-cards', 404],
  ['GET /gift-cards', 404],
  ['GET /gift-cards/G1', 404],
  ['GET /gift-cards/G1/commands', 404],
  ['GET /balances/G1', 404],
  ['GET /%2e%2e/%2e%2e/etc/passwd', 404],
  ['POST /gift-cards/G1', 404],
  ['POST /gift-cards/G1/commands/again', 404],
  ['PUT /gift-cards/G1/commands', 404],
  ['PATCH /gift-cards/G1/commands', 404],
  ['DELETE /gift-cards/G1', 404],
  ['PROPFIND /gift-cards/G1', 404],
  ['GET /gift-cards/%00', 400],
  ['GET /gift-cards/%0a', 400],
  ['GET /gift-cards/%7f', 400],
  [`GET /gift-cards/${long}`, 400],
  ['POST /gift-cards/%00/commands', 400],
  [`POST /gift-cards/${long}/commands`, 400],
].map(([line = '', status]) => ({
  name: `route: ${short(String(line))}`,
  bytes: bytesOf(String(line), JSON_TYPE, String(line).startsWith('GET') ? '' : ISSUE),
  statuses: [Number(status)],
}))

/** Where it is the router that decides: whether it takes an empty id, and one that is no UTF-8. */
const undecodable: ReadonlyArray<BadRequest> = ['', '%', '%zz', '%e0%a4%a', '%ff'].map((id) => ({
  name: `route: the id "${id}"`,
  bytes: bytesOf(`GET /gift-cards/${id}`, {}, ''),
  statuses: [400, 404],
}))

const protocol: ReadonlyArray<BadRequest> = [
  ['no HTTP at all', 'hello\r\n\r\n', [400]],
  ['TLS', Buffer.from([0x16, 0x03, 0x01, 0x00, 0xa5, 0x01, 0x00, 0x00]), [400]],
  ['an unknown version', 'GET / HTTP/9.9\r\nhost: localhost\r\n\r\n', [400]],
  ['an unknown method', 'GRAB / HTTP/1.1\r\nhost: localhost\r\n\r\n', [400]],
  ['a space in a header name', 'GET / HTTP/1.1\r\nhost: localhost\r\na b: c\r\n\r\n', [400]],
  ['a header without a colon', 'GET / HTTP/1.1\r\nhost: localhost\r\nabc\r\n\r\n', [400]],
  ['NUL in a header', 'GET / HTTP/1.1\r\nhost: localhost\r\na: b\u0000c\r\n\r\n', [400]],
  ['a bare CR in a header', 'GET / HTTP/1.1\r\nhost: localhost\r\na: b\rc\r\n\r\n', [400]],
  [
    'headers that are too large',
    `GET / HTTP/1.1\r\nhost: localhost\r\na: ${'x'.repeat(40_000)}\r\n\r\n`,
    [431],
  ],
  [
    'a negative length',
    `POST ${COMMANDS} HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n`,
    [400],
  ],
  [
    'a length that is no number',
    `POST ${COMMANDS} HTTP/1.1\r\nhost: localhost\r\ncontent-length: x\r\n\r\n`,
    [400],
  ],
  [
    'two lengths',
    `POST ${COMMANDS} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}`,
    [400],
  ],
  [
    'a length and chunks',
    `POST ${COMMANDS} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    [400],
  ],
  [
    'a chunk of no size',
    `POST ${COMMANDS} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n`,
    [400],
  ],
  [
    'a host that is none',
    'GET /gift-cards/G1 HTTP/1.1\r\nhost: a b\r\nconnection: close\r\n\r\n',
    [400],
  ],
  [
    'a host with a path',
    'GET /gift-cards/G1 HTTP/1.1\r\nhost: a/@b\r\nconnection: close\r\n\r\n',
    [400],
  ],
].map(([name, bytes, statuses]) => ({
  name: `protocol: ${String(name)}`,
  bytes: bytes as string | Buffer,
  statuses: statuses as ReadonlyArray<number>,
}))

const TEN_MEGABYTES = 10_000_000
const large: ReadonlyArray<BadRequest> = [
  post(
    '10 MB of JSON',
    413,
    `{"type":"IssueGiftCard","amount":5000,"note":"${'x'.repeat(TEN_MEGABYTES)}"}`,
  ),
  post('10 MB of spaces', 413, ' '.repeat(TEN_MEGABYTES) + ISSUE),
  post('a byte too many', 413, ISSUE.padEnd(1_048_577)),
  { name: '10 MB in chunks', bytes: chunked(ISSUE.padEnd(TEN_MEGABYTES)), statuses: [413] },
  {
    name: '10 GB that never come',
    bytes: `POST ${COMMANDS} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 10000000000\r\n\r\n`,
    statuses: [413],
  },
]

/** Every one of them is answered with a problem document, and has no effect. */
export const badRequests: ReadonlyArray<BadRequest> = [
  ...malformed,
  ...notText,
  ...unstorable,
  ...wrongTypes,
  ...mediaTypes,
  ...hostileHeaders,
  ...unmet,
  ...positions,
  ...routes,
  ...undecodable,
  ...protocol,
  ...large,
].map((request, index) => ({ ...request, name: `${index + 1}: ${request.name}` }))
