import { createHash, pbkdf2Sync } from 'node:crypto';
import { parseArgs } from 'node:util';
import bcrypt from 'bcryptjs';
import { helpIfAsked } from '../../src/cli/command.ts';
import { inKnownNotation, saltAndKey } from '../../src/crypto/hash-notations.ts';
import { FIREBASE_HASH, HASHES, SYSTEM_PASSWORD } from '../support/system-hashes.ts';
import { machine } from './report.ts';
import { Service } from './service.ts';
import { median } from './statistics.ts';

// `npm run bench:hashes`: CPU of workerd for one check of a password against each kind of hash that an import may bring.
// It is above that of a request that does nothing; which the first sign-in pays, whose own hash comes on top.

helpIfAsked('bench:hashes');

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });
const ROUNDS = Number(values.rounds);
if (!(ROUNDS > 0)) throw new Error('--rounds must be a number above 0');
/** Requests that do nothing, for one figure of the floor: the clock of a process has ticks of 10 ms. */
const FLOOR_REQUESTS = 500;
/** CPU that one figure is made of at least, milliseconds. */
const ENOUGH = 300;

const salted = createHash('sha256').update(`salt${SYSTEM_PASSWORD}`).digest('base64');

const stretched = pbkdf2Sync(SYSTEM_PASSWORD, 'salt', 1_000_000, 32, 'sha256').toString('base64');

/** A hash of each kind, with the parameters that its system has unless told otherwise. */
const KINDS: Record<string, string> = {
  'salted SHA-256': `$sha256$o=sp$${Buffer.from('salt').toString('base64')}$${salted}`,
  'bcrypt, cost 10 (Auth0, Supabase, Clerk)': bcrypt.hashSync(SYSTEM_PASSWORD, 10),
  'bcrypt, cost 12 (Django)': HASHES.djangoBcrypt,
  'bcrypt_sha256, cost 12 (Django)': HASHES.djangoBcryptSha256,
  'PBKDF2-SHA256, 260,000 (Django 3.2)': HASHES.django,
  'PBKDF2-SHA256, 260,000 (Werkzeug 2.2)': HASHES.werkzeug,
  'PBKDF2-SHA256, 1,000,000 (Django 5.2)': `pbkdf2_sha256$1000000$salt$${stretched}`,
  'Argon2id, 19 MiB, t=2, p=8 (Django)': HASHES.djangoArgon2,
  'scrypt, N=16384, r=8, p=5 (Django 5.2)': HASHES.djangoScrypt,
  'scrypt, N=32768, r=8, p=1 (Werkzeug 3.1)': HASHES.werkzeugScrypt,
  'scrypt, N=16384, r=16, p=1 (Better Auth)': saltAndKey(HASHES['better-auth']),
  'scrypt, N=16384, r=16, p=1 (Lucia 2)': HASHES.lucia2,
  'scrypt, N=16384, r=8, p=1, and AES (Firebase)': FIREBASE_HASH,
};

const service = await Service.start();
try {
  const floor = await cost('/__floor', '', FLOOR_REQUESTS);
  console.log(`${machine(service.workerd)}; a request that does nothing takes ${floor.toFixed(2)} ms`);
  const measured: Record<string, { 'CPU ms': string; 'least and most': string }> = {};
  for (const [kind, hash] of Object.entries(KINDS)) {
    const known = inKnownNotation(hash);
    // The first is slower: the code is not compiled yet.
    const once = await cost('/__foreign', known, 1);
    const requests = Math.max(1, Math.ceil(ENOUGH / Math.max(once, 1)));
    const figures: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      figures.push(Math.max(0, (await cost('/__foreign', known, requests)) - floor));
    }
    const [least, most] = [Math.min(...figures), Math.max(...figures)];
    measured[kind] = {
      'CPU ms': median(figures).toFixed(1),
      'least and most': `${least.toFixed(1)}–${most.toFixed(1)}`,
    };
  }
  console.table(measured);
} finally {
  await service.stop();
}

/** CPU of one request in milliseconds, the mean of several that follow one another. */
async function cost(path: string, body: string, requests: number): Promise<number> {
  const before = service.cpu();
  for (let request = 0; request < requests; request += 1) {
    const answer = await fetch(`http://127.0.0.1:${service.port}${path}`, { method: 'POST', body });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    await answer.text();
  }
  return (service.cpu() - before) / requests;
}
