import { beforeAll, describe, expect, it } from 'vitest';
import { changeDirectory, createRealm, register } from '../support/api.ts';
import {
  cookieOf,
  expectLedTo,
  expectPage,
  open,
  submit,
  type Visitor,
  visitor,
} from '../support/visitor.ts';
import { deliverDue, realmOfItsOwn, webhook } from '../support/webhooks.ts';

let realm: string;
let admin: Visitor;
const path = '/admin/webhooks';

async function adminOf(realm: string): Promise<Visitor> {
  const who = await visitor({}, { realm });
  await changeDirectory(who.user.user.id, { role: 'admin' });
  return { ...who, cookie: await cookieOf(who.user, { realm }) };
}

beforeAll(async () => {
  realm = await realmOfItsOwn();
  admin = await adminOf(realm);
});

const bodyOf = async (at: string) => {
  const page = await open(at, admin);
  expectPage(page);
  return page.body;
};

describe('the pages of webhooks', () => {
  it('add one, and show its secret once', async () => {
    const made = await submit(
      path,
      {
        form: 'create',
        url: 'https://hooks.example.com/x',
        events: 'user.created user.deleted',
        description: 'CRM',
      },
      admin,
    );
    expectPage(made);
    expect(made.body).toMatch(/whsec_[\w+/=]{40,}/);
    const list = await bodyOf(path);
    expect(list).not.toContain('whsec_');
    expect(list).toContain('CRM');
    expect(list).toContain('hooks.example.com');
  });

  it.each([
    [{ url: 'https://10.0.0.1/' }, 'public Internet'],
    [{ url: 'https://hooks.example.com/', events: 'user.vanished' }, 'Use names of events'],
  ])('say what is wrong with %j', async (fields, says) => {
    const refused = await submit(path, { form: 'create', ...fields }, admin);
    expect(refused.status).toBe(422);
    expect(refused.body).toContain(says);
  });

  it('show what became of an event, and have it delivered again', async () => {
    const hook = await webhook(realm, { events: ['user.created'] });
    await hook.plan({ next: [{ status: 500, body: '<b>broken</b>' }] });
    await register({}, { realm });
    await deliverDue();
    const one = `${path}/${hook.id}`;
    const page = await bodyOf(one);
    expect(page).toContain('it answered 500');
    expect(page).toContain('Failing');
    expect(await bodyOf('/admin')).toMatch(/Webhooks that fail: [12]\./);
    const [delivery] = await hook.deliveries();
    const shown = await bodyOf(`${one}/${delivery.id}`);
    expect(shown).toContain('&lt;b&gt;broken&lt;/b&gt;');
    expect(shown).toContain('user.created');
    expectLedTo(
      await submit(`${one}/${delivery.id}`, { form: 'resend' }, admin),
      `/realms/${realm}${one}/${delivery.id}?done=resent`,
    );
    expectLedTo(await submit(one, { form: 'test' }, admin), `/realms/${realm}${one}?done=tested`);
    expectLedTo(
      await submit(one, { form: 'switch', to: 'disabled' }, admin),
      `/realms/${realm}${one}?done=changed`,
    );
    expect(await bodyOf(`${one}?ui_locales=de`)).toContain('Von der Verwaltung abgeschaltet');
    expectLedTo(
      await submit(one, { form: 'switch', to: 'active' }, admin),
      `/realms/${realm}${one}?done=changed`,
    );
    const today = new Date().toISOString().slice(0, 10);
    expectLedTo(
      await submit(one, { form: 'replay', since: today, which: 'all' }, admin),
      `/realms/${realm}${one}?done=replayed`,
    );
    expect((await submit(one, { form: 'rotate' }, admin)).body).toMatch(/whsec_/);
    expect((await submit(one, { form: 'delete' }, admin)).status).toBe(422);
    expect((await submit(one, { form: 'delete', confirm: 'on' }, admin)).status).toBe(303);
    expect((await open(one, admin)).status).toBe(404);
  });
});

it('the page sets a hook, tries it and deletes it', async () => {
  await createRealm('hooked');
  const operator = await adminOf('hooked');
  const send = (fields: Record<string, string>) =>
    submit(path, { hook: 'before.token', ...fields }, operator);
  const set = (at: string, on_failure: string) => send({ form: 'hook', at, on_failure });
  const wrong = await set('https://10.0.0.1/', 'allow');
  expect(wrong.status).toBe(422);
  expect(wrong.body).toContain('public Internet');
  // What is bound for nobody only owners lend.
  const others = await set('HOOK_RECEIVER', 'allow');
  expect(others.status).toBe(403);
  expect(others.body).toContain('Your role does not allow this');
  const made = await set('HOOK_RECEIVER__HOOKED', 'refuse');
  expectPage(made);
  expect(made.body).toMatch(/whsec_[\w+/=]{40,}/);
  const shown = async () => (await open(path, operator)).body;
  expect(await shown()).toContain('<code>HOOK_RECEIVER__HOOKED</code>');
  expectLedTo(await send({ form: 'try' }), `/realms/hooked${path}?done=works`);
  expect((await send({ form: 'delete' })).status).toBe(422);
  expectLedTo(
    await send({ form: 'delete', 'confirm.before.token': 'on' }),
    `/realms/hooked${path}?done=forgotten`,
  );
  expect(await shown()).not.toContain('<code>HOOK_RECEIVER__HOOKED</code>');
});
