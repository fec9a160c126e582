import type { Child } from 'hono/jsx';
import type { ReportedKey } from '../../account/key-contract.ts';
import { kitMessages, ownKeysMessages } from '../../languages/messages.ts';
import { NewProductKeyBody } from '../../product-keys/schemas.ts';
import type { WantedKey } from '../../product-keys/service.ts';
import { ConfirmDialog } from '../kit/dialog.tsx';
import { Field, Form, fieldsOf } from '../kit/form.tsx';
import { expiryOf, type FormProblem, valid } from '../kit/form-data.ts';
import { formatNumber, labelOf, resourceName } from '../kit/format.ts';
import { Icon } from '../kit/icon.tsx';
import { Expiry, ShownKey } from '../kit/key.tsx';
import { refusedIn, type Shown } from '../kit/page.ts';
import { Alert, Badge, Entries, Entry, Panel, Time, TimeOr } from '../kit/panel.tsx';
import type { View } from '../kit/view.ts';

/** The fields of the API by their names in the form that makes a key: other forms of a page have names, too. */
export const KEY_FIELDS: Record<string, string> = {
  name: 'key_name',
  expires_at: 'key_expires',
  scopes: 'key_scopes',
  caps: 'key_credits',
  'caps.credits.month': 'key_credits',
  requests_per_minute: 'key_rate',
};

/** What the form that makes a key asks for. Throws `validation_failed`. */
export function wantedKey(values: Record<string, string>): WantedKey {
  const numberOf = (text = '') => (text.trim() === '' ? null : Number(text));
  const credits = numberOf(values.key_credits);
  return valid(NewProductKeyBody, {
    name: values.key_name ?? '',
    expires_at: expiryOf(values.key_expires),
    scopes: (values.key_scopes ?? '').split(/\s+/).filter(Boolean),
    caps: credits === null ? null : { credits: { month: credits } },
    requests_per_minute: numberOf(values.key_rate),
  });
}

/** Keys, the form that makes one, and the key that was just made. The forms are `key` and `revoke_key`. */
export function KeyPanels(props: {
  view: View;
  keys: ReportedKey[];
  shown: Shown;
  made: string | undefined;
  /** Says what the keys are for. */
  text: string;
  /** Whether one more can be made. */
  mayCreate: boolean;
  disabled?: boolean;
}) {
  const { view, keys, shown, made, text: about, mayCreate, disabled = false } = props;
  const text = ownKeysMessages[view.language];
  const refused = refusedIn(shown, 'key');
  const notRevoked = refusedIn(shown, 'revoke_key');
  const field = fieldsOf(refused);
  return (
    <>
      {made !== undefined && <ShownKey view={view} text={made} />}
      {notRevoked && <Alert isFocused>{notRevoked.problem.summary}</Alert>}
      <Panel id="keys" title={text.title}>
        <p class="soft">{about}</p>
        <Entries
          entries={keys.map((key) => (
            <KeyEntry view={view} known={key}>
              <RevokeDialog view={view} known={key} form="revoke_key" />
            </KeyEntry>
          ))}
          none={text.none}
        />
      </Panel>
      {mayCreate && (
        <Panel id="new" title={text.create}>
          <Form
            view={view}
            name="key"
            problem={refused?.problem}
            button={text.createButton}
            disabled={disabled}
          >
            <div class="pair">
              <Field
                {...field('key_name')}
                label={text.name}
                hint={text.nameHint}
                required
                maxlength={100}
                autocomplete="off"
              />
              <Field {...field('key_expires')} type="date" label={text.expires} hint={text.expiresHint} />
            </div>
            <div class="pair">
              <Field
                {...field('key_credits')}
                label={text.credits}
                hint={text.creditsHint}
                inputmode="numeric"
                maxlength={15}
              />
              <Field
                {...field('key_rate')}
                label={text.rate}
                hint={text.rateHint}
                inputmode="numeric"
                maxlength={4}
              />
            </div>
            <Field
              {...field('key_scopes')}
              label={text.scopes}
              hint={text.scopesHint}
              maxlength={2000}
              autocomplete="off"
            />
          </Form>
        </Panel>
      )}
    </>
  );
}

/** A key in a list; what can be done about it stands beside. */
export function KeyEntry({ view, known, children }: { view: View; known: ReportedKey; children: Child }) {
  const { name, prefix, scopes, used, createdAt, expiresAt, lastUsedAt } = known;
  const text = ownKeysMessages[view.language];
  const isOver = expiresAt !== null && expiresAt <= Date.now();
  const about: Child[] = [
    <code>{prefix}…</code>,
    scopes.length > 0 && `${labelOf(view, text.may)}${scopes.join(', ')}`,
    <>
      {text.created} <Time view={view} at={createdAt} day /> · {text.lastUsed}{' '}
      <TimeOr view={view} at={lastUsedAt} none={kitMessages[view.language].never} ago />
    </>,
    expiresAt !== null && !isOver && (
      <>
        {text.expires} <Expiry view={view} at={expiresAt} />
      </>
    ),
    used.length > 0 && `${labelOf(view, text.used)}${used.map((use) => useText(view, use)).join(', ')}`,
  ];
  return (
    <Entry
      icon={<Icon name="key-round" />}
      name={name}
      badge={isOver && <Badge look="bad">{text.expired}</Badge>}
      about={about}
    >
      {children}
    </Entry>
  );
}

/** What revokes a key: the form names it as `key`. */
export function RevokeDialog(props: {
  view: View;
  known: ReportedKey;
  form: string;
  problem?: FormProblem | undefined;
  children?: Child;
}) {
  const { view, known, form, problem, children } = props;
  const { id, name } = known;
  const text = ownKeysMessages[view.language];
  return (
    <ConfirmDialog
      view={view}
      id={`revoke-${id}`}
      title={text.revokeTitle(name)}
      text={text.revokeText}
      open={text.revoke}
      openLabel={text.revokeNamed(name)}
      form={form}
      hidden={{ key: id }}
      button={text.revoke}
      problem={problem}
    >
      {children}
    </ConfirmDialog>
  );
}

function useText(view: View, { resource, month }: ReportedKey['used'][number]): string {
  const number = formatNumber(view, month);
  if (resource === null) return ownKeysMessages[view.language].creditsUsed(month, number);
  return `${number} ${resourceName(view, resource)}`;
}
