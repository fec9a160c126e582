import { readFileSync } from 'node:fs';
import { type FirebaseParameters, firebaseHash } from '../crypto/hash-notations.ts';
import type { FileRecord } from '../import/record.ts';

/**
 * The password hash parameters of a Firebase project: the text that its console shows
 * (`hash_config { algorithm: SCRYPT, … }`), or the same as JSON. Throws for any other file.
 */
export function readFirebaseParameters(path: string): FirebaseParameters {
  const text = readFileSync(path, 'utf8');
  const valueIn = (name: string) =>
    new RegExp(`"?${name}"?\\s*[:=]\\s*"?([A-Za-z0-9+/=_-]+)`).exec(text)?.[1];
  const [key, separator] = [valueIn('base64_signer_key'), valueIn('base64_salt_separator')];
  const [rounds, memCost] = [Number(valueIn('rounds')), Number(valueIn('mem_cost'))];
  if (!key || !separator || !Number.isInteger(rounds) || !Number.isInteger(memCost)) {
    throw new Error(`${path} needs base64_signer_key, base64_salt_separator, rounds and mem_cost.`);
  }
  return { signerKey: key, saltSeparator: separator, rounds, memCost };
}

/** Makes the hashes of Firebase's records ours on this machine: the project's key goes nowhere. */
export class FirebaseHashes {
  readonly #parameters: FirebaseParameters | null;

  constructor(parameters: FirebaseParameters | null) {
    this.#parameters = parameters;
  }

  /** The record with its hash in our notation. Throws when there is a hash, and no parameters were given. */
  open(record: FileRecord): FileRecord {
    if ('problem' in record) return record;
    const { passwordHash, salt, ...others } = record.values;
    if (typeof passwordHash !== 'string' || passwordHash === '') return { ...record, values: others };
    if (!this.#parameters) {
      throw new Error('Say --hash-parameters FILE: what Firebase shows as the password hash parameters.');
    }
    // URL-safe, as some of its tools write.
    const made = firebaseHash(plainBase64(passwordHash), plainBase64(`${salt ?? ''}`), this.#parameters);
    return { ...record, values: { ...others, passwordHash: made } };
  }
}

const plainBase64 = (text: string) => text.replaceAll('-', '+').replaceAll('_', '/');
