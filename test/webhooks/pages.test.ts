import { beforeAll, describe, expect, it } from 'vitest';
import { changeDirectory, register } from '../support/api.ts';
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

beforeAll(async () => {
  realm = await realmOfItsOwn();
  const who = await visitor({}, { realm });
  await changeDirectory(who.user.user.id, { role: 'admin' });
  admin = { ...who, cookie: await cookieOf(who.user, { realm }) };
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
  const wrong = await submit(
    path,
    { form: 'hook', hook: 'before.token', at: 'https://10.0.0.1/', on_failure: 'allow' },
    admin,
  );
  expect(wrong.status).toBe(422);
  expect(wrong.body).toContain('public Internet');
  const made = await submit(
    path,
    { form: 'hook', hook: 'before.token', at: 'HOOK_RECEIVER', on_failure: 'refuse' },
    admin,
  );
  expectPage(made);
  expect(made.body).toMatch(/whsec_[\w+/=]{40,}/);
  const list = await bodyOf(path);
  expect(list).toContain('HOOK_RECEIVER');
  expectLedTo(
    await submit(path, { form: 'try', hook: 'before.token' }, admin),
    `/realms/${realm}${path}?done=works`,
  );
  const unsure = await submit(path, { form: 'delete', hook: 'before.token' }, admin);
  expect(unsure.status).toBe(422);
  const sure = { form: 'delete', hook: 'before.token', 'confirm.before.token': 'on' };
  expectLedTo(await submit(path, sure, admin), `/realms/${realm}${path}?done=forgotten`);
  expect(await bodyOf(path)).not.toContain('<code>HOOK_RECEIVER</code>');
});
