/** An authenticator with one passkey of each user, as WebAuthn has it: written from the specification, to lie where a test wants. */
export interface Claims {
  origin?: string;
  rpId?: string;
  challenge?: string;
  type?: string;
  /** The bits of the authenticator data: user present, user verified, backup eligible, backed up. */
  flags?: number;
  counter?: number;
  /** Signs with another key. */
  key?: CryptoKey;
  userHandle?: string | null;
  crossOrigin?: boolean;
}

interface CreationOptions {
  rp: { id: string };
  user: { id: string };
  challenge: string;
  pubKeyCredParams: { alg: number }[];
}

interface RequestOptions {
  rpId: string;
  challenge: string;
}

const [UP, UV, BE, BS, AT] = [0x01, 0x04, 0x08, 0x10, 0x40];
export const FLAGS = { UP, UV, BE, BS };

type Cbor = number | string | Uint8Array | Map<number | string, Cbor> | Cbor[];

/** CBOR (RFC 8949) of what authenticators write. */
export function cbor(value: Cbor): Uint8Array {
  const head = (major: number, n: number) =>
    n < 24
      ? [(major << 5) | n]
      : n < 256
        ? [(major << 5) | 24, n]
        : n < 65_536
          ? [(major << 5) | 25, n >> 8, n & 255]
          : [(major << 5) | 26, n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255];
  if (typeof value === 'number') return Uint8Array.from(value >= 0 ? head(0, value) : head(1, -1 - value));
  if (typeof value === 'string') {
    const text = new TextEncoder().encode(value);
    return joined(head(3, text.length), text);
  }
  if (value instanceof Uint8Array) return joined(head(2, value.length), value);
  if (Array.isArray(value)) return joined(head(4, value.length), ...value.map(cbor));
  return joined(head(5, value.size), ...[...value].flatMap(([key, one]) => [cbor(key), cbor(one)]));
}

