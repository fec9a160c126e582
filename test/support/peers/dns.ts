import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** A name server that knows nothing but TXT records (RFC 1035). */
export class NameServer {
  readonly address: string;
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.address = `127.0.0.1:${socket.address().port}`;
  }

  /** Starts it; `records` are the texts of each name. */
  static async start(records: Record<string, string[]>): Promise<NameServer> {
    const socket = createSocket('udp4');
    socket.on('message', (query, { address, port }) => socket.send(answerTo(query, records), port, address));
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new NameServer(socket);
  }

  stop(): void {
    this.#socket.close();
  }
}

function answerTo(query: Buffer, records: Record<string, string[]>): Buffer {
  const labels: string[] = [];
  let at = 12;
  while (query[at] !== 0) {
    const length = query[at] as number;
    labels.push(query.toString('ascii', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const question = query.subarray(12, at + 5);
  const texts = records[labels.join('.').toLowerCase()];
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  // An answer to a recursive query: NOERROR, or NXDOMAIN for a name that nobody has.
  header.writeUInt16BE(texts ? 0x8180 : 0x8183, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(texts?.length ?? 0, 6);
  const answers = (texts ?? []).map((text) => {
    const data = Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'ascii')]);
    // The name of the question, TXT, IN, a minute.
    const fixed = Buffer.from([0xc0, 0x0c, 0, 16, 0, 1, 0, 0, 0, 60, 0, data.length]);
    return Buffer.concat([fixed, data]);
  });
  return Buffer.concat([header, question, ...answers]);
}
