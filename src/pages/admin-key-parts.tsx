import type { ApiKeyRow } from '../api-keys/tables.ts';
import { SCOPES } from '../lib/scopes.ts';
import { DAY } from '../lib/time.ts';
import { Time } from './account-frame.tsx';
import type { Shown } from './account-page.tsx';
import { TimeOr } from './admin-parts.tsx';
import { Day } from './admin-users-table.tsx';
import { Field, Form, Hidden, Select } from './form.tsx';
import type { View } from './view.ts';

type Refused = Shown['refused'];

/** Everything of a new key. */
export function NewKeyFields({ view, refused }: { view: View; refused: Refused }) {
  const text = view.text.adminOperations.keys;
  const { problem, values } = refused ?? {};
  const wrong = problem?.fields.scopes;
  return (
    <>
      <div class="pair">
        <Field
          name="name"
          label={text.name}
          value={values?.name}
          problem={problem}
          required
          maxlength={100}
          autocomplete="off"
        />
        <Field
          name="expires_at"
          type="date"
          label={text.expires}
          hint={text.expiresHint}
          value={values?.expires_at}
          problem={problem}
        />
      </div>
      <fieldset class="choices" id="scopes" aria-describedby={wrong && 'scopes-problem'}>
        <legend>{text.scopes}</legend>
        {wrong && (
          <p class="wrong" id="scopes-problem">
            {wrong}
          </p>
        )}
        {SCOPES.map((scope) => (
          <label class="choice">
            <input
              type="checkbox"
              name={`scopes.${scope}`}
              checked={values?.[`scopes.${scope}`] !== undefined}
            />
            <span>
              {text.scopeNames[scope]} <code class="soft">{scope}</code>
            </span>
          </label>
        ))}
      </fieldset>
    </>
  );
}

/** A key in the list, with what can be done about it. */
export function KeyEntry({ view, row, refused }: { view: View; row: ApiKeyRow; refused: Refused }) {
  const common = view.text.adminOperations;
  const text = common.keys;
  const state = stateOf(row, Date.now());
  return (
    <li>
      <div>
        <p>
          <strong>{row.name}</strong>{' '}
          <span class={`badge${state === 'active' ? ' good' : ''}`}>{text.states[state]}</span>
        </p>
        <p class="soft">
          <code>{row.prefix}…</code> · {row.scopes.join(', ')}
        </p>
        <p class="soft">
          {text.created}: <TimeOr view={view} at={row.createdAt} none="" /> · {text.lastUsed}:{' '}
          <TimeOr view={view} at={row.lastUsedAt} none={common.never} />
        </p>
        {row.expiresAt !== null && (
          <p class="soft">
            {text.expires}: <LastMoment view={view} end={row.expiresAt} />
          </p>
        )}
        {row.previousExpiresAt !== null && row.previousExpiresAt > Date.now() && (
          <p class="soft">
            {text.previousUntil}: <TimeOr view={view} at={row.previousExpiresAt} none="" />
          </p>
        )}
      </div>
      {state === 'active' && <Change view={view} row={row} refused={refused} />}
    </li>
  );
}

/** Until when something goes: until the end of a day is the day. */
function LastMoment({ view, end }: { view: View; end: number }) {
  return end % DAY === 0 ? <Day view={view} at={end - 1} /> : <Time view={view} at={end} />;
}

function Change({ view, row, refused }: { view: View; row: ApiKeyRow; refused: Refused }) {
  const text = view.text.adminOperations.keys;
  const problemIn = (form: string) => (refused?.form === form ? refused.problem : undefined);
  const confirm = `confirm.${row.id}`;
  const wrong = problemIn('revoke')?.fields[confirm];
  return (
    <details class="change" open={refused !== undefined}>
      <summary>{text.change(row.name)}</summary>
      <Form view={view} problem={problemIn('rotate')} button={text.rotate} look="plain">
        <Hidden name="form" value="rotate" />
        <Hidden name="key" value={row.id} />
        <Select
          name={`overlap.${row.id}`}
          label={text.overlap}
          value="86400"
          options={Object.entries(text.overlaps)}
        />
      </Form>
      <Form view={view} problem={problemIn('revoke')} button={text.revoke} look="danger">
        <Hidden name="form" value="revoke" />
        <Hidden name="key" value={row.id} />
        <label class="choice">
          <input
            type="checkbox"
            id={confirm}
            name={confirm}
            required
            aria-invalid={wrong ? 'true' : undefined}
            aria-describedby={wrong && `${confirm}-problem`}
          />
          {text.confirm}
        </label>
        {wrong && (
          <p class="wrong" id={`${confirm}-problem`}>
            {wrong}
          </p>
        )}
      </Form>
    </details>
  );
}

function stateOf({ revokedAt, expiresAt }: ApiKeyRow, now: number): 'active' | 'revoked' | 'expired' {
  if (revokedAt !== null) return 'revoked';
  return expiresAt !== null && expiresAt <= now ? 'expired' : 'active';
}
