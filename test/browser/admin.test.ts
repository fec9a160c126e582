import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { LANGUAGES } from '../../src/lib/language.ts';
import { fits, inspect, launchBrowser } from '../support/browser/browser.ts';
import { type Latchkey, linkIn, startLatchkey } from '../support/browser/latchkey.ts';
import { type OperatorBrowser, openDashboard } from '../support/browser/operator.ts';

const OWNER = 'ada@ops.example';
const PASSWORD = 'three lighthouses at dusk';
/** Of everybody whom the seed made. */
const SEEDED_PASSWORD = 'correct horse battery';
const BEFORE: Parameters<typeof startLatchkey>[2] = [
  ['seed', '--users', '400', '--days', '60', '--active', '0.2'],
  ['admin', OWNER, '--password', PASSWORD],
];

let latchkey: Latchkey;
let browser: Browser;
let desk: OperatorBrowser;
let operators = 0;

beforeAll(async () => {
  [latchkey, browser] = await Promise.all([startLatchkey({}, undefined, BEFORE), launchBrowser()]);
});

afterAll(async () => {
  await Promise.all([latchkey?.stop(), browser?.close()]);
});

beforeEach(async () => {
  desk = await openDashboard(latchkey, browser);
  await desk.go('/admin');
  await desk.signIn(OWNER, PASSWORD);
  expect(desk.path()).toBe('/admin');
});
afterEach(() => desk.context.close());

/** A user as nobody else has one, made by the operator; the page of the user is shown. */
async function makeUser(): Promise<string> {
  operators += 1;
  const email = `made${operators}@example.com`;
  await desk.go('/admin/users/new');
  await desk.page.getByLabel('Email address').fill(email);
  await desk.page.getByLabel('Password').fill(PASSWORD);
  await desk.press('Create user');
  expect(await desk.told()).toBe('The user is created.');
  return email;
}

/** Another browser, where that user has signed in. */
async function elsewhere(email: string, password = PASSWORD): Promise<OperatorBrowser> {
  const other = await openDashboard(latchkey, browser);
  await other.go('/login');
  await other.signIn(email, password);
  return other;
}

/** Sends the form of the dialog that is open, by the button in it. */
async function send(name: string): Promise<void> {
  await desk.page.locator('dialog[open]').getByRole('button', { name, exact: true }).click();
  await desk.page.waitForLoadState();
}

/** Opens a tab of the page that is shown. */
async function tab(name: string): Promise<void> {
  await desk.page.getByRole('navigation', { name: 'Parts of the page' }).getByRole('link', { name }).click();
}

const panel = (name: string | RegExp) => desk.page.getByRole('region', { name });

it('the overview has the numbers of the realm, and charts whose numbers can be read', async () => {
  const { page, look } = desk;
  expect(await desk.headline()).toBe('Overview');
  expect(
    await page
      .locator('dt', { hasText: /^Users$/ })
      .locator('+ dd')
      .textContent(),
  ).toBe('401');
  await look('overview');
  await page.getByRole('link', { name: /^Sign-ins/ }).click();
  const chart = page.getByRole('figure', { name: /^Sign-ins/ });
  // Of the page that the link leads to; waits for it, and for one only.
  await chart.getByRole('img', { name: /^Sign-ins over time: [\d,]+ in all/ }).waitFor();
  await chart.getByText('Show the numbers').click();
  expect(await chart.getByRole('row').count()).toBe(31);
  await page.getByRole('link', { name: '12 months' }).click();
  await chart.getByText('Show the numbers').click();
  expect(await chart.getByRole('row').count()).toBe(53);
  expect(await chart.getByRole('img', { name: /^Sign-ins/ }).count()).toBe(1);
  await look('overview-numbers');
  await page.getByRole('link', { name: 'Deutsch' }).click();
  expect(await desk.headline()).toBe('Überblick');
  await look('overview-de');
});

