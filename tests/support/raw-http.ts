import { connect } from 'node:net'

/** An answer as it came over the socket. */
export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

const parse = (received: string): RawAnswer => {
  const end = received.indexOf('\r\n\r\n')
  const [first = '', ...lines] = received.slice(0, end).split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  const content = received.slice(end + 4)
  const text =
    headers['transfer-encoding'] === 'chunked'
      ? content.replace(/^[\da-f]+\r\n/i, '').replace(/\r\n(?:[\da-f]+\r\n)?.*$/s, '')
      : content
  return { status: Number(first.split(' ')[1]), headers, text }
}

/** Sends bytes to a server, and reads what it answers until it closes the connection. */
export const sendRaw = (url: string, bytes: string | Buffer): Promise<RawAnswer> =>
  new Promise((resolve, reject) => {
    const { port, hostname } = new URL(url)
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true })
    const pieces: Buffer[] = []
    const done = (): void => {
      socket.destroy()
      const received = Buffer.concat(pieces).toString('latin1')
      if (received === '') reject(new Error('the connection was closed without an answer'))
      else resolve(parse(Buffer.from(received, 'latin1').toString('utf8')))
    }
    socket.on('data', (piece) => pieces.push(piece))
    socket.once('end', done)
    // What was received counts, also if the server stops reading before all is sent.
    socket.once('error', done)
    socket.setTimeout(15_000, () => {
      socket.destroy()
      reject(new Error(`no answer in time: ${Buffer.concat(pieces).toString('utf8')}`))
    })
    socket.write(bytes)
  })
