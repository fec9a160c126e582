import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { OneTimeCodeField } from '../../codes/schemas.ts';
import { ApiError } from '../../errors.ts';
import { type AppContext, clientOf, type Principal } from '../../http/context.ts';
import { setFlowCookie } from '../../http/flow-cookie.ts';
import { owesFactor } from '../../http/level.ts';
import { pathOf } from '../../http/realm-path.ts';
import { reauthenticationMessages } from '../../languages/messages.ts';
import { MINUTE, SECOND } from '../../lib/time.ts';
import type { AccountLinks } from '../../oauth/link-service.ts';
import { AssertedPasskey } from '../../passkeys/schemas.ts';
import type { Reauthentication, Ways } from '../../reauthentication/service.ts';
import { CurrentPasswordField, Field, Form, OneTimeCodeInput } from './form.tsx';
import type { FormProblem } from './form-data.ts';
import { Frame } from './frame.tsx';
import { PasskeyForm, passkeyIn } from './passkey-form.tsx';
import { show, type View } from './view.ts';
import type { Visit } from './visit.ts';

type Values = Record<string, string>;

/** What the page that asks for a fresh proof acts through. */
export interface ReauthenticationServices {
  reauthentication: Reauthentication;
  accountLinks: AccountLinks;
}

/** The fields of the proof, which travel with those of the form that waits for it. */
const PREFIX = 'proof.';
export const PROOF_PASSWORD = `${PREFIX}password`;
const PROOF_CODE = `${PREFIX}code`;
const PROOF_TOTP = `${PREFIX}totp`;
const PROOF_RECOVERY = `${PREFIX}recovery_code`;
const PROOF_PASSKEY = { flow: `${PREFIX}flow`, credential: `${PREFIX}credential` };

/** What was filled in while its reader is at a provider: sealed, for that long. */
const DRAFT_COOKIE = '__Host-latchkey-draft';
const DRAFT_ATTRIBUTES = { path: '/', httpOnly: true, secure: true, sameSite: 'Lax' } as const;
const DRAFT_LIFETIME = 10 * MINUTE;
/** Browsers keep cookies up to 4 KiB, attributes included. */
const DRAFT_MAX = 3800;

/** Splits what a form sent into what it is about and the proof that came with it. */
export function splitProof(sent: Values): { values: Values; proof: Values } {
  const entries = Object.entries(sent);
  const isProof = ([name]: [string, string]) => name.startsWith(PREFIX);
  return {
    values: Object.fromEntries(entries.filter((entry) => !isProof(entry))),
    proof: Object.fromEntries(
      entries.filter(isProof).map(([name, value]) => [name.slice(PREFIX.length), value]),
    ),
  };
}

/** A form that waits for a proof: what was in it, and where its page leads. */
interface Waiting {
  values: Values;
  leadsTo: string[];
}

/**
 * Takes the proof that came with a form. Gives its reader as the session has them once it is proved, or an answer of its own: a code was
 * sent, or the browser goes to a provider. Throws what is wrong with the proof.
 */
export async function takeProof(
  c: AppContext,
  visit: Visit,
  services: ReauthenticationServices,
  proof: Values,
  waiting: Waiting & { origin: string },
): Promise<Response | Principal> {
  const { reauthentication, accountLinks } = services;
  const { principal, user } = visit;
  const proven = ({ authenticatedAt, methods }: Pick<Principal, 'authenticatedAt' | 'methods'>) => {
    return { ...principal, authenticatedAt, methods };
  };
  const { way, password = '', code = '', channel, provider = '' } = proof;
  if (way === 'password') {
    return proven(await reauthentication.byPassword(principal, password, clientOf(c)));
  }
  if (way === 'passkey') {
    const used = AssertedPasskey.safeParse(passkeyIn(proof));
    if (!used.success) throw new ApiError('invalid_passkey');
    return proven(await reauthentication.byPasskey(user, principal, used.data, clientOf(c)));
  }
  if (way === 'totp' || way === 'recovery_code') {
    return proven(
      await reauthentication.byFactor(principal, { method: way, code: proof[way] ?? '' }, clientOf(c)),
    );
  }
  if ((way === 'code' || way === 'send') && (channel === 'email' || channel === 'sms')) {
    if (way === 'send') {
      await reauthentication.sendCode(user, principal, channel, clientOf(c));
      return askForProof(c, visit, services, waiting, { sentBy: channel });
    }
    const typed = OneTimeCodeField.safeParse(code);
    if (!typed.success) throw new ApiError('invalid_code');
    return proven(await reauthentication.byCode(principal, { channel, code: typed.data }, clientOf(c)));
  }
  if (way !== 'provider') throw new ApiError('invalid_request');
  const here = new URL(pathOf(c.req.url), waiting.origin);
  for (const [name, value] of Object.entries(c.req.query())) here.searchParams.set(name, value);
  const realm = await reauthentication.realmOf(user);
  const by = { ...principal, proves: true as const };
  const { url, cookie } = await accountLinks.start(realm, provider, by, here.href);
  setFlowCookie(c, cookie);
  await keepDraft(c, services, waiting.values);
  return c.redirect(url.href, 303);
}