it('users are searched, filtered, sorted and paged', async () => {
  const { page, press, look } = desk;
  const rows = page.locator('tbody tr');
  await page.getByRole('link', { name: 'Users', exact: true }).click();
  expect(await desk.headline()).toBe('Users');
  await page.getByText('401 users').waitFor();
  await look('users');

  const perPage = await rows.count();
  const firstAddress = () => rows.first().getByRole('link').textContent();
  const first = await firstAddress();
  await page.getByRole('link', { name: 'Next page' }).click();
  await page.getByRole('link', { name: 'First page' }).waitFor();
  expect(await rows.count()).toBe(perPage);
  expect(await firstAddress()).not.toBe(first);
  await page.getByRole('link', { name: 'First page' }).click();
  expect(await firstAddress()).toBe(first);

  await page.locator('.filters').getByLabel('Search').fill('user39');
  await press('Search');
  // user39 and user390 to user399.
  await page.getByText('11 users').waitFor();
  await page.getByRole('link', { name: 'Email address' }).click();
  await page
    .getByRole('columnheader', { name: 'Email address' })
    .and(page.locator('[aria-sort=ascending]'))
    .waitFor();
  expect(await rows.first().textContent()).toContain('user390@seed.example');
  await page.getByRole('link', { name: 'Email address' }).click();
  expect(await rows.first().textContent()).toContain('user39@seed.example');

  await page.getByRole('link', { name: 'Show all' }).click();
  await page.getByText('More filters').click();
  await page.getByLabel('Status').selectOption('Suspended');
  await page.getByLabel('Joined on or after').fill('2020-01-01');
  await press('Search');
  expect(await page.getByText('Active', { exact: true }).count()).toBe(1);
  expect(await page.getByLabel('Status').inputValue()).toBe('suspended');
  await look('users-filtered');
  await page.locator('.filters').getByLabel('Search').fill('nobody at all');
  await press('Search');
  await page.getByText('No users found').waitFor();
  await look('users-none');
  await desk.go('/admin/users?sort=password');
  await look('users-refused');
});

it('several users are changed at once', async () => {
  const { page, press, look } = desk;
  await desk.go('/admin/users?q=user12&sort=email&order=asc');
  // Nobody is chosen, and there is nothing to do to nobody.
  expect(await page.getByRole('button', { name: 'Continue' }).isVisible()).toBe(false);
  for (const number of [12, 120, 121]) await page.getByLabel(`Choose user${number}@seed.example`).check();
  await look('users-chosen');
  await page.getByLabel('Reason').fill('Sent spam');
  await press('Continue');
  await page.getByRole('heading', { name: 'Suspend 3 users?' }).waitFor();
  await look('users-bulk-asked');
  await press('Suspend 3 users');
  expect(await desk.told()).toBe('Suspended: 3.');
  expect(desk.path()).toBe('/admin/users');
  expect(await page.locator('.filters').getByLabel('Search').inputValue()).toBe('user12');
  await look('users-bulk');
  const refused = await elsewhere('user120@seed.example', SEEDED_PASSWORD);
  expect(await refused.refused()).toContain('suspended');
  await refused.context.close();

  await page.getByLabel('Choose user120@seed.example').check();
  await page.getByLabel('Action').selectOption('Reactivate');
  await press('Continue');
  await press('Reactivate 1 user');
  expect(await desk.told()).toBe('Reactivated: 1.');
  const back = await elsewhere('user120@seed.example', SEEDED_PASSWORD);
  expect(back.path()).toBe('/account');
  await back.context.close();
});

it('all users of a page are chosen by one box, without scripts too', async () => {
  const { page, press } = desk;
  await desk.go('/admin/users?q=user13&sort=email&order=asc');
  await page.getByLabel('Choose all on this page').check();
  await press('Continue');
  await page.getByRole('heading', { name: 'Suspend 11 users?' }).waitFor();
  await page.getByRole('link', { name: 'Cancel' }).click();
  expect(await page.locator('.filters').getByLabel('Search').inputValue()).toBe('user13');
});

