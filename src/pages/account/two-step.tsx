import type { MiddlewareHandler } from 'hono';
import { FactorCodeBody, type KnownFactor, type KnownFactors, NewFactorBody } from '../../factors/schemas.ts';
import { shownSecret } from '../../factors/service.ts';
import { type AppContext, type AppEnv, clientOf } from '../../http/context.ts';
import { errorMessages, twoStepMessages } from '../../languages/messages.ts';
import { lacksMfa, requiresMfa } from '../../lib/mfa.ts';
import { Field, Form } from '../kit/form.tsx';
import { type FormProblem, formProblem, valid } from '../kit/form-data.ts';
import { formatDate, labelOf } from '../kit/format.ts';
import { Frame } from '../kit/frame.tsx';
import { Icon } from '../kit/icon.tsx';
import { pageRoutes, refusedIn, type Shown } from '../kit/page.ts';
import { Alert, Entries, Entry, LastUse, Panel, Time } from '../kit/panel.tsx';
import { show, type View } from '../kit/view.ts';
import type { Visit } from '../kit/visit.ts';
import { ACCOUNT_PAGES, AccountFrame, addressNeeded } from './frame.tsx';
import { type AccountServices, accountArea } from './visit.ts';

/** What was begun: the secret stays in the form, for the page to be shown again after a wrong code. */
interface Begun {
  id: string;
  secret: string;
  uri: string;
  qr: string;
}

/** The second factors of a user. Whoever is required to have one and has none gets no further than here. */
export function twoStepPageRoutes(services: AccountServices, signInLimit: MiddlewareHandler<AppEnv>) {
  const { factors } = services;
  return pageRoutes(accountArea(services, true), {
    path: ACCOUNT_PAGES.twoStep,
    messages: twoStepMessages,
    limit: signInLimit,
    forms: {
      begin: {
        verified: true,
        fresh: true,
        act: async (c, { principal, view }, { name }) => {
          const body = valid(NewFactorBody, { type: 'totp', ...(name?.trim() && { name }) });
          const begun = await factors.begin(principal, body, view.realm);
          return show(c, view, <AppStep view={view} begun={begun} />);
        },
      },
      verify: {
        verified: true,
        act: async (c, { principal, user, view }, { id = '', secret = '', ...sent }) => {
          try {
            const { code } = valid(FactorCodeBody, { code: sent.code }, { code: 'invalid_code' });
            const codes = await factors.verify(principal, id, code, view.realm, clientOf(c));
            if (codes.length === 0) return 'app_added';
            const onward = onwardOf(c, view);
            return show(c, view, <CodesPage view={view} codes={codes} done="app_added" onward={onward} />);
          } catch (error) {
            const problem = formProblem(error, view.language);
            if (problem.code !== 'invalid_code' && problem.code !== 'validation_failed') throw error;
            const begun = { id, ...(await shownSecret(secret, view.realm, user)) };
            return show(c, view, <AppStep view={view} begun={begun} problem={problem} />, { status: 422 });
          }
        },
      },
      remove: {
        fresh: true,
        act: async (c, { principal, view }, { factor = '' }) => {
          await factors.remove(principal, factor, view.realm, clientOf(c));
          return 'app_removed';
        },
      },
      renew: {
        fresh: true,
        act: async (c, { principal, view }) => {
          const codes = await factors.renewRecoveryCodes(principal, view.realm, clientOf(c));
          return show(c, view, <CodesPage view={view} codes={codes} />);
        },
      },
    },
    render: async (c, visit, shown) => {
      const known = await factors.list(visit.user, visit.view.realm);
      return (
        <AccountFrame visit={visit} page="twoStep" shown={shown}>
          <Policy visit={visit} known={known} onward={onwardOf(c, visit.view)} />
          <FactorPanel visit={visit} shown={shown} known={known} />
          {known.factors.length > 0 && <RecoveryPanel visit={visit} known={known} />}
        </AccountFrame>
      );
    },
  });
}

/**
 * Where a user goes on who was led here from a sign-in for an app: by the page of signing in, which knows whether they may. Null for
 * who came by themselves.
 */
function onwardOf(c: AppContext, view: View): string | null {
  return c.req.query('redirect_to') === undefined ? null : view.link('/login');
}

/** What the realm requires of the user, and whether they have done it; `onward` is the way on when they have. */
function Policy(props: { visit: Visit; known: KnownFactors; onward: string | null }) {
  const { visit, known, onward } = props;
  const { principal, view } = visit;
  const text = twoStepMessages[view.language];
  const { mfa } = view.realm;
  if (lacksMfa(mfa, principal, Date.now())) {
    const has = known.factors.some(({ type }) => mfa.factors.includes(type));
    return (
      <section class="notice bad" role="alert">
        <p>{has ? text.prove : text.required}</p>
        {has && (
          <p>
            <a class="button" href={view.link('/login', { prompt: 'login' })}>
              {text.signInAgain}
            </a>
          </p>
        )}
      </section>
    );
  }
  if (onward !== null) {
    return (
      <section class="notice">
        <p>
          <a class="button" href={onward}>
            {text.onward}
          </a>
        </p>
      </section>
    );
  }
  const { from } = mfa;
  const isToCome = from !== null && requiresMfa({ ...mfa, from: null }, principal.role, from);
  if (isToCome && Date.now() < from && known.factors.length === 0) {
    return <p class="notice">{text.from(formatDate(view, from).shown)}</p>;
  }
  return null;
}

