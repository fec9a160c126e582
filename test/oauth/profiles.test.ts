import { decodeProtectedHeader, exportPKCS8, generateKeyPair, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { apple } from '../../src/oauth/providers/apple.ts';
import { discord } from '../../src/oauth/providers/discord.ts';
import { gitlab } from '../../src/oauth/providers/gitlab.ts';
import { google } from '../../src/oauth/providers/google.ts';
import { microsoft } from '../../src/oauth/providers/microsoft.ts';

// Of Discord and GitLab there is no emulator: their answers are written from their documentation.

it('understands Discord', async () => {
  const answer = {
    id: '80351110224678912',
    username: 'nelly',
    global_name: 'Nelly',
    avatar: '8342729096ea3675442027381ff50dfe',
    email: 'nelly@discord.example',
    verified: true,
    locale: 'en-US',
  };
  const claims = await discord.readClaims?.(async () => answer, discord.endpoints, {});
  expect(discord.profile(claims ?? {})).toEqual({
    subject: '80351110224678912',
    email: 'nelly@discord.example',
    emailVerified: true,
    name: 'Nelly',
    givenName: null,
    familyName: null,
    picture: 'https://cdn.discordapp.com/avatars/80351110224678912/8342729096ea3675442027381ff50dfe.png',
    locale: 'en-US',
  });
  expect(discord.profile({ ...answer, email: null, verified: false, avatar: null })).toMatchObject({
    email: null,
    emailVerified: false,
    picture: null,
  });
  await expect(
    discord.readClaims?.(async () => ({ message: 'no' }), discord.endpoints, {}),
  ).rejects.toThrow();
});

describe('GitLab, and any OpenID provider', () => {
  const token = { sub: '42', email: 'ada@gitlab.example', email_verified: true };
  const read = (said: object, claims: object = token) =>
    gitlab.readClaims?.(async () => said, gitlab.endpoints, { ...claims });

  it('adds what only the userinfo endpoint says', async () => {
    expect(await read({ sub: '42', name: 'Ada', email: 'ada@gitlab.example' })).toEqual({
      ...token,
      name: 'Ada',
    });
  });

  it('does not take the word of another user for it', async () => {
    expect(await read({ sub: '43', name: 'Mallory' })).toEqual(token);
  });

  it('does not verify one address by another', async () => {
    const unverified = { sub: '42', email: 'ada@gitlab.example' };
    const said = { sub: '42', email: 'mallory@gitlab.example', email_verified: true };
    expect(await read(said, unverified)).toEqual(unverified);
  });

  it('takes the word for the same address in another case, and for one that the token leaves out', async () => {
    const said = { sub: '42', email: 'ada@gitlab.example', email_verified: true, name: 'Ada' };
    expect(await read(said, { sub: '42', email: 'Ada@GitLab.example' })).toEqual({
      ...said,
      email: 'Ada@GitLab.example',
    });
    expect(await read(said, { sub: '42' })).toEqual(said);
    // What the token says goes before.
    expect(await read(said, { ...token, email_verified: false })).toMatchObject({ email_verified: false });
  });

  it('does not ask when the ID token says all', async () => {
    const claims = { ...token, name: 'Ada' };
    const read = () => Promise.reject(new Error('asked'));
    expect(await gitlab.readClaims?.(read, gitlab.endpoints, claims)).toEqual(claims);
  });
});

describe('Microsoft', () => {
  const claims = {
    sub: 's',
    tid: '11111111-2222-3333-4444-555555555555',
    email: 'ada@example.com',
    email_verified: true,
  };

  it('vouches for an address only when the owner of its domain is verified', () => {
    expect(microsoft.profile(claims).emailVerified).toBe(false);
    expect(microsoft.profile({ ...claims, xms_edov: false }).emailVerified).toBe(false);
    for (const xms_edov of [true, 'true', 1, '1']) {
      expect(microsoft.profile({ ...claims, xms_edov }).emailVerified).toBe(true);
    }
    const personal = { ...claims, tid: '9188040d-6c67-4c5b-b112-36a304b66dad' };
    expect(microsoft.profile(personal).emailVerified).toBe(true);
  });

  it('knows a subject within its tenant only', () => {
    expect(microsoft.profile(claims).subject).toBe('11111111-2222-3333-4444-555555555555.s');
    expect(microsoft.profile({ ...claims, tid: undefined }).subject).toBe('');
  });
});

describe('Apple', () => {
  it('gets a client secret that its key has signed', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
    const pem = await exportPKCS8(privateKey);
    const now = Date.now();
    for (const PRIVATE_KEY of [pem, pem.replaceAll('\n', '\\n')]) {
      const values = { CLIENT_ID: 'com.example', TEAM_ID: 'TEAM', KEY_ID: 'KEY', PRIVATE_KEY };
      const secret = (await apple.clientSecret?.(values, now)) as string;
      expect(decodeProtectedHeader(secret)).toEqual({ alg: 'ES256', kid: 'KEY' });
      const { payload } = await jwtVerify(secret, publicKey);
      expect(payload).toMatchObject({ iss: 'TEAM', sub: 'com.example', aud: 'https://appleid.apple.com' });
      expect((payload.exp as number) - (payload.iat as number)).toBe(300);
    }
  });

  it('says the address is verified in its own way, and the name only beside the code', () => {
    expect(apple.profile({ sub: 's', email: 'a@icloud.example', email_verified: 'true' }).emailVerified).toBe(
      true,
    );
    expect(
      apple.profile({ sub: 's', email: 'a@icloud.example', email_verified: 'false' }).emailVerified,
    ).toBe(false);
    const user = { name: { firstName: 'Ada', lastName: 'Lovelace' }, email: 'mallory@example.com', sub: 'x' };
    expect(apple.readUser?.(JSON.stringify(user))).toEqual({
      name: 'Ada Lovelace',
      given_name: 'Ada',
      family_name: 'Lovelace',
    });
    for (const odd of ['', '{', '[]', 'null', '{"name":"x"}', '{"name":{"firstName":1}}']) {
      expect(apple.readUser?.(odd)).toEqual({});
    }
  });
});

it('believes only what is said', () => {
  expect(google.profile({ sub: '1', email: 'a@b.example' }).emailVerified).toBeNull();
  expect(google.profile({ sub: 1, email: ['a@b.example'], email_verified: 'yes', name: {} })).toMatchObject({
    subject: '',
    email: null,
    emailVerified: false,
    name: null,
  });
});
