import { CONTROL } from '../../config/databases.ts';
import { type ApiError, CATALOGUE, type ErrorCode } from '../../errors.ts';
import type { AppContext } from '../../http/context.ts';
import { failureMessages } from '../../languages/messages.ts';
import { CAUTIOUS } from '../../lib/mfa.ts';
import { appearanceOf, DEFAULT_REALM, type Realm } from '../../lib/realm.ts';
import type { Realms } from '../../realms/service.ts';
import { Frame } from '../kit/frame.tsx';
import { show, type View, viewFor } from '../kit/view.ts';

/** The page in place of one that cannot be shown. It needs no service that may have failed. */
export async function failurePage(c: AppContext, error: ApiError, realms: Realms, issuer: string) {
  const realm = await realms.get(c.get('realm')?.id ?? DEFAULT_REALM).catch(() => unknownRealm(issuer));
  const view = viewFor(c, null, realm);
  return show(c, view, <FailurePage view={view} error={error} requestId={c.get('requestId')} />, {
    status: CATALOGUE[error.code].status,
  });
}

function FailurePage({ view, error, requestId }: { view: View; error: ApiError; requestId: string }) {
  const { failed, failures } = failureMessages[view.language];
  const { title, text } = failures[error.code] ?? failures.internal_error;
  const onward = onwardOf(error.code, view);
  return (
    <Frame view={view} title={title} failed>
      <p role="alert">{text}</p>
      {error.code === 'invalid_request' && error.detail && <p class="soft">{error.detail}</p>}
      {onward && (
        <p>
          <a class="button" href={onward.href}>
            {onward.label}
          </a>
        </p>
      )}
      <p class="soft">
        {failed.reference} <code>{requestId}</code>
      </p>
    </Frame>
  );
}

/** The way on: the same page again, unless its address itself is wrong. */
function onwardOf(code: ErrorCode, view: View) {
  const { failed } = failureMessages[view.language];
  if (code === 'user_not_found' || code === 'message_not_found') {
    return { href: view.link('/admin'), label: failed.overview };
  }
  if (code === 'not_found' || code === 'insufficient_scope')
    return { href: view.link('/account'), label: failed.home };
  if (['realm_not_found', 'invalid_request', 'validation_failed', 'redirect_not_allowed'].includes(code))
    return null;
  return { href: view.inLanguage(view.language), label: failed.again };
}

/** A realm in place of the real one, when the directory does not answer. */
function unknownRealm(issuer: string): Realm {
  return {
    id: DEFAULT_REALM,
    database: CONTROL,
    jurisdiction: null,
    name: 'Latchkey',
    color: '',
    logo: null,
    appearance: appearanceOf({}),
    issuer,
    audience: issuer,
    registration: 'closed',
    breachedPasswords: 'unchecked',
    challenge: 'off',
    anonymousUsers: 'off',
    decoys: [],
    allowedOrigins: [],
    redirectTargets: [],
    accessTokenSeconds: 0,
    refreshGraceSeconds: 0,
    lifetimes: { idleSeconds: 0, absoluteSeconds: 0 },
    mfa: CAUTIOUS,
    reauthentication: { seconds: 0, operatorSeconds: 0 },
  };
}
