import type { Child } from 'hono/jsx';
import { ApiError } from '../../errors.ts';
import { clientOf } from '../../http/context.ts';
import { passkeysMessages } from '../../languages/messages.ts';
import { AssertedPasskey, CreatedPasskey, PasskeyPatch, type UsedPasskey } from '../../passkeys/schemas.ts';
import { acceptedCredentials, authenticatorName, mayConfirm, type Passkeys } from '../../passkeys/service.ts';
import { Field, Form } from '../kit/form.tsx';
import { valid } from '../kit/form-data.ts';
import { Frame } from '../kit/frame.tsx';
import { Icon } from '../kit/icon.tsx';
import { type PageForm, refusedIn, type Shown } from '../kit/page.ts';
import { Alert, Badge, Entries, Entry, LastUse, Panel, Time } from '../kit/panel.tsx';
import { KnownPasskeys, PasskeyForm, passkeyIn } from '../kit/passkey-form.tsx';
import { show, type View } from '../kit/view.ts';
import type { Visit } from '../kit/visit.ts';
import { ACCOUNT_PAGES, addressNeeded } from './frame.tsx';

/** Their names. */
const FORMS = [
  'begin_passkey',
  'add_passkey',
  'begin_confirming',
  'confirm_passkey',
  'rename_passkey',
  'remove_passkey',
] as const;

/** The forms of a user's passkeys. Adding one takes two steps: the browser can make it only for what the first has asked for. */
export function passkeyForms(passkeys: Passkeys): Record<(typeof FORMS)[number], PageForm<Visit>> {
  return {
    begin_passkey: {
      verified: true,
      anonymous: true,
      fresh: true,
      act: async (c, { principal, view }) => {
        const options = await passkeys.beginAdding(principal, view.realm);
        return show(c, view, <PasskeyStep view={view} options={options} />);
      },
    },
    add_passkey: {
      verified: true,
      anonymous: true,
      act: async (c, { principal, view }, { name, ...sent }) => {
        const made = valid(CreatedPasskey, { ...passkeyIn(sent), ...(name?.trim() && { name }) });
        await passkeys.add(principal, made, view.realm, clientOf(c));
        return 'passkey_added';
      },
    },
    begin_confirming: {
      fresh: true,
      act: async (c, { principal, view }, { passkey = '' }) => {
        const options = await passkeys.beginProof(principal, view.realm, passkey);
        if (!options) throw new ApiError('passkey_not_found');
        return show(c, view, <ConfirmStep view={view} options={options} passkey={passkey} />);
      },
    },
    confirm_passkey: {
      fresh: true,
      act: async (c, { principal, view }, { passkey = '', ...sent }) => {
        const used = valid(AssertedPasskey, passkeyIn(sent));
        await passkeys.confirm(principal, passkey, used, view.realm, clientOf(c));
        return 'passkey_confirmed';
      },
    },
    rename_passkey: {
      act: async (_, { user }, { passkey = '', name }) => {
        await passkeys.rename(user.id, passkey, valid(PasskeyPatch, { name }).name);
        return 'passkey_renamed';
      },
    },
    remove_passkey: {
      fresh: true,
      act: async (c, { principal, view }, { passkey = '' }) => {
        await passkeys.remove(principal, passkey, view.realm, clientOf(c));
        return 'passkey_removed';
      },
    },
  };
}

/** The passkeys of a user, and the way to another. */
export function PasskeyPanel({ visit, shown, known }: { visit: Visit; shown: Shown; known: UsedPasskey[] }) {
  const { principal, view } = visit;
  const text = passkeysMessages[view.language];
  const disabled = !principal.emailVerified && !principal.anonymous;
  const refused = FORMS.map((form) => refusedIn(shown, form)).find((one) => one !== undefined);
  return (
    <Panel id="passkeys-title" title={text.title}>
      <p class="soft">{disabled ? addressNeeded(visit) : text.text}</p>
      {refused && <Alert isFocused>{refused.problem.summary}</Alert>}
      {known.length > 0 && (
        <Entries none="" entries={known.map((passkey) => <PasskeyEntry visit={visit} passkey={passkey} />)} />
      )}
      {shown.done === 'passkey_removed' && (
        <KnownPasskeys
          known={acceptedCredentials(
            view.realm,
            visit.user.id,
            known.map(({ row }) => row),
          )}
        />
      )}
      <Form view={view} name="begin_passkey" button={text.add} look="plain" disabled={disabled} />
    </Panel>
  );
}

