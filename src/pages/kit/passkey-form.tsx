import type { Child } from 'hono/jsx';
import { PASSKEYS } from '../../../generated/page-assets.ts';
import { ApiError } from '../../errors.ts';
import { Hidden } from './form.tsx';
import type { View } from './view.ts';

/** What names the two fields that the browser fills in. */
export const PASSKEY_FIELDS = { flow: 'flow', credential: 'credential' };

/** What such a form has sent, as the API takes it. */
export function passkeyIn(sent: Record<string, string>): { flow: string; credential: unknown } {
  const { flow = '', credential = '' } = sent;
  try {
    return { flow, credential: JSON.parse(credential) };
  } catch {
    throw new ApiError('invalid_passkey');
  }
}

/**
 * A form that the browser answers by a passkey: one that is there, or with `creates` one that it makes. It is not there where
 * scripts are off, or the browser has no passkeys; until that is known it keeps its room. `passkeys.js` has the other half.
 */
export function PasskeyForm(props: {
  /** What the browser needs, or where it gets that. */
  options: object | { from: string };
  creates?: boolean;
  action?: string;
  hidden?: Record<string, string>;
  /** The names of the fields, where they are not the usual ones. */
  fields?: typeof PASSKEY_FIELDS;
  button: string;
  look?: 'plain';
  /** Stands before the button's text. */
  icon?: Child;
  /** What is said of it where it was the last way in on this device. */
  lastUsed?: string;
  /** What is said when the browser gives nothing. */
  failed: string;
  children?: Child;
}) {
  const {
    options,
    creates,
    action,
    hidden = {},
    fields = PASSKEY_FIELDS,
    button,
    look,
    icon,
    lastUsed,
    failed,
  } = props;
  const source =
    'from' in options ? { 'data-from': options.from } : { 'data-options': JSON.stringify(options) };
  return (
    <>
      <form
        method="post"
        action={action}
        data-passkey={creates ? 'create' : 'get'}
        data-flow={fields.flow}
        data-credential={fields.credential}
        data-failed={failed}
        data-way={lastUsed && 'passkey'}
        data-last={lastUsed}
        {...source}
      >
        {Object.entries(hidden).map(([name, value]) => (
          <Hidden name={name} value={value} />
        ))}
        <Hidden name={fields.flow} value="" />
        <Hidden name={fields.credential} value="" />
        <p class="wrong" role="alert" hidden />
        {props.children}
        <button type="submit" class={look}>
          {icon}
          {button}
        </button>
      </form>
      <script type="module" src={PASSKEYS} />
    </>
  );
}

/** Tells the browser which passkeys of a user there are (`AllAcceptedCredentialsOptions`), so that it offers no other. */
export function KnownPasskeys({ known }: { known: object }) {
  return (
    <>
      <span hidden data-passkeys={JSON.stringify(known)} />
      <script type="module" src={PASSKEYS} />
    </>
  );
}

/**
 * Has the browser make a passkey by itself, once a sign-in, where it can do that and there is room (`mediation: "conditional"`): it
 * says nothing, and neither does a failure. `signedInAt` names the sign-in.
 */
export function UnaskedPasskey({ view, signedInAt }: { view: View; signedInAt: number }) {
  return (
    <>
      <span hidden data-make-passkey={view.path('/v1/me/passkeys')} data-once={signedInAt} />
      <script type="module" src={PASSKEYS} />
    </>
  );
}
