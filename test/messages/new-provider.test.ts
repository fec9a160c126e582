import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { documentChoice, parseChoice } from '../../src/config/provider.ts';
import { DeliveryError } from '../../src/messages/delivery.ts';
import { createMailProvider, MAIL } from '../../src/messages/mail-registry.ts';
import { createTextProvider, TEXTS } from '../../src/messages/text-registry.ts';
import { documentProviders, parseProviders } from '../../src/oauth/provider-settings.ts';
import { PROVIDERS, Providers } from '../../src/oauth/registry.ts';
import { linkedin, postmark, vonage } from '../support/new-providers.ts';

// Each is its file and one more entry in the registry's list: all else has to follow from that.

afterEach(() => vi.restoreAllMocks());

const namesOf = (rows: { name: string }[]) => rows.map(({ name }) => name);

/** Answers every request with a status; gives the requests. */
function answering(status: number): Request[] {
  const requests: Request[] = [];
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    requests.push(new Request(input as string, init as RequestInit));
    return new Response('{}', { status });
  });
  return requests;
}

describe('a new provider of mail', () => {
  const choice = { ...MAIL, providers: [...MAIL.providers, postmark] };
  const chosen = (given: Record<string, unknown>) =>
    parseChoice(choice, { MAIL_PROVIDER: 'postmark', MAIL_FROM: 'a@example.com', ...given });
  const mail = {
    from: { address: 'a@example.com', name: 'A' },
    to: 'ada@example.net',
    subject: 'Hello',
    html: '<p>Hello</p>',
    text: 'Hello',
    idempotencyKey: 'msg_1',
  };

  it('can be chosen, and what it requires is named when it is missing', () => {
    expect(chosen({ POSTMARK_TOKEN: 'x' }).name).toBe('postmark');
    expect(() => chosen({})).toThrow('POSTMARK_TOKEN is missing (MAIL_PROVIDER is postmark)');
    expect(() => chosen({ MAIL_FROM: undefined })).toThrow(
      'MAIL_FROM is missing (MAIL_PROVIDER is postmark)',
    );
    expect(() => chosen({ POSTMARK_TOKEN: 'hunter2', POSTMARK_URL: 'x' })).toThrow(
      /POSTMARK_URL (?!.*hunter2)/,
    );
    expect(() => parseChoice(MAIL, { MAIL_PROVIDER: 'postmark' })).toThrow('MAIL_PROVIDER');
  });

  it('sends, guarded like every other', async () => {
    const provider = createMailProvider(chosen({ POSTMARK_TOKEN: 'x' }), { DB: env.DB });
    const requests = answering(200);
    await provider.send(mail);
    expect(requests.map(({ url }) => url)).toEqual(['https://api.postmarkapp.com/email']);
    await expect(provider.send({ ...mail, subject: 'a\r\nBcc: b' })).rejects.toThrow(DeliveryError);
    expect(requests).toHaveLength(1);
    answering(401);
    await expect(provider.send(mail)).rejects.toMatchObject({
      permanent: false,
      message: 'provider refused the credentials',
    });
  });

  it('is documented', () => {
    const rows = documentChoice(choice);
    expect(rows[0]).toMatchObject({
      name: 'MAIL_PROVIDER',
      doc: expect.stringContaining('`postmark`: Postmark'),
    });
    expect(rows[1]).toMatchObject({ name: 'MAIL_FROM', doc: expect.stringContaining('`postmark`') });
    expect(rows.slice(-2)).toEqual([
      {
        name: 'POSTMARK_TOKEN',
        unlessSet: 'required, secret',
        secret: true,
        doc: 'For `postmark`: the token of the server.',
      },
      { name: 'POSTMARK_URL', unlessSet: '`https://api.postmarkapp.com`', doc: 'For `postmark`: its API.' },
    ]);
  });
});

describe('a new provider of text messages', () => {
  const choice = { ...TEXTS, providers: [...TEXTS.providers, vonage] };

  it('can be chosen, sends to numbers in E.164 only, and is documented', async () => {
    const given = { SMS_PROVIDER: 'vonage', SMS_CALLING_CODES: '+49' };
    expect(() => parseChoice(choice, given)).toThrow('VONAGE_API_KEY is missing (SMS_PROVIDER is vonage)');
    expect(() => parseChoice(choice, { SMS_PROVIDER: 'vonage', VONAGE_API_KEY: 'x' })).toThrow(
      'SMS_CALLING_CODES is missing (SMS_PROVIDER is vonage)',
    );
    const provider = createTextProvider(parseChoice(choice, { ...given, VONAGE_API_KEY: 'x' }), {
      DB: env.DB,
    });
    const requests = answering(200);
    const message = { to: '+4915550000001', text: 'Hello', idempotencyKey: 'msg_1' };
    await provider?.send(message);
    await expect(provider?.send({ ...message, to: '0155' })).rejects.toThrow(DeliveryError);
    expect(requests).toHaveLength(1);
    expect(namesOf(documentChoice(choice))).toContain('VONAGE_API_KEY');
  });
});

describe('a new provider of sign-in', () => {
  const all = [...PROVIDERS, linkedin];
  const variables = { LINKEDIN_CLIENT_ID__ACME: 'id', LINKEDIN_CLIENT_SECRET__ACME: 'secret' };
  const acme = { id: 'acme', issuer: 'https://auth.test/realms/acme' } as Parameters<Providers['get']>[0];

  it('is switched on in a realm by its variables, and offered there', async () => {
    const providers = new Providers(parseProviders(all, variables));
    expect(providers.list('acme')).toEqual([{ id: 'linkedin', name: 'LinkedIn' }]);
    expect(providers.list('default')).toEqual([]);
    expect(await providers.get(acme, 'linkedin')).toMatchObject({
      provider: linkedin,
      endpoints: linkedin.endpoints,
      clientId: 'id',
      redirectUri: 'https://auth.test/realms/acme/v1/oauth/linkedin/callback',
    });
    expect(parseProviders(PROVIDERS, variables)).toEqual([]);
  });

  it('is named when it lacks a variable, reserves its id, and is documented', () => {
    expect(() => parseProviders(all, { LINKEDIN_CLIENT_ID: 'x' })).toThrow(
      'LINKEDIN_CLIENT_SECRET is missing (linkedin is switched on)',
    );
    expect(() => parseProviders(all, { OIDC_PROVIDERS: 'linkedin' })).toThrow('OIDC_PROVIDERS must list ids');
    expect(documentProviders(all)).toContainEqual({
      name: 'LINKEDIN_CLIENT_ID',
      unlessSet: 'unset',
      doc: 'Switches on sign-in with LinkedIn: the client id. From LinkedIn, *My apps*.',
    });
  });
});
