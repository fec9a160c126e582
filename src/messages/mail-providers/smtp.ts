import { Buffer } from 'node:buffer';
import { z } from 'zod';
import { variable, whole } from '../../config/variable.ts';
import { DeliveryError, passing } from '../delivery.ts';
import { mailProvider } from '../mail-provider.ts';
import { mimeMessage } from './mime.ts';
import { SmtpConnection, type SmtpReply } from './smtp-connection.ts';

/**
 * Any mail server, with one connection for each mail. A try that ends between DATA and its reply may send twice, with
 * the same Message-ID.
 */
export const smtp = mailProvider({
  name: 'smtp',
  doc: 'any mail server',
  variables: {
    SMTP_HOST: variable({ schema: z.string(), doc: 'the server.' }),
    SMTP_PORT: variable({
      schema: whole(1, 65_535),
      default: '587',
      doc: 'its port. Workers cannot reach port 25.',
    }),
    SMTP_SECURITY: variable({
      schema: z.enum(['none', 'starttls', 'tls']),
      default: 'starttls',
      doc: '`tls` from the first byte (port 465), `starttls` (587) or `none`.',
    }),
    SMTP_USERNAME: variable({ schema: z.string().optional(), doc: 'if the server asks who sends.' }),
    SMTP_PASSWORD: variable({ schema: z.string().optional(), secret: true, doc: 'with `SMTP_USERNAME`.' }),
  },
  create({ SMTP_HOST, SMTP_PORT, SMTP_SECURITY, SMTP_USERNAME, SMTP_PASSWORD }) {
    const server = { hostname: SMTP_HOST, port: SMTP_PORT };
    return {
      async send(message, signal) {
        const connection = await SmtpConnection.open(server, SMTP_SECURITY, signal);
        const hello = `EHLO ${message.from.address.split('@')[1]}`;
        try {
          expect(await connection.reply(), 'greeting');
          let capabilities = expect(await connection.command(hello), 'EHLO');
          if (SMTP_SECURITY === 'starttls') {
            expect(await connection.command('STARTTLS'), 'STARTTLS');
            connection.startTls();
            // Anybody could have made the offer in plain text.
            capabilities = expect(await connection.command(hello), 'EHLO');
          }
          if (SMTP_USERNAME && SMTP_PASSWORD) {
            const credentials = { username: SMTP_USERNAME, password: SMTP_PASSWORD };
            await authenticate(connection, capabilities.lines, credentials);
          }
          expect(await connection.command(`MAIL FROM:<${message.from.address}>`), 'sender');
          expect(await connection.command(`RCPT TO:<${message.to}>`), 'recipient');
          expect(await connection.command('DATA'), 'DATA');
          expect(await connection.message(mimeMessage(message, new Date())), 'message');
          await connection.quit();
        } finally {
          connection.close();
        }
      },
    };
  },
});

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

/** Codes that say, in reply to any command, that the server wants other credentials (RFC 4954). */
const CREDENTIALS = [530, 534, 535, 538];

/** Returns a positive reply. Only a refusal of the recipient or the message is permanent: an operator can mend the others. */
function expect(reply: SmtpReply, what: string): SmtpReply {
  if (reply.code >= 200 && reply.code < 400) return reply;
  const name = CREDENTIALS.includes(reply.code) ? 'credentials' : what;
  const permanent = reply.code >= 500 && (name === 'recipient' || name === 'message');
  const code = `${reply.code} ${reply.status}`.trim();
  throw new DeliveryError(`the server refused the ${name} (${code})`, { permanent });
}