const joined = (...parts: (Uint8Array | number[])[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
const b64 = (bytes: Uint8Array | ArrayBuffer | string) =>
  Buffer.from(bytes as Uint8Array).toString('base64url');
const sha256 = async (text: string | Uint8Array) =>
  new Uint8Array(
    await crypto.subtle.digest(
      'SHA-256',
      (typeof text === 'string' ? new TextEncoder().encode(text) : text) as BufferSource,
    ),
  );

/** The DER form of an ECDSA signature (RFC 3279, 2.2.3), which WebCrypto gives as two numbers. */
function der(signature: Uint8Array): Uint8Array {
  const integer = (bytes: Uint8Array) => {
    const first = bytes.findIndex((byte) => byte !== 0);
    const trimmed = bytes.slice(first);
    const body = (trimmed[0] as number) > 127 ? [0, ...trimmed] : [...trimmed];
    return [2, body.length, ...body];
  };
  const body = [...integer(signature.slice(0, 32)), ...integer(signature.slice(32))];
  return Uint8Array.from([0x30, body.length, ...body]);
}

/** Where the tests' Latchkey is. */
const OUR_ORIGIN = 'https://auth.test';

export class SoftwareAuthenticator {
  readonly credentialId: string;
  readonly #keys: CryptoKeyPair;
  readonly #aaguid: string;
  readonly #flags: number;
  #counter: number;
  #user = '';

  private constructor(keys: CryptoKeyPair, fields: { aaguid: string; flags: number; counter: number }) {
    this.#keys = keys;
    this.credentialId = b64(crypto.getRandomValues(new Uint8Array(32)));
    this.#aaguid = fields.aaguid;
    this.#flags = fields.flags;
    this.#counter = fields.counter;
  }

  /** One that keeps its keys to itself, counts nothing, and is called Bitwarden, unless told otherwise. */
  static async make({
    aaguid = 'd548826e-79b4-db40-a3d8-11116f7e8349',
    flags = UP | UV,
    counter = 0,
  } = {}): Promise<SoftwareAuthenticator> {
    return new SoftwareAuthenticator(await newKeys(), { aaguid, flags, counter });
  }

  /** What a system keeps of a passkey that it has made there, for a user whom it calls so. */
  async keptElsewhere(userHandle: string): Promise<{ credential_id: string; public_key: string }> {
    this.#user = userHandle;
    return { credential_id: this.credentialId, public_key: b64(await this.#coseKey()) };
  }

  /** COSE_Key (RFC 9053, 7.1.1). */
  async #coseKey(algorithm = -7): Promise<Uint8Array> {
    const { x, y } = (await crypto.subtle.exportKey('jwk', this.#keys.publicKey)) as JsonWebKey;
    return cbor(
      new Map<number, Cbor>([
        [1, 2],
        [3, algorithm],
        [-1, 1],
        [-2, new Uint8Array(Buffer.from(x as string, 'base64url'))],
        [-3, new Uint8Array(Buffer.from(y as string, 'base64url'))],
      ]),
    );
  }

  /** What a browser answers to `navigator.credentials.create`. */
  async create(
    options: CreationOptions,
    claims: Claims & { algorithm?: number; attestation?: Map<string, Cbor> } = {},
  ) {
    this.#user = options.user.id;
    const { algorithm = -7, attestation } = claims;
    const key = await this.#coseKey(algorithm);
    const id = Buffer.from(this.credentialId, 'base64url');
    const attested = joined(
      [...Buffer.from(this.#aaguid.replaceAll('-', ''), 'hex')],
      [id.length >> 8, id.length & 255],
      [...id],
      key,
    );
    const authData = joined(await this.#authenticatorData(options.rp.id, claims, AT), attested);
    const object =
      attestation ??
      new Map<string, Cbor>([
        ['fmt', 'none'],
        ['attStmt', new Map()],
      ]);
    return {
      id: this.credentialId,
      rawId: this.credentialId,
      type: 'public-key',
      authenticatorAttachment: 'platform',
      clientExtensionResults: {},
      response: {
        clientDataJSON: b64(this.#clientData('webauthn.create', options.challenge, claims)),
        attestationObject: b64(cbor(new Map<string, Cbor>([...object, ['authData', authData]]))),
        transports: ['internal', 'hybrid'],
      },
    };
  }

  /** What a browser answers to `navigator.credentials.get`. */
  async get(options: RequestOptions, claims: Claims = {}) {
    if (this.#counter > 0) this.#counter += 1;
    const authenticatorData = await this.#authenticatorData(options.rpId, claims, 0);
    const clientData = this.#clientData('webauthn.get', options.challenge, claims);
    const signed = joined(authenticatorData, await sha256(clientData));
    const signature = new Uint8Array(
      await crypto.subtle.sign(
        { name: 'ECDSA', hash: 'SHA-256' },
        claims.key ?? this.#keys.privateKey,
        signed as BufferSource,
      ),
    );
    const userHandle = claims.userHandle === undefined ? this.#user : claims.userHandle;
    return {
      id: this.credentialId,
      rawId: this.credentialId,
      type: 'public-key',
      authenticatorAttachment: 'platform',
      clientExtensionResults: {},
      response: {
        clientDataJSON: b64(clientData),
        authenticatorData: b64(authenticatorData),
        signature: b64(der(signature)),
        userHandle,
      },
    };
  }

  async #authenticatorData(rpId: string, claims: Claims, extra: number): Promise<Uint8Array> {
    const counter = claims.counter ?? this.#counter;
    return joined(
      await sha256(claims.rpId ?? rpId),
      [(claims.flags ?? this.#flags) | extra],
      [counter >>> 24, (counter >> 16) & 255, (counter >> 8) & 255, counter & 255],
    );
  }

  #clientData(type: string, challenge: string, claims: Claims): string {
    return JSON.stringify({
      type: claims.type ?? type,
      challenge: claims.challenge ?? challenge,
      origin: claims.origin ?? OUR_ORIGIN,
      crossOrigin: claims.crossOrigin ?? false,
    });
  }
}

/** A key pair for ES256. */
export function newKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ]) as Promise<CryptoKeyPair>;
}