it('anything is found from every page: by the dialog of a script, and without by a page', async () => {
  const { page, press, look } = desk;
  await page.getByRole('link', { name: 'Search' }).click();
  expect(desk.path()).toBe('/admin/search');
  await page.getByRole('searchbox', { name: 'Search' }).fill('user39');
  await press('Search');
  expect(await page.getByRole('link', { name: /user39\d@seed\.example/ }).count()).toBe(6);
  await look('search');

  const scripted = await browser.newContext({ storageState: await desk.context.storageState() });
  const other = await scripted.newPage();
  await other.goto(`${latchkey.origin}/admin/plans`);
  await other.keyboard.press('Control+k');
  const box = other.getByRole('combobox', { name: 'Search' });
  await other.getByRole('option', { name: 'Overview' }).waitFor();
  expect(await box.evaluate((field: any) => field.matches(':focus'))).toBe(true);
  await box.fill('user7@');
  const found = other.getByRole('option', { name: /user7@seed\.example/ });
  await found.waitFor();
  expect(await found.getAttribute('aria-selected')).toBe('true');
  expect(await box.getAttribute('aria-activedescendant')).toBe(await found.getAttribute('id'));
  await inspect(other, 'admin-palette');
  await box.fill('webh');
  await other.getByRole('option', { name: 'Webhooks', exact: true }).waitFor();
  await other.keyboard.press('ArrowDown');
  expect(await other.getByRole('option', { name: 'New webhook' }).getAttribute('aria-selected')).toBe('true');
  await other.keyboard.press('ArrowUp');
  await other.keyboard.press('Enter');
  await other.waitForURL('**/admin/webhooks');
  await other.keyboard.press('Control+k');
  await other.keyboard.press('Escape');
  await box.waitFor({ state: 'hidden' });
  await scripted.close();
});

it('filters are kept by a name, and boxes are counted, by a script', async () => {
  const scripted = await browser.newContext({ storageState: await desk.context.storageState() });
  const page = await scripted.newPage();
  await page.goto(`${latchkey.origin}/admin/users?q=user14&sort=email&order=asc`);
  await page.getByLabel('Choose all on this page').check();
  await page.getByText('11 chosen').waitFor();
  await page.getByLabel('Choose user14@seed.example').uncheck();
  await page.getByText('10 chosen').waitFor();
  expect(await page.getByLabel('Choose all on this page').isChecked()).toBe(false);
  await page.getByRole('button', { name: 'Saved' }).click();
  await page.getByLabel('Name of this filter').fill('Fourteen');
  await page.keyboard.press('Enter');
  await page.goto(`${latchkey.origin}/admin/users`);
  await page.getByRole('button', { name: 'Saved' }).click();
  await page.getByRole('link', { name: 'Fourteen' }).click();
  await page.getByText('11 users').waitFor();
  await page.getByRole('button', { name: 'Saved' }).click();
  await inspect(page, 'admin-users-saved');
  await page.getByRole('button', { name: 'Remove: Fourteen' }).click();
  expect(await page.getByRole('link', { name: 'Fourteen' }).count()).toBe(0);
  await scripted.close();
});

it('a user is made by the keyboard alone', async () => {
  const { page, look } = desk;
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  expect(new URL(page.url()).hash).toBe('#content');
  await desk.go('/admin/users/new');
  await look('new-user');
  const email = page.getByLabel('Email address');
  for (let tabs = 0; !(await email.evaluate((field: any) => field.matches(':focus'))); tabs += 1) {
    expect(tabs).toBeLessThan(30);
    await page.keyboard.press('Tab');
  }
  await page.keyboard.type('user1@seed.example');
  await page.keyboard.press('Enter');
  await page.waitForLoadState();
  expect(await desk.refused()).toContain('already an account');
  await look('new-user-refused');
  // What was wrong has the focus, and leads to the field.
  expect(await page.getByRole('alert').evaluate((alert: any) => alert.matches(':focus'))).toBe(true);
  while (!(await email.evaluate((field: any) => field.matches(':focus')))) await page.keyboard.press('Tab');
  await page.keyboard.press('Control+a');
  await page.keyboard.type('grace@example.com');
  for (const typed of ['', 'Grace Hopper', 'grace-h']) {
    await page.keyboard.press('Tab');
    if (typed) await page.keyboard.type(typed);
  }
  await page.keyboard.press('Enter');
  await page.waitForURL('**/admin/users/usr_*');
  expect(await desk.told()).toBe('The user is created.');
  expect(await desk.headline()).toBe('Grace Hopper');
  await look('user-new');
  const { text } = await latchkey.messageTo('grace@example.com');
  expect(text).toContain('token=');
});

