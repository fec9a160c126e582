import { env } from 'cloudflare:workers';
import { beforeAll, expect, it } from 'vitest';
import { foldNames } from '../../src/directory/folded-names.ts';
import { foldedColumn } from '../../src/lib/fold.ts';
import { asAdmin } from '../support/admin.ts';
import { call, createRealm, INTERNAL, register, registerVerified } from '../support/api.ts';
import { PLENTY } from '../support/budget.ts';
import { importRows, ndjson, someUser } from '../support/import.ts';

const realm = 'folded';
beforeAll(() => createRealm(realm));

const found = async (q: string) =>
  (await asAdmin('GET', `/users?q=${encodeURIComponent(q)}`, { realm })).body.data.map(
    ({ id }: { id: string }) => id,
  );
const row = (id: string) =>
  env.DB.prepare('SELECT * FROM users WHERE id = ?').bind(id).first<Record<string, string | null>>();
const queued = async (id: string) =>
  (await env.DB.prepare('SELECT 1 FROM users_to_fold WHERE user_id = ?').bind(id).first()) !== null;

it('every way to write a name writes its folded form, and it is found without case and accents', async () => {
  const { access_token: token, user } = await registerVerified({ name: 'Özlem Çelik' }, { realm });
  const made = await asAdmin('POST', '/users', {
    realm,
    body: { email: someUser().email, name: 'Ärne Ødegård', family_name: 'Ødegård' },
  });
  const { email } = someUser();
  await importRows(ndjson([{ email, name: 'Łukasz Żak' }]), { realm, headers: INTERNAL });
  const imported = await env.DB.prepare('SELECT id FROM users WHERE email = ?').bind(email).first<any>();
  for (const [q, id] of [
    ['özlem', user.id],
    ['OZLEM c', user.id],
    ['celik', user.id],
    ['odegard', made.body.user?.id ?? made.body.id],
    ['zak', imported.id],
  ]) {
    expect(await found(q), q).toEqual([id]);
  }
  await call('PATCH', '/v1/me', { realm, token, body: { name: 'Zoë', family_name: 'Ünal' } });
  expect(await found('zoe')).toEqual([user.id]);
  expect(await found('unal')).toEqual([user.id]);
  expect(await found('özlem')).toEqual([]);
  await asAdmin('PATCH', `/users/${user.id}`, { realm, body: { name: 'Ada', family_name: null } });
  expect(await row(user.id)).toMatchObject({ folded_name: null, folded_family_name: null });
  for (const id of [user.id, imported.id]) expect(await queued(id)).toBe(false);
});

it('what plain SQL wrote is folded by the job, and numbers become those of their plans', async () => {
  const { user } = await register({ name: 'Ada' }, { realm });
  await env.DB.prepare(
    "UPDATE users SET name = 'Çağla', family_name = 'Şen', phone_number = '+4901512345678' WHERE id = ?",
  )
    .bind(user.id)
    .run();
  expect(await queued(user.id)).toBe(true);
  expect(await found('cagla')).toEqual([]);
  await foldNames(env.DB, PLENTY);
  await foldNames(env.DB, PLENTY);
  expect(await queued(user.id)).toBe(false);
  expect(await found('cagla')).toEqual([user.id]);
  const { folded_family_name, phone_number } = (await row(user.id)) ?? {};
  expect([folded_family_name, phone_number]).toEqual([foldedColumn('Şen'), '+491512345678']);
});