function PasskeyEntry({ visit, passkey: { row, lastUse } }: { visit: Visit; passkey: UsedPasskey }) {
  const { principal, view } = visit;
  const text = passkeysMessages[view.language];
  const { id, name, createdAt } = row;
  const keeper = authenticatorName(row.aaguid);
  return (
    <Entry
      icon={<Icon name="fingerprint-pattern" />}
      name={name}
      badge={row.backupEligible && <Badge>{text.synced}</Badge>}
      about={[
        keeper !== name && keeper,
        <>
          {text.added} <Time view={view} at={createdAt} day /> ·{' '}
          <LastUse view={view} at={lastUse?.usedAt ?? null} />
        </>,
        !row.uvInitialized && text.unasked,
        !row.uvInitialized && !mayConfirm(principal) && text.passwordFirst,
      ]}
    >
      <details>
        <summary aria-label={text.renameNamed(name)}>{text.rename}</summary>
        <form method="post">
          <input type="hidden" name="form" value="rename_passkey" />
          <input type="hidden" name="passkey" value={id} />
          <label for={`name-${id}`}>{text.name}</label>
          <input id={`name-${id}`} name="name" value={name} maxlength={100} required autocomplete="off" />
          <button type="submit" class="plain">
            {text.rename}
          </button>
        </form>
      </details>
      <div class="buttons">
        {!row.uvInitialized && mayConfirm(principal) && (
          <Form
            view={view}
            name="begin_confirming"
            hidden={{ passkey: id }}
            button={text.confirm}
            buttonLabel={text.confirmNamed(name)}
            look="plain"
          />
        )}
        <Form
          view={view}
          name="remove_passkey"
          hidden={{ passkey: id }}
          button={text.remove}
          buttonLabel={text.removeNamed(name)}
          look="plain"
        />
      </div>
    </Entry>
  );
}

/** The second step: the browser makes the passkey. */
function PasskeyStep({ view, options }: { view: View; options: object }) {
  const text = passkeysMessages[view.language];
  return (
    <BrowserStep view={view} title={text.stepTitle} text={text.stepText}>
      <PasskeyForm
        creates
        options={options}
        hidden={{ form: 'add_passkey' }}
        button={text.go}
        failed={text.failed}
      >
        <Field name="name" label={text.name} hint={text.nameHint} maxlength={100} autocomplete="off" />
      </PasskeyForm>
    </BrowserStep>
  );
}

/** Where the browser uses the passkey that shall count as a factor. */
function ConfirmStep({ view, options, passkey }: { view: View; options: object; passkey: string }) {
  const text = passkeysMessages[view.language];
  return (
    <BrowserStep view={view} title={text.confirmTitle} text={text.confirmText}>
      <PasskeyForm
        options={options}
        hidden={{ form: 'confirm_passkey', passkey }}
        button={text.go}
        failed={text.confirmFailed}
      />
    </BrowserStep>
  );
}

function BrowserStep(props: { view: View; title: string; text: string; children: Child }) {
  const { view, title, text: told, children } = props;
  const text = passkeysMessages[view.language];
  return (
    <Frame view={view} title={title}>
      <p>{told}</p>
      {children}
      <noscript>
        <p class="notice bad">{text.noScript}</p>
      </noscript>
      <p class="below">
        <a href={view.link(ACCOUNT_PAGES.security)}>{text.back}</a>
      </p>
    </Frame>
  );
}
