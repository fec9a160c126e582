import { HOUR, MINUTE, rfc3339 } from '../lib/time.ts';
import { DATABASE, runCommand, type ValuesOf } from './command.ts';
import { type D1Row, literal, query } from './d1.ts';

// `npm run keys:rotate`: makes signing keys due before their time. The every-minute cron does the rest.

const OPTIONS = {
  realm: { type: 'string', value: 'ID', about: 'of this realm only' },
  ...DATABASE,
} as const;

async function rotate(target: ValuesOf<typeof OPTIONS>): Promise<void> {
  const only = (column: string) =>
    target.realm === undefined ? '' : `AND ${column} = ${literal(target.realm)}`;
  const now = Date.now();
  // A key that does not sign yet was published less than an hour ago: that rotation is still under way.
  const due = (table: string) =>
    `UPDATE ${table} SET rotate_at = ${now}
     WHERE signs_from <= ${now} ${only('realm_id')} AND generation =
       (SELECT MAX(generation) FROM ${table} AS newest WHERE newest.realm_id = ${table}.realm_id)`;
  const [, , realms = []] = await query(
    [
      due('signing_keys'),
      due('rsa_signing_keys'),
      `SELECT realms.id, MAX(generation) AS generation, signs_from
       FROM realms LEFT JOIN signing_keys ON realm_id = realms.id
       WHERE true ${only('realms.id')} GROUP BY realms.id ORDER BY realms.id`,
    ],
    target,
  );
  if (realms.length === 0) throw new Error(`There is no realm "${target.realm}".`);
  for (const realm of realms) console.log(`${realm.id}: ${outlook(realm, now)}`);
}

function outlook({ generation, signs_from }: D1Row, now: number): string {
  if (generation === null) return 'has no key yet. The first sign-in, or look at its JWKS, makes one.';
  if (Number(signs_from) > now) {
    return `key ${generation} is already published and signs from ${rfc3339(Number(signs_from))} on. Nothing changed.`;
  }
  const published = Math.ceil(now / MINUTE) * MINUTE;
  return `key ${generation} is due. The cron publishes key ${Number(generation) + 1} at ${rfc3339(published)}; it signs from ${rfc3339(published + HOUR)} on. No token stops working.`;
}

await runCommand({
  name: 'keys:rotate',
  usage: ['[options]'],
  about:
    'Makes signing keys due before their time: the next one is published by the next minute, and signs an hour later.',
  options: OPTIONS,
  run: rotate,
});
