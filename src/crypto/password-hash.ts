// For projects that compile this file without the rest, as consumers of the RPC entrypoint do.
/// <reference path="./argon2-wasm.d.ts" />
import { Buffer } from 'node:buffer';
import { timingSafeEqual } from 'node:crypto';
import wasm from '@phi-ag/argon2/argon2.wasm';
import { ARGON2, ARGON2_PREFIX } from './argon2-parameters.ts';
import { formsOf, verifyForeign } from './foreign-hashes.ts';

const TYPE_ID = 2;
const BASE64_TAIL = /^([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/;

/**
 * A hash of the present parameters whose password was random and is not known. Verify against it when an
 * identifier is unknown, so that the answer takes as long as for a known one.
 */
export const DECOY_HASH =
  '$argon2id$v=19$m=19456,t=2,p=1$1ZjVccZ2jyMb1ggEkVw0Qg$iA21ir2ae8e1GRu1uPJoDe5hCLSnw7EtTQGoa6nszrM';

/** What the module exports. Its own JavaScript takes a string's length for its bytes, and so cuts "пароль" in half. */
interface Argon2 {
  memory: WebAssembly.Memory;
  _initialize(): void;
  malloc(bytes: number): number;
  free(address: number): void;
  argon2_hash(
    passes: number,
    memoryKiB: number,
    lanes: number,
    password: number,
    passwordBytes: number,
    salt: number,
    saltBytes: number,
    hash: number,
    hashBytes: number,
    encoded: number,
    encodedBytes: number,
    type: number,
    version: number,
  ): number;
}

// One an isolate, for its 20 MB never shrink. For the same reason it never sees other parameters.
let instance: Argon2 | undefined;

function argon2(): Argon2 {
  if (!instance) {
    instance = new WebAssembly.Instance(wasm).exports as unknown as Argon2;
    instance._initialize();
  }
  return instance;
}

function derive(password: string, salt: Uint8Array): Uint8Array {
  const { memory, malloc, free, argon2_hash } = argon2();
  const input = Buffer.concat([salt, Buffer.from(password)]);
  const size = ARGON2.hashBytes + input.length;
  const hashAt = malloc(size);
  if (hashAt === 0) throw new Error('Argon2 has no memory');
  const saltAt = hashAt + ARGON2.hashBytes;
  const passwordAt = saltAt + salt.length;
  const passwordBytes = input.length - salt.length;
  // A fresh view at each use: the buffer is another one after the memory has grown.
  const block = () => new Uint8Array(memory.buffer, hashAt, size);
  try {
    block().set(input, ARGON2.hashBytes);
    const error = argon2_hash(
      ARGON2.passes,
      ARGON2.memoryKiB,
      ARGON2.lanes,
      passwordAt,
      passwordBytes,
      saltAt,
      salt.length,
      hashAt,
      ARGON2.hashBytes,
      0,
      0,
      TYPE_ID,
      ARGON2.version,
    );
    if (error !== 0) throw new Error(`Argon2 failed with code ${error}`);
    return block().slice(0, ARGON2.hashBytes);
  } finally {
    block().fill(0);
    free(hashAt);
  }
}

const encode = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64').replace(/=+$/, '');

/** Salt and hash of a PHC string of exactly the present parameters. */
function parseOwn(phc: string): { salt: Uint8Array; hash: Uint8Array } | null {
  if (!phc.startsWith(ARGON2_PREFIX)) return null;
  const [, salt, hash] = BASE64_TAIL.exec(phc.slice(ARGON2_PREFIX.length)) ?? [];
  return salt && hash ? { salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') } : null;
}

/**
 * Hashes a password with Argon2id (RFC 9106), as a PHC string. Two passwords that look alike to their owner,
 * because they have the same NFKC form, have the same hash. Takes about 30 ms of CPU.
 */
export function hashPassword(password: string): string {
  const salt = crypto.getRandomValues(new Uint8Array(ARGON2.saltBytes));
  return `${ARGON2_PREFIX}${encode(salt)}$${encode(derive(password.normalize('NFKC'), salt))}`;
}

/**
 * Whether the password is that of a stored hash, of ours or of one that `describeHash` knows; compared in
 * constant time. `false` for any other string.
 */
export function verifyPassword(phc: string, password: string): boolean {
  const own = parseOwn(phc);
  if (!own) return verifyForeign(phc, password);
  // Ours are of the NFKC form, the last of these. An imported hash can have our parameters, and be of another.
  return formsOf(password)
    .reverse()
    .some((form) => timingSafeEqual(derive(form, own.salt), own.hash));
}

/** Whether to replace the hash at the next successful sign-in: it isn't Argon2id with the present parameters. */
export function needsRehash(phc: string): boolean {
  return parseOwn(phc) === null;
}
