import { lazy } from '../../lib/lazy.ts';
import { passing } from '../delivery.ts';

/** What a server answered to one command. */
export interface SmtpReply {
  code: number;
  /** RFC 3463, such as `5.1.1`; empty where the server gives none. */
  status: string;
  /** The text of each line, without code. It may name the recipient. */
  lines: string[];
}

/** How the connection is protected: not at all, by the command STARTTLS, or from its first byte. */
export type SmtpSecurity = 'none' | 'starttls' | 'tls';

const MAX_LINE = 4096;
const MAX_LINES = 100;

// Only workerd has this module, and the declarations of providers are read in Node too.
const sockets = lazy(() => import('cloudflare:sockets'));

/**
 * One conversation with an SMTP server (RFC 5321). It is our own because worker-mailer 1.2 spins when a server hangs up,
 * falls back to plain text where STARTTLS is not offered, and lets an address end a command.
 */
export class SmtpConnection {
  #socket: Socket;
  #reader: ReadableStreamDefaultReader<Uint8Array>;
  #writer: WritableStreamDefaultWriter<Uint8Array>;
  #received = '';

  private constructor(socket: Socket, signal: AbortSignal) {
    this.#socket = socket;
    this.#reader = this.#socket.readable.getReader();
    this.#writer = this.#socket.writable.getWriter();
    signal.addEventListener('abort', () => this.close());
  }

  /** Connects to a server. The connection is closed when the signal is aborted. */
  static async open(
    server: SocketAddress,
    security: SmtpSecurity,
    signal: AbortSignal,
  ): Promise<SmtpConnection> {
    const { connect } = await sockets();
    signal.throwIfAborted();
    const secureTransport = ({ none: 'off', starttls: 'starttls', tls: 'on' } as const)[security];
    return new SmtpConnection(connect(server, { secureTransport, allowHalfOpen: false }), signal);
  }

  /** Sends a command and waits for its reply. */
  async command(line: string): Promise<SmtpReply> {
    await this.#write(`${line}\r\n`);
    return this.reply();
  }

  /** Sends what follows DATA: lines that end with CRLF. A line that begins with a dot gets another dot (4.5.2). */
  async message(text: string): Promise<SmtpReply> {
    await this.#write(`${text.replace(/^\./gm, '..')}.\r\n`);
    return this.reply();
  }

  /** Waits for a reply of one or more lines. */
  async reply(): Promise<SmtpReply> {
    const lines: string[] = [];
    while (lines.length < MAX_LINES) {
      const [, code, more, text] = /^(\d{3})([ -]?)(.*)$/.exec(await this.#line()) ?? [];
      if (code === undefined || text === undefined) break;
      lines.push(text);
      const status = /^[245]\.\d{1,3}\.\d{1,3}\b/.exec(text)?.[0] ?? '';
      if (more !== '-') return { code: Number(code), status, lines };
    }
    throw passing('the server does not speak SMTP');
  }

  /** Starts TLS, after the server's reply to STARTTLS. */
  startTls(): void {
    // Anybody could have sent this in plain text, and it would count as said over TLS (CVE-2011-0411).
    if (this.#received !== '') throw passing('the server spoke between STARTTLS and TLS');
    this.#reader.releaseLock();
    this.#writer.releaseLock();
    this.#socket = this.#socket.startTls();
    this.#reader = this.#socket.readable.getReader();
    this.#writer = this.#socket.writable.getWriter();
  }

  /** Says goodbye. The server has accepted the mail, so its answer no longer matters. */
  async quit(): Promise<void> {
    await this.#write('QUIT\r\n').catch(() => undefined);
  }

  /** Drops the connection. A command that waits for its reply fails. */
  close(): void {
    this.#socket.close().catch(() => undefined);
  }

  #write(text: string): Promise<void> {
    return this.#writer.write(new TextEncoder().encode(text));
  }

  async #line(): Promise<string> {
    for (;;) {
      const end = this.#received.indexOf('\n');
      if (end >= 0) {
        const line = this.#received.slice(0, end).replace(/\r$/, '');
        this.#received = this.#received.slice(end + 1);
        return line;
      }
      if (this.#received.length > MAX_LINE) throw passing('the server does not speak SMTP');
      const { value, done } = await this.#reader.read();
      if (done) throw passing('the server hung up');
      this.#received += new TextDecoder('latin1').decode(value);
    }
  }
}