it('a user’s profile, plan, limits and credits are changed', async () => {
  const { page, press, look } = desk;
  await desk.go('/admin/users?q=user7@');
  await page.getByRole('link', { name: 'user7@seed.example' }).click();
  await look('user');
  await press('Edit profile');
  const profile = panel('Profile');
  await profile.getByLabel('Username').fill('user8');
  await press('Save');
  expect(await desk.refused()).toContain('Somebody else has this username');
  await look('user-profile-refused');
  await profile.getByLabel('Username').fill('ada.seven');
  await profile.getByLabel('Name', { exact: true }).fill('Ada <i>Seven</i>');
  await profile.getByLabel('Country').selectOption('Germany');
  await press('Save');
  expect(await desk.told()).toBe('Saved.');
  expect(await desk.headline()).toBe('Ada <i>Seven</i>');

  await tab('Plan and usage');
  await look('user-plan');
  const plan = panel('Plan');
  await press('Change the plan');
  await look('user-plan-asked');
  await plan.getByLabel('Plan', { exact: true }).selectOption('Enterprise');
  await plan.getByLabel(/^Until/).fill('2001-01-01');
  await send('Change the plan');
  await look('user-plan-refused');
  await plan.getByLabel(/^Until/).fill('2099-12-31');
  await send('Change the plan');
  expect(await desk.told()).toBe('The plan is changed.');
  await plan.getByText('2099').waitFor();
  await press('Change limits');
  await plan.getByLabel('Images, Per day').fill('many');
  await press('Save the limits');
  expect(await plan.getByLabel('Images, Per day').getAttribute('aria-invalid')).toBe('true');
  await look('user-limits-refused');
  await plan.getByLabel('Images, Per day').fill('7');
  await press('Save the limits');
  expect(await desk.told()).toBe('The limits are saved.');
  await panel('Usage')
    .getByRole('row', { name: /^Images/ })
    .getByRole('cell', { name: '7', exact: true })
    .waitFor();

  await tab('Credits');
  await look('user-credits');
  const credits = panel('Credits');
  await press('Adjust');
  await credits.getByLabel('Amount').fill('2.5');
  await credits.getByLabel('Reason').fill('Sorry for Tuesday');
  await send('Adjust');
  await look('user-credits-refused');
  await credits.getByLabel('Amount').fill('250');
  await send('Adjust');
  expect(await desk.told()).toBe('The credits are adjusted.');
  await credits.getByText('Sorry for Tuesday').waitFor();
  await page.getByRole('link', { name: 'Deutsch' }).click();
  await page.getByRole('heading', { name: 'Guthaben' }).waitFor();
  await look('user-de');
});

it('a user’s access is changed: address, password, sessions, role, and all of it', async () => {
  const { page, press, look } = desk;
  const email = await makeUser();
  const access = panel('Access');
  await page.getByText('Address not verified').waitFor();
  await tab('Access');
  await press('Mark the address as verified');
  await look('user-asked');
  await page.locator('dialog[open]').getByLabel('Reason').fill('Called');
  await send('Mark the address as verified');
  expect(await desk.told()).toBe('The address counts as verified.');

  const theirs = await elsewhere(email);
  await page.reload();
  await panel('Sessions (1)')
    .getByRole('button', { name: /^Sign out/ })
    .click();
  expect(await desk.told()).toBe('The session has ended.');
  await theirs.go('/account');
  expect(theirs.path()).toBe('/login');

  await press('Force a new password');
  await send('Force a new password');
  expect(await desk.told()).toBe('A link to set a new password is on its way.');
  await theirs.signIn(email, PASSWORD);
  expect(await theirs.refused()).toContain('password is wrong');
  await theirs.page.goto(linkIn(await latchkey.messageTo(email, /password/i)));
  await theirs.page.getByLabel('New password').fill('four lighthouses at dawn');
  await theirs.page.getByRole('button').last().click();

  await press('Change the role');
  await access.getByLabel('Role', { exact: true }).selectOption('Admin');
  await send('Change the role');
  expect(await desk.told()).toBe('The role is changed.');
  await theirs.go('/admin');
  await theirs.signIn(email, 'four lighthouses at dawn');
  expect(await theirs.headline()).toBe('Overview');
  await page.reload();
  await look('user-admin');

  await tab('Danger zone');
  await look('user-danger');
  await press('Suspend');
  await panel('Danger zone').getByLabel('Reason').first().fill('Left the company');
  await send('Suspend');
  expect(await desk.told()).toBe('The user is suspended.');
  await look('user-suspended');
  await theirs.page.getByRole('link', { name: 'Users', exact: true }).click();
  expect(theirs.path()).toBe('/login');
  await theirs.signIn(email, 'four lighthouses at dawn');
  expect(await theirs.refused()).toContain('suspended');
  await theirs.context.close();

  const deletion = panel('Danger zone');
  await press('Delete the user');
  await deletion.getByLabel(/to confirm/).fill('somebody@example.com');
  await send('Delete the user');
  expect(await desk.refused()).toContain('not the email address');
  await look('user-delete-refused');
  await deletion.getByLabel(/to confirm/).fill(email);
  await send('Delete the user');
  expect(await desk.told()).toBe('The user is deleted.');
  await page.locator('.filters').getByLabel('Search').fill(email);
  await press('Search');
  await page.getByText('No users found').waitFor();
});