function FactorPanel({ visit, shown, known }: { visit: Visit; shown: Shown; known: KnownFactors }) {
  const { principal, view } = visit;
  const text = twoStepMessages[view.language];
  const { mfa } = view.realm;
  const isAllowed = mfa.mode !== 'off' && mfa.factors.includes('totp');
  const disabled = !principal.emailVerified;
  const refused = ['begin', 'verify', 'remove', 'renew']
    .map((form) => refusedIn(shown, form))
    .find((one) => one !== undefined);
  return (
    <Panel id="factors-title" title={text.apps}>
      <p class="soft">{disabled ? addressNeeded(visit) : text.text}</p>
      {refused && <Alert isFocused>{refused.problem.summary}</Alert>}
      <Entries
        none={text.none}
        entries={known.factors.map((factor) => <FactorEntry view={view} factor={factor} />)}
      />
      {isAllowed ? (
        <Form view={view} name="begin" button={text.add} look="plain" disabled={disabled}>
          <Field name="name" label={text.name} hint={text.nameHint} maxlength={100} autocomplete="off" />
        </Form>
      ) : (
        <p class="soft">{text.notAllowed}</p>
      )}
      <p class="soft">
        <a href={view.link(ACCOUNT_PAGES.security)}>{text.passkeys}</a>
      </p>
    </Panel>
  );
}

function FactorEntry({ view, factor }: { view: View; factor: KnownFactor }) {
  const text = twoStepMessages[view.language];
  const { id, type, name, createdAt, usedAt } = factor;
  return (
    <Entry
      icon={<Icon name={type === 'totp' ? 'smartphone' : 'fingerprint-pattern'} />}
      name={name}
      about={[
        text.kinds[type],
        <>
          {text.added} <Time view={view} at={createdAt} day /> · <LastUse view={view} at={usedAt} />
        </>,
      ]}
    >
      {type === 'totp' && (
        <Form
          view={view}
          name="remove"
          hidden={{ factor: id }}
          button={text.remove}
          buttonLabel={text.removeNamed(name)}
          look="plain"
        />
      )}
    </Entry>
  );
}

function RecoveryPanel({ visit, known }: { visit: Visit; known: KnownFactors }) {
  const { view } = visit;
  const text = twoStepMessages[view.language];
  return (
    <Panel id="recovery-title" title={text.recovery}>
      <p class="soft">{text.left(known.recoveryCodesLeft)}</p>
      {known.recoveryCodeUsedAt !== null && (
        <p class="soft">
          <LastUse view={view} at={known.recoveryCodeUsedAt} />
        </p>
      )}
      <Form view={view} name="renew" button={text.renew} look="plain" />
    </Panel>
  );
}

/** The picture for the app, and the field for its first code. */
function AppStep({ view, begun, problem }: { view: View; begun: Begun; problem?: FormProblem }) {
  const text = twoStepMessages[view.language];
  const { id, secret, uri, qr } = begun;
  return (
    <Frame view={view} title={text.stepTitle} failed={problem !== undefined}>
      <p>{text.scan}</p>
      <div class="qr" dangerouslySetInnerHTML={{ __html: qr }} />
      <p>
        {labelOf(view, text.key)}
        <code>{secret.replace(/(.{4})(?=.)/g, '$1 ')}</code>
      </p>
      <p>
        <a href={uri}>{text.open}</a>
      </p>
      <Form view={view} name="verify" hidden={{ id, secret }} problem={problem} button={text.confirm}>
        <Field
          name="code"
          label={text.code}
          problem={
            problem && {
              ...problem,
              fields: { code: errorMessages[view.language].errors.invalid_code ?? '' },
            }
          }
          autocomplete="one-time-code"
          inputmode="numeric"
          maxlength={40}
          required
        />
      </Form>
      <p class="below">
        <a href={view.link(ACCOUNT_PAGES.twoStep)}>{text.back}</a>
      </p>
    </Frame>
  );
}

/** The recovery codes, this once. */
function CodesPage(props: { view: View; codes: string[]; done?: string; onward?: string | null }) {
  const { view, codes, done, onward } = props;
  const text = twoStepMessages[view.language];
  const file = `data:text/plain;charset=utf-8,${encodeURIComponent(`${codes.join('\n')}\n`)}`;
  return (
    <Frame view={view} title={text.codesTitle}>
      <p>{text.codesText}</p>
      <pre class="codes">{codes.join('\n')}</pre>
      <p class="soft">{text.copy}</p>
      <p>
        <a href={file} download="recovery-codes.txt">
          {text.download}
        </a>
      </p>
      <p>
        <a
          class="button"
          href={onward ?? view.link(ACCOUNT_PAGES.twoStep, done === undefined ? {} : { done })}
        >
          {onward ? text.keptOnward : text.kept}
        </a>
      </p>
    </Frame>
  );
}
