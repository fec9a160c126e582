import { Buffer } from 'node:buffer';
import { DeliveryError } from '../../lib/delivery.ts';
import type { MailMessage } from '../port.ts';
import { mimeMessage } from './mime.ts';
import { SmtpConnection, type SmtpReply, type SmtpSecurity } from './smtp-connection.ts';
import { type MailTransport, passing } from './transport.ts';

/** Where and how mails are submitted. */
export interface SmtpOptions {
  server: SocketAddress;
  security: SmtpSecurity;
  credentials: { username: string; password: string } | null;
}

/** Any mail server, one connection a mail. A try that ends between DATA and its reply may send twice, with one Message-ID. */
export class SmtpProvider implements MailTransport {
  readonly #options: SmtpOptions;

  constructor(options: SmtpOptions) {
    this.#options = options;
  }

  async send(message: MailMessage, signal: AbortSignal) {
    const { server, security, credentials } = this.#options;
    const connection = new SmtpConnection(server, security, signal);
    const hello = `EHLO ${message.from.address.split('@')[1]}`;
    try {
      expect(await connection.reply(), 'greeting');
      let capabilities = expect(await connection.command(hello), 'EHLO');
      if (security === 'starttls') {
        expect(await connection.command('STARTTLS'), 'STARTTLS');
        connection.startTls();
        // What was offered in plain text may have been anybody's offer.
        capabilities = expect(await connection.command(hello), 'EHLO');
      }
      if (credentials) await authenticate(connection, capabilities.lines, credentials);
      expect(await connection.command(`MAIL FROM:<${message.from.address}>`), 'sender');
      expect(await connection.command(`RCPT TO:<${message.to}>`), 'recipient');
      expect(await connection.command('DATA'), 'DATA');
      expect(await connection.message(mimeMessage(message, new Date())), 'message');
      await connection.quit();
    } finally {
      connection.close();
    }
  }
}

async function authenticate(
  connection: SmtpConnection,
  capabilities: string[],
  { username, password }: { username: string; password: string },
): Promise<void> {
  const offered = capabilities
    .filter((line) => /^AUTH[ =]/i.test(line))
    .join(' ')
    .toUpperCase()
    .split(/[ =]/);
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  if (offered.includes('PLAIN')) {
    expect(await connection.command(`AUTH PLAIN ${base64(`\0${username}\0${password}`)}`), 'credentials');
  } else if (offered.includes('LOGIN')) {
    expect(await connection.command('AUTH LOGIN'), 'credentials');
    expect(await connection.command(base64(username)), 'credentials');
    expect(await connection.command(base64(password)), 'credentials');
  } else {
    throw passing('the server offers neither AUTH PLAIN nor AUTH LOGIN');
  }
}

/** Codes by which a server, at any command, says that it wants other credentials (RFC 4954). */
const CREDENTIALS = [530, 534, 535, 538];

/** Lets a positive reply pass. Only refusing the recipient or the message is for good; the rest, an operator can mend. */
function expect(reply: SmtpReply, what: string): SmtpReply {
  if (reply.code >= 200 && reply.code < 400) return reply;
  const name = CREDENTIALS.includes(reply.code) ? 'credentials' : what;
  const permanent = reply.code >= 500 && (name === 'recipient' || name === 'message');
  const code = `${reply.code} ${reply.status}`.trim();
  throw new DeliveryError(`the server refused the ${name} (${code})`, { permanent });
}
