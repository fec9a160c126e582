import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { peerCertificates } from './certificate.ts';
import type { Faults } from './faults.ts';
import { CREDENTIALS, type Peers } from './ports.ts';

/** A mail as the SMTP server got it. */
export interface ReceivedMail {
  to: string;
  from: string;
  raw: string;
  secure: boolean;
  username: string | null;
  hello: string;
}

type Options = NonNullable<ConstructorParameters<typeof SMTPServer>[0]>;

/** Starts SMTP servers of every kind, which put what they take into one list. */
export async function startSmtp(faults: Faults) {
  const received: ReceivedMail[] = [];
  const { trusted, misnamed, untrusted } = peerCertificates();
  const servers: Record<Exclude<keyof Peers['smtp'], 'silent' | 'injecting' | 'closed'>, SMTPServer> = {
    plain: smtpServer({ disabledCommands: ['AUTH', 'STARTTLS'] }),
    login: smtpServer({ authMethods: ['LOGIN'], allowInsecureAuth: true, disabledCommands: ['STARTTLS'] }),
    starttls: smtpServer({ ...trusted, authMethods: ['PLAIN', 'LOGIN'] }),
    tls: smtpServer({ ...trusted, secure: true, authMethods: ['PLAIN', 'LOGIN'] }),
    untrusted: smtpServer({ ...untrusted, secure: true, authMethods: ['PLAIN'] }),
    misnamed: smtpServer({ ...misnamed, authMethods: ['PLAIN'] }),
    refusing: smtpServer({ onConnect: (_, callback) => callback(failure(554, '5.3.2 no service here')) }),
  };
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => sockets.add(socket));
  const injecting = createServer((socket) => {
    sockets.add(socket);
    socket.write('220 injecting ESMTP\r\n');
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      const answer = /^STARTTLS/i.test(data.toString())
        ? '220 go\r\n250 injected\r\n'
        : '250-hello\r\n250 STARTTLS\r\n';
      socket.write(answer);
    });
  });

  function smtpServer(options: Options): SMTPServer {
    const server: SMTPServer = new SMTPServer({
      authOptional: false,
      disableReverseLookup: true,
      closeTimeout: 100,
      logger: false,
      onAuth({ username, password }, _, callback) {
        const { smtp } = CREDENTIALS;
        if (username !== smtp.username || password !== smtp.password)
          return callback(failure(535, '5.7.8 no'));
        callback(null, { user: username });
      },
      onRcptTo({ address }, _, callback) {
        const fault = faults.of(address);
        if (fault === 'hang') return;
        if (fault === 'reject-recipient') return callback(failure(550, `5.1.1 <${address}> is not here`));
        if (fault === 'refuse-credentials') return callback(failure(530, '5.7.0 authenticate first'));
        if (fault === 'server-error') return callback(failure(451, '4.3.0 try later'));
        if (fault === 'too-many-requests') return callback(failure(450, '4.7.1 slowly'));
        callback();
      },
      onData(stream, session, callback) {
        const to = session.envelope.rcptTo[0]?.address ?? '';
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const fault = faults.of(to);
          if (fault === 'drop-after-data') return hangUp(server, session.id);
          if (fault === 'reject-message') return callback(failure(554, `5.6.0 no such mail for ${to}`));
          const { mailFrom } = session.envelope;
          received.push({
            to,
            from: mailFrom ? mailFrom.address : '',
            raw: Buffer.concat(chunks).toString('latin1'),
            secure: session.secure,
            username: session.user ? String(session.user) : null,
            hello: String(session.hostNameAppearsAs),
          });
          callback();
        });
      },
      ...options,
    });
    // Clients that a test makes vanish.
    server.on('error', () => undefined);
    return server;
  }

  const ports = {} as Peers['smtp'];
  for (const [name, server] of Object.entries(servers)) {
    const inner = server.listen(0, '127.0.0.1') as unknown as Server;
    ports[name as keyof typeof servers] = await portOf(inner);
  }
  ports.silent = await portOf(silent.listen(0, '127.0.0.1'));
  ports.injecting = await portOf(injecting.listen(0, '127.0.0.1'));
  const unused = createServer().listen(0, '127.0.0.1');
  ports.closed = await portOf(unused);
  await new Promise((resolve) => unused.close(resolve));

  return {
    ports,
    received,
    async stop() {
      for (const server of [silent, injecting]) server.close();
      for (const socket of sockets) socket.destroy();
      await Promise.all(
        Object.values(servers).map((server) => new Promise<void>((done) => server.close(done))),
      );
    },
  };
}

/** The port a server listens on, once it does. */
export async function portOf(server: Server): Promise<number> {
  if (!server.listening) await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function failure(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}

function hangUp(server: SMTPServer, sessionId: string): void {
  type Connection = { id: string; _socket: { destroy(): void } };
  for (const connection of server.connections as unknown as Set<Connection>) {
    if (connection.id === sessionId) connection._socket.destroy();
  }
}
