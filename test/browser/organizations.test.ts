import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fits, inspect, launchBrowser, screenshots } from '../support/browser/browser.ts';
import { type Latchkey, linkIn, startLatchkey } from '../support/browser/latchkey.ts';
import { type BrowserVisitor, openVisitor, PASSWORD } from '../support/browser/visitor.ts';

let latchkey: Latchkey;
let browser: Browser;

beforeAll(async () => {
  [latchkey, browser] = await Promise.all([startLatchkey(), launchBrowser()]);
  await latchkey.realm(
    'create',
    'acme',
    '--name',
    'Acme & Sons',
    '--organization-role',
    'editor=articles:write',
  );
});
afterAll(() => Promise.all([latchkey?.stop(), browser?.close()]));

describe.each([
  ['with scripts', '', true],
  ['without, in another realm', '/realms/acme', false],
])('organizations %s', (_, base, javaScriptEnabled) => {
  const look = (name: string, { page }: BrowserVisitor) =>
    javaScriptEnabled
      ? inspect(page, `organizations-${name}`)
      : fits(page, name).then(() => screenshots(page, `acme-organizations-${name}`));
  const mail = (who: string) => `${who}${javaScriptEnabled ? 1 : 2}@example.com`;
  /** Presses a button that asks first, and says so. */
  const confirm = async ({ page }: BrowserVisitor, open: string, button = open) => {
    await page.getByRole('button', { name: open, exact: true }).first().click();
    await page.getByRole('dialog').getByRole('button', { name: button, exact: true }).click();
  };

  it('are made, joined by invitation, chosen, handed over, left and deleted', async () => {
    const ada = await openVisitor(latchkey, browser, { javaScriptEnabled });
    await ada.register(mail('ada'), base);
    await ada.go(`${base}/account/organizations`);
    expect(await ada.headline()).toBe('Organizations');
    await look('none', ada);
    await ada.page.getByLabel('Name', { exact: true }).fill('Analytical Engines');
    await ada.page.getByLabel('Short name').fill('No Such Name!');
    await ada.press('Create organization');
    await ada.page.getByRole('alert').waitFor();
    await look('refused', ada);
    await ada.page.getByLabel('Short name').fill('engines');
    await ada.press('Create organization');
    expect(await ada.said()).toContain('The organization is created.');
    const [own] = /org_\w+/.exec(ada.page.url()) ?? [];

    await ada.page.getByLabel('Email address').fill(mail('grace'));
    await ada.page.getByLabel('Role', { exact: true }).selectOption('admin');
    await ada.press('Send invitation');
    expect(await ada.said()).toContain('The invitation is on its way.');
    await look('one', ada);

    const grace = await openVisitor(latchkey, browser, { javaScriptEnabled });
    const invitation = await latchkey.messageTo(mail('grace'), /to “Analytical Engines”/);
    await grace.page.goto(linkIn(invitation));
    expect(await grace.headline()).toBe('Join Analytical Engines');
    await look('invitation', grace);
    await grace.page.getByRole('link', { name: 'Create an account' }).click();
    await grace.page.getByLabel('Email address').fill(mail('grace'));
    await grace.page.getByLabel('Password').fill(PASSWORD);
    await grace.press('Create account');
    await grace.page.goto(linkIn(await latchkey.messageTo(mail('grace'), /Welcome|Confirm/)));
    await grace.press('This is my account');
    await grace.page.goto(linkIn(invitation));
    await look('accept', grace);
    await grace.press('Accept invitation');
    expect(await grace.said()).toContain('You are a member now.');
    await grace.page.goto(linkIn(invitation));
    expect(await grace.headline()).toBe('This invitation is over');

    // Somebody else, by the link of another's invitation.
    await ada.go(`${base}/account/organizations`);
    await ada.press('Switch to Analytical Engines');
    expect(await ada.said()).toContain('You act for this organization now.');
    await look('list', ada);
    // The header says so on every page, and leads back.
    await ada.go(`${base}/account/security`);
    await ada.page.getByRole('button', { name: 'You act for: Analytical Engines' }).click();
    await look('switch', ada);
    await ada.page.getByRole('button', { name: 'Yourself', exact: true }).click();
    expect(await ada.said()).toContain('You act for yourself now.');

    await ada.go(`${base}/account/organizations/${own}`);
    await ada.page.getByLabel('Domain', { exact: true }).fill('engines.example');
    await ada.press('Add domain');
    expect(await ada.said()).toContain('The domain is added.');
    await look('domain', ada);
    await ada.press('Hand over the organization');
    expect(await ada.said()).toContain('The organization has another owner.');
    await confirm(ada, 'Leave organization');
    expect(await ada.said()).toContain('You have left the organization.');
    await ada.page.goto(`${latchkey.origin}${base}/account/organizations/${own}`);
    expect(await ada.headline()).not.toContain('Organizations');

    await grace.go(`${base}/account/organizations/${own}`);
    await confirm(grace, 'Delete organization');
    expect(await grace.said()).toContain('The organization is deleted.');
    await Promise.all([ada.context.close(), grace.context.close()]);
  });
});