it('nobody else comes in, and nobody undoes themselves', async () => {
  const stranger = await openDashboard(latchkey, browser);
  await stranger.go('/admin/users?status=active');
  expect(stranger.path()).toBe('/login');
  await stranger.signIn('user2@seed.example', SEEDED_PASSWORD);
  // Led to where they were going, which is not for them.
  expect(stranger.path()).toBe('/admin/users');
  expect(await stranger.headline()).toBe('This is not for your account');
  await stranger.look('refused');
  await stranger.context.close();

  await desk.go(`/admin/users?q=${OWNER}`);
  await desk.page.getByRole('link', { name: OWNER }).last().click();
  for (const name of ['Access', 'Danger zone']) {
    await tab(name);
    await desk.page.getByText('This is your own account.').waitFor();
  }
  expect(await desk.page.getByRole('button', { name: /Suspend|Delete/ }).count()).toBe(0);
  await desk.look('user-self');
  await desk.press(/^Signed in/);
  await desk.press('Sign out');
  await desk.go('/admin');
  expect(desk.path()).toBe('/login');
});

it('every page fits the narrowest screen, whatever the language', async () => {
  const { page } = desk;
  const pathsOf = async (menuOf: string) => {
    await desk.go(menuOf);
    const links = await page
      .locator('nav a[href^="/"]')
      .evaluateAll((found) => found.map((link) => (link as unknown as { pathname: string }).pathname));
    return new Set(links);
  };
  const menus = [...(await pathsOf('/account')), ...(await pathsOf('/admin'))];
  await desk.go('/admin/users?role=user');
  const user = await page.locator('tbody a[href*="/admin/users/"]').first().getAttribute('href');
  const tabs = ['access', 'plan', 'credits', 'activity', 'danger'];
  const parts = [
    ...['/account/passkeys/add', `${user}`, '/admin/users/new', '/admin/realms/default', '/admin/plans/free'],
    ...tabs.map((name) => `${user}?tab=${name}`),
    ...['policy', 'keys'].map((name) => `/admin/realms/default?tab=${name}`),
    ...['keys', 'clients', 'webhooks', 'organizations'].map((name) => `/admin/${name}?dialog=create`),
  ];
  const guest = await openDashboard(latchkey, browser);
  const entries = [
    '/login',
    '/register',
    '/forgot-password',
    '/login/code',
    '/login/link',
    '/reset-password',
  ];
  expect(menus.length).toBeGreaterThan(25);
  for (const language of LANGUAGES) {
    for (const [by, paths] of [
      [desk, [...menus, ...parts]],
      [guest, entries],
    ] as const) {
      for (const path of paths) {
        await by.go(`${path}${path.includes('?') ? '&' : '?'}ui_locales=${language}`);
        expect(await by.page.locator('html').getAttribute('lang'), path).toBe(language);
        await fits(by.page, `${path} in ${language}`);
      }
    }
  }
  await guest.context.close();
}, 240_000);
