import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate and its private key, in PEM. */
export interface Certificate {
  cert: string;
  key: string;
}

/** Certificates for the TLS servers among the peers. */
export interface PeerCertificates {
  /** For 127.0.0.1 and localhost, by the authority that workerd trusts. */
  trusted: Certificate;
  /** By that authority, for another host. */
  misnamed: Certificate;
  /** For 127.0.0.1 and localhost, by an authority that nobody trusts. */
  untrusted: Certificate;
}

const DIRECTORY = 'LATCHKEY_PEERS';
const LOCAL = [der(0x82, Buffer.from('localhost')), der(0x87, Buffer.from([127, 0, 0, 1]))];
const OTHER = [der(0x82, Buffer.from('elsewhere.test'))];

/**
 * Makes the certificates of the peers and lets workerd trust their authority: by NODE_EXTRA_CA_CERTS, which Miniflare
 * reads once, when it is loaded. So this has to run before that.
 */
export function trustPeers(): void {
  if (process.env[DIRECTORY]) return;
  const [authority, stranger] = [new Authority(), new Authority()];
  const certificates: PeerCertificates = {
    trusted: authority.issue(LOCAL),
    misnamed: authority.issue(OTHER),
    untrusted: stranger.issue(LOCAL),
  };
  const directory = mkdtempSync(join(tmpdir(), 'latchkey-peers-'));
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  const others = process.env.NODE_EXTRA_CA_CERTS;
  writeFileSync(
    join(directory, 'trusted.pem'),
    authority.cert + (others ? readFileSync(others, 'utf8') : ''),
  );
  writeFileSync(join(directory, 'certificates.json'), JSON.stringify(certificates), { mode: 0o600 });
  process.env.NODE_EXTRA_CA_CERTS = join(directory, 'trusted.pem');
  process.env[DIRECTORY] = directory;
}

/** What trustPeers made. */
export function peerCertificates(): PeerCertificates {
  const directory = process.env[DIRECTORY];
  if (!directory)
    throw new Error('the Vitest configuration has to call trustPeers() before it loads Miniflare');
  return JSON.parse(readFileSync(join(directory, 'certificates.json'), 'utf8'));
}

/** A certificate authority of two days (RFC 5280), by hand: Node verifies certificates but makes none. */
class Authority {
  readonly cert: string;
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  readonly #name = `Latchkey test authority ${crypto.randomUUID()}`;

  constructor() {
    const isAuthority = der(0x30, der(0x01, Buffer.from([0xff])));
    const critical = der(0x01, Buffer.from([0xff]));
    const basicConstraints = der(0x30, oid(0x55, 0x1d, 0x13), critical, der(0x04, isAuthority));
    this.cert = this.#certify(this.#name, this.#keys.publicKey, basicConstraints);
  }

  /** A certificate for a server of these subjectAltNames. */
  issue(names: Buffer[]): Certificate {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const altNames = der(0x30, oid(0x55, 0x1d, 0x11), der(0x04, der(0x30, ...names)));
    return {
      cert: this.#certify('Latchkey test peer', publicKey, altNames),
      key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    };
  }

  #certify(subject: string, publicKey: KeyObject, extension: Buffer): string {
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    const serial = createHash('sha256').update(spki).digest().subarray(0, 8);
    serial[0] = ((serial[0] as number) & 0x7f) | 0x40;
    const ecdsaWithSha256 = der(0x30, oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
    const tbs = der(
      0x30,
      der(0xa0, der(0x02, Buffer.from([2]))),
      der(0x02, serial),
      ecdsaWithSha256,
      commonName(this.#name),
      der(0x30, time(-1), time(1)),
      commonName(subject),
      spki,
      der(0xa3, der(0x30, extension)),
    );
    const signature = der(0x03, Buffer.from([0]), sign('sha256', tbs, this.#keys.privateKey));
    const body = der(0x30, tbs, ecdsaWithSha256, signature).toString('base64').replace(/.{64}/g, '$&\n');
    return `-----BEGIN CERTIFICATE-----\n${body.trimEnd()}\n-----END CERTIFICATE-----\n`;
  }
}

function commonName(value: string): Buffer {
  return der(0x30, der(0x31, der(0x30, oid(0x55, 0x04, 0x03), der(0x0c, Buffer.from(value)))));
}

function time(days: number): Buffer {
  const iso = new Date(Date.now() + days * 86_400_000).toISOString();
  return der(0x18, Buffer.from(iso.replace(/[-:T]|\.\d+/g, '')));
}

function oid(...bytes: number[]): Buffer {
  return der(0x06, Buffer.from(bytes));
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const size = content.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}