/** Asks for a proof in place of a form, which waits in hidden fields: nothing of it gets into an address. */
export async function askForProof(
  c: AppContext,
  { principal, view, user }: Visit,
  { reauthentication, accountLinks }: ReauthenticationServices,
  { values, leadsTo }: Waiting,
  { problem, sentBy }: { problem?: FormProblem; sentBy?: 'email' | 'sms' | undefined } = {},
): Promise<Response> {
  const realm = await reauthentication.realmOf(user);
  const [known, passkey, origins] = await Promise.all([
    reauthentication.ways(user),
    reauthentication.beginPasskey(user, principal),
    accountLinks.origins(realm),
  ]);
  const owes = owesFactor(principal, view.realm);
  const ways = owes ? { ...known, password: false, codes: [], providers: [] } : known;
  const page = (
    <ReauthenticationPage
      view={view}
      values={values}
      ways={ways}
      passkey={owes && principal.factors.passkeys === 0 ? null : passkey}
      problem={problem}
      sentBy={sentBy}
      here={hereOf(c, view)}
    />
  );
  return show(c, view, page, { status: problem ? 422 : 200, leadsTo: [...leadsTo, ...origins] });
}

/** What was filled in before its reader went to a provider, once, for the page that it was filled in on. */
export async function takeDraft(
  c: AppContext,
  { reauthentication }: ReauthenticationServices,
): Promise<Values | null> {
  const cookie = getCookie(c, DRAFT_COOKIE);
  if (cookie === undefined) return null;
  const draft = await reauthentication.openDraft(cookie);
  if (draft && draft.path !== pathOf(c.req.url)) return null;
  deleteCookie(c, DRAFT_COOKIE, DRAFT_ATTRIBUTES);
  return draft?.values ?? null;
}

async function keepDraft(
  c: AppContext,
  { reauthentication }: ReauthenticationServices,
  values: Values,
): Promise<void> {
  // A password is typed again.
  const kept = Object.entries(values).filter(([name]) => !/password/i.test(name));
  const draft = {
    path: pathOf(c.req.url),
    values: Object.fromEntries(kept),
    expiresAt: Date.now() + DRAFT_LIFETIME,
  };
  const sealed = await reauthentication.sealDraft(draft);
  if (sealed.length > DRAFT_MAX) return;
  setCookie(c, DRAFT_COOKIE, sealed, { ...DRAFT_ATTRIBUTES, maxAge: DRAFT_LIFETIME / SECOND });
}

/** This page, as it is shown without a form that was sent. */
function hereOf(c: AppContext, view: View): string {
  return view.link(c.req.path, c.req.query());
}

function ReauthenticationPage(props: {
  view: View;
  values: Values;
  ways: Ways;
  /** What the browser needs to use a passkey of the user, if there is one. */
  passkey: object | null;
  problem: FormProblem | undefined;
  sentBy: 'email' | 'sms' | undefined;
  here: string;
}) {
  const { view, values, ways, passkey, problem, sentBy, here } = props;
  const text = reauthenticationMessages[view.language];
  const hidden = (way: string, more: Values = {}) => {
    const proof = Object.entries({ way, ...more }).map(([name, value]) => [PREFIX + name, value]);
    return { ...values, ...Object.fromEntries(proof) };
  };
  const sent = ways.codes.find(({ channel }) => channel === sentBy);
  const isNone =
    !ways.password &&
    !passkey &&
    !ways.totp &&
    !ways.recoveryCodes &&
    ways.codes.length === 0 &&
    ways.providers.length === 0;
  return (
    <Frame view={view} title={text.title} failed={problem !== undefined}>
      <p>{text.text}</p>
      {passkey && (
        <div class="ways">
          <PasskeyForm
            options={passkey}
            hidden={hidden('passkey')}
            fields={PROOF_PASSKEY}
            button={text.byPasskey}
            failed={text.passkeyFailed}
          />
        </div>
      )}
      {sent && (
        <Form
          view={view}
          hidden={hidden('code', { channel: sent.channel })}
          problem={problem}
          button={text.confirm}
        >
          <p>{text.codeSent(sent.to)}</p>
          <OneTimeCodeInput name={PROOF_CODE} label={text.code} problem={problem} />
        </Form>
      )}
      {ways.totp && (
        <Form view={view} hidden={hidden('totp')} problem={problem} button={text.confirm} look="plain">
          <Field
            name={PROOF_TOTP}
            label={text.app}
            autocomplete="one-time-code"
            inputmode="numeric"
            maxlength={40}
            required
          />
        </Form>
      )}
      {!sent && ways.password && (
        <Form view={view} hidden={hidden('password')} problem={problem} button={text.confirm}>
          <CurrentPasswordField view={view} name={PROOF_PASSWORD} problem={problem} />
        </Form>
      )}
      <div class="ways">
        {ways.codes.map(({ channel, to }) => (
          <Form
            view={view}
            hidden={hidden('send', { channel })}
            button={channel === sentBy ? text.sendAnother(to) : text.sendCode(to)}
            look="plain"
          />
        ))}
        {ways.providers.map(({ id, name }) => (
          <Form
            view={view}
            hidden={hidden('provider', { provider: id })}
            button={text.byProvider(name)}
            look="plain"
          />
        ))}
      </div>
      {ways.recoveryCodes && (
        <details>
          <summary>{text.byRecovery}</summary>
          <Form view={view} hidden={hidden('recovery_code')} button={text.confirm} look="plain">
            <Field name={PROOF_RECOVERY} label={text.recovery} autocomplete="off" maxlength={100} required />
          </Form>
        </details>
      )}
      {isNone && (
        <>
          <p>{text.none}</p>
          <p>
            <a class="button" href={view.link('/login', { prompt: 'login', redirect_to: here })}>
              {text.signIn}
            </a>
          </p>
        </>
      )}
      <p class="below">
        <a href={here}>{text.back}</a>
      </p>
    </Frame>
  );
}
