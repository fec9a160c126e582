import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { ConfigError } from '../../src/config/variable.ts';
import { parseProviders } from '../../src/oauth/provider-settings.ts';
import { PROVIDERS } from '../../src/oauth/registry.ts';
import { Binding } from '../../src/rpc/binding.ts';
import { parseWorkerConfig } from '../../src/worker-config.ts';
import { loadWorker } from '../support/worker.ts';

const GOOD = {
  ORIGIN: 'https://auth.example.com',
  AUTH_SECRET: 'kGm2v0Qx7pTz4LwYc9RbN3sUeJ6hDfA8',
  MAIL_PROVIDER: 'resend',
  MAIL_FROM: 'accounts@example.com',
  RESEND_API_KEY: 're_123',
};

/** The message for a configuration that must not pass. */
function complaint(change: Record<string, unknown>): string {
  try {
    parseWorkerConfig({ ...GOOD, ...change });
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error('accepted');
}

it('fills in defaults and parses numbers', () => {
  expect(parseWorkerConfig({ ...GOOD, RATE_LIMIT_SIGN_IN: '7' })).toMatchObject({
    ORIGIN: GOOD.ORIGIN,
    AUTH_SECRET: GOOD.AUTH_SECRET,
    ENVIRONMENT: 'production',
    RATE_LIMIT_SIGN_IN: 7,
    RATE_LIMIT_GENERAL: 1000,
    SIGNING_KEY_ROTATION_DAYS: 90,
    mail: { name: 'resend', common: { MAIL_FROM: GOOD.MAIL_FROM } },
    texts: { name: 'none', common: {} },
    signIn: [],
  });
});

it('has no bootstrap key unless it is given one', () => {
  for (const INTERNAL_API_KEY of [undefined, '']) {
    expect(parseWorkerConfig({ ...GOOD, INTERNAL_API_KEY }).INTERNAL_API_KEY).toBeUndefined();
  }
});

describe('where the log goes', () => {
  const destination = (change: Record<string, unknown>) =>
    parseWorkerConfig({ ...GOOD, ...change }).logDestination;

  it.each([
    [{}, null],
    [{ LOG_SINK: 'tcp://logs.example.com:5000' }, { port: 5000, tls: false, format: 'json' }],
    [{ LOG_SINK: 'tls://logs.example.com:5001' }, { port: 5001, tls: true, format: 'json' }],
    [{ LOG_SINK: 'syslog://logs.example.com' }, { port: 601, tls: false, format: 'syslog' }],
    [{ LOG_SINK: 'syslog+tls://logs.example.com' }, { port: 6514, tls: true, format: 'syslog' }],
    [
      { LOG_SINK: 'https://logs.example.com/in?a=1' },
      { url: 'https://logs.example.com/in?a=1', format: 'json' },
    ],
    [{ LOG_SINK: 'https://logs.example.com/loki/api/v1/push' }, { format: 'loki', authorization: null }],
    [{ LOG_SINK: 'https://a.example', LOG_SINK_TOKEN: 't' }, { authorization: 'Bearer t' }],
    [{ LOG_SINK: 'https://a.example', LOG_SINK_TOKEN: 'me:pw' }, { authorization: 'Basic bWU6cHc=' }],
    [{ SYSLOG_HOST: '172.17.0.1' }, { hostname: '172.17.0.1', port: 5141, tls: false, format: 'json' }],
    [
      { SYSLOG_HOST: '::1', JSON_LOGS: 'False', ENABLE_LOGSTASH: 'True' },
      { hostname: '::1', format: 'syslog' },
    ],
    [{ SYSLOG_HOST: '172.17.0.1', ENABLE_LOGSTASH: 'False' }, null],
    [{ SYSLOG_HOST: '172.17.0.1', LOG_SINK: 'tcp://a.example:1' }, { hostname: 'a.example' }],
  ] as const)('%j', (change, expected) => {
    if (expected === null) expect(destination(change)).toBeNull();
    else expect(destination(change)).toMatchObject(expected);
  });

  it.each([
    [{ LOG_SINK: 'tcp://logs.example.com' }, 'LOG_SINK must name a port'],
    [{ LOG_SINK: 'logs.example.com:5000' }, 'LOG_SINK must'],
    [{ LOG_SINK: 'udp://logs.example.com:514' }, 'LOG_SINK must begin with'],
    [{ LOG_SINK: 'http://logs.example.com' }, 'LOG_SINK must begin with'],
    [{ LOG_SINK: 'https://me:secret@logs.example.com' }, 'LOG_SINK must hold no credentials'],
    [{ ENABLE_LOGSTASH: 'true' }, 'SYSLOG_HOST is missing (ENABLE_LOGSTASH is true)'],
    [{ SYSLOG_HOST: 'a b' }, 'SYSLOG_HOST must be a host'],
    [{ SERVICE_NAME: 'two words' }, 'SERVICE_NAME must be'],
    [{ LOG_SINK_TOKEN: 'a\r\nb' }, 'LOG_SINK_TOKEN must be'],
  ])('refuses %j', (change, message) => {
    expect(complaint(change)).toContain(message);
  });
});

describe('a configuration that cannot work', () => {
  it('is refused with the name of what is wrong, and no value', () => {
    expect(complaint({ AUTH_SECRET: undefined })).toContain('AUTH_SECRET is missing (a secret)');
    expect(complaint({ AUTH_SECRET: '' })).toContain('AUTH_SECRET is missing');
    expect(complaint({ AUTH_SECRET: 'short' })).toMatch(/AUTH_SECRET must have at least 32 characters/);
    expect(complaint({ AUTH_SECRET: 'x'.repeat(64) })).toContain('AUTH_SECRET is too regular to be random');
    expect(complaint({ AUTH_SECRET_PREVIOUS: `${GOOD.AUTH_SECRET},short` })).toMatch(
      /AUTH_SECRET_PREVIOUS must have at least 32 characters/,
    );
    expect(complaint({ AUTH_SECRET: 'hunter2hunter2' })).not.toContain('hunter2');
    expect(complaint({ INTERNAL_API_KEY: 'a'.repeat(31) })).toContain(
      'INTERNAL_API_KEY must have at least 32',
    );
    expect(complaint({ INTERNAL_API_KEY: 'a'.repeat(32) })).toContain('INTERNAL_API_KEY is too regular');
    expect(complaint({ ORIGIN: undefined })).toContain('ORIGIN is missing');
    expect(complaint({ ORIGIN: 'https://auth.example.com/' })).toContain('ORIGIN must be an origin');
    expect(complaint({ ORIGIN: 'http://auth.example.com' })).toContain('ORIGIN must be https');
    expect(complaint({ ENVIRONMENT: 'staging' })).toContain('ENVIRONMENT');
    expect(complaint({ RATE_LIMIT_SIGN_IN: '0' })).toContain('RATE_LIMIT_SIGN_IN must be from 1 to 100000');
    expect(complaint({ RATE_LIMIT_SIGN_IN: 'many' })).toContain('RATE_LIMIT_SIGN_IN must be a whole number');
  });

  it('names what the chosen provider needs', () => {
    expect(complaint({ RESEND_API_KEY: '' })).toContain(
      'RESEND_API_KEY is missing (MAIL_PROVIDER is resend)',
    );
    expect(complaint({ MAIL_PROVIDER: 'smtp' })).toContain('SMTP_HOST is missing (MAIL_PROVIDER is smtp)');
    expect(complaint({ MAIL_PROVIDER: 'cloudflare' })).toContain('EMAIL is missing');
    expect(complaint({ SMS_PROVIDER: 'twilio' })).toMatch(
      /TWILIO_AUTH_TOKEN[\s\S]*SMS_CALLING_CODES is missing/,
    );
    expect(complaint({ SMS_CALLING_CODES: '49' })).toContain('SMS_CALLING_CODES must list calling codes');
    expect(parseWorkerConfig({ ...GOOD, SMS_CALLING_CODES: '+49,+44' }).texts.common).toEqual({
      SMS_CALLING_CODES: ['+49', '+44'],
    });
  });

  it('has half a sign-in provider', () => {
    expect(complaint({ GITHUB_CLIENT_ID: 'x' })).toContain(
      'GITHUB_CLIENT_SECRET is missing (github is switched on)',
    );
    expect(complaint({ APPLE_CLIENT_ID__ACME: 'x', APPLE_TEAM_ID: 'x' })).toMatch(
      /APPLE_CLIENT_ID is missing[\s\S]*APPLE_TEAM_ID__ACME is missing/,
    );
    expect(complaint({ OIDC_PROVIDERS: 'acme-sso' })).toMatch(
      /OIDC_ACME_SSO_ISSUER is missing \(acme-sso[\s\S]*OIDC_ACME_SSO_CLIENT_SECRET is missing/,
    );
    for (const ids of ['google', 'Acme', 'a_b', '../x']) {
      expect(complaint({ OIDC_PROVIDERS: ids })).toContain('OIDC_PROVIDERS must list ids');
    }
    const apple = {
      APPLE_CLIENT_ID: 'x',
      APPLE_TEAM_ID: 'x',
      APPLE_KEY_ID: 'x',
      APPLE_PRIVATE_KEY: 'hunter2',
    };
    expect(complaint(apple)).toContain('APPLE_PRIVATE_KEY must be a private key in PEM');
    expect(complaint(apple)).not.toContain('hunter2');
    const google = { GOOGLE_CLIENT_ID: 'x', GOOGLE_CLIENT_SECRET: 'hunter2' };
    for (const url of ['http://evil.example', 'javascript:x', 'x']) {
      const message = complaint({ ...google, GOOGLE_TOKEN_ENDPOINT: url });
      expect(message).toContain('GOOGLE_TOKEN_ENDPOINT must be an https URL');
      expect(message).not.toContain('hunter2');
      expect(complaint({ ...google, GOOGLE_REDIRECT_URI: url })).toContain(
        'GOOGLE_REDIRECT_URI must be an https URL',
      );
    }
  });

  it('would deliver nothing in production', () => {
    expect(complaint({ MAIL_PROVIDER: 'dev' })).toContain('MAIL_PROVIDER is dev, which delivers nothing');
    expect(complaint({ MAIL_PROVIDER: undefined })).toContain('MAIL_PROVIDER is dev');
    expect(
      parseWorkerConfig({ ...GOOD, MAIL_PROVIDER: undefined, ENVIRONMENT: 'development' }).mail.name,
    ).toBe('dev');
  });

  it('names all that is wrong at once', () => {
    const message = complaint({ ORIGIN: undefined, AUTH_SECRET: 'short', ENVIRONMENT: 'x' });
    for (const name of ['ORIGIN', 'AUTH_SECRET', 'ENVIRONMENT']) expect(message).toContain(name);
  });

  it.each([
    ['AUTH_SECRET', { AUTH_SECRET: 'short' }, 'AUTH_SECRET must have at least 32 characters'],
    // Nothing that an isolate starts with acts through it.
    ['AUDIT_STREAM', { AUDIT_STREAM: 'r2' }, 'AUDIT_STREAM is r2: bind a bucket as AUDIT'],
  ])(
    'makes every request fail for %s with a problem that names nothing, and a log line that does',
    async (_, variables, line) => {
      for (const path of ['/v1/auth/session', '/v1/health', '/login', '/api/auth/login']) {
        const { default: worker } = await loadWorker();
        const log = vi.spyOn(console, 'error').mockImplementation(() => {});
        const request = new Request(`https://auth.test${path}`) as Request<
          unknown,
          IncomingRequestCfProperties
        >;
        const response = await worker.fetch(
          request,
          { ...env, ...variables } as never,
          createExecutionContext(),
        );
        expect(response.status).toBe(500);
        expect(await response.json()).toEqual({
          type: 'about:blank',
          title: 'The service is not configured',
          status: 500,
          code: 'misconfigured',
          detail: expect.stringContaining('start Latchkey with `npm start`'),
        });
        expect(log.mock.calls.flat().join()).toContain(line);
        log.mockRestore();
      }
    },
  );
});

it('tells a Worker that is bound to it the same, and what to do in development', async () => {
  const error = vi.spyOn(console, 'error').mockImplementation(() => {});
  const info = vi.spyOn(console, 'log').mockImplementation(() => {});
  const binding = new Binding(
    () => {
      throw new ConfigError(['ORIGIN is missing']);
    },
    { scopes: ['users:read'] },
  );
  const method = { name: 'any', scope: null, schema: z.string(), work: async () => 'done' };
  expect(await binding.call(method, 'x')).toEqual({
    ok: false,
    error: {
      code: 'misconfigured',
      status: 500,
      title: 'The service is not configured',
      detail: expect.stringMatching(
        /start Latchkey with `npm start`, beside the `wrangler dev` of another Worker/,
      ),
    },
  });
  expect(error.mock.calls.flat().join()).toContain('ORIGIN is missing');
  error.mockRestore();
  info.mockRestore();
});

it('switches sign-in providers on by their credentials, realm by realm', () => {
  const { signIn } = parseWorkerConfig({
    ...GOOD,
    GOOGLE_CLIENT_ID: 'default-id',
    GOOGLE_CLIENT_SECRET: 'default-secret',
    GOOGLE_TOKEN_ENDPOINT: 'http://127.0.0.1:1/token',
    GOOGLE_CLIENT_ID__ACME_EU: 'acme-id',
    GOOGLE_CLIENT_SECRET__ACME_EU: 'acme-secret',
    OIDC_PROVIDERS__ACME_EU: 'acme-sso, other',
    OIDC_ACME_SSO_ISSUER__ACME_EU: 'https://sso.acme.example',
    OIDC_ACME_SSO_CLIENT_ID__ACME_EU: 'x',
    OIDC_ACME_SSO_CLIENT_SECRET__ACME_EU: 'y',
    OIDC_OTHER_ISSUER__ACME_EU: 'https://other.example/{tenantid}',
    OIDC_OTHER_CLIENT_ID__ACME_EU: 'x',
    OIDC_OTHER_CLIENT_SECRET__ACME_EU: 'y',
    OIDC_OTHER_NAME__ACME_EU: 'The other',
    GITHUB_CLIENT_ID: '',
  });
  const shown = signIn.map(({ realmId, id, provider, values }) => [
    realmId,
    id,
    provider?.name,
    values.CLIENT_ID,
    values.TOKEN_ENDPOINT,
    values.NAME,
  ]);
  expect(shown).toEqual([
    ['default', 'google', 'Google', 'default-id', 'http://127.0.0.1:1/token', undefined],
    ['acme-eu', 'google', 'Google', 'acme-id', 'http://127.0.0.1:1/token', undefined],
    ['acme-eu', 'acme-sso', undefined, 'x', undefined, undefined],
    ['acme-eu', 'other', undefined, 'x', undefined, 'The other'],
  ]);
});

it('a callback URL is for the realm of its credentials only', () => {
  const providers = parseProviders(PROVIDERS, {
    GITHUB_CLIENT_ID: 'x',
    GITHUB_CLIENT_SECRET: 'x',
    GITHUB_REDIRECT_URI: 'https://auth.example.com/api/oauth/callback/github',
    GITHUB_CLIENT_ID__ACME: 'y',
    GITHUB_CLIENT_SECRET__ACME: 'y',
  });
  expect(providers.map(({ realmId, values }) => [realmId, values.REDIRECT_URI])).toEqual([
    ['default', 'https://auth.example.com/api/oauth/callback/github'],
    ['acme', undefined],
  ]);
});
