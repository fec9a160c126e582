import { kitMessages, realmsMessages } from '../../languages/messages.ts';
import { RealmPatch } from '../../realms/admin-schemas.ts';
import { RealmFields } from '../../realms/schemas.ts';
import type { RealmRow } from '../../realms/tables.ts';
import { ChoiceField, Field, Form, fieldsOf, Hidden, Select, TextArea } from '../kit/form.tsx';
import { type RefusedForm, valid } from '../kit/form-data.ts';
import type { View } from '../kit/view.ts';

/** The form of the policy of a realm. */
export function PolicyForm(props: { view: View; row: RealmRow; refused: RefusedForm | undefined }) {
  const { view, row, refused } = props;
  const text = realmsMessages[view.language];
  const of = fieldsOf(refused, {
    registration: row.registration,
    breached_passwords: row.breachedPasswords,
    challenge: row.challenge,
    anonymous_users: row.anonymousUsers,
    allowed_origins: row.allowedOrigins.join('\n'),
    redirect_targets: row.redirectTargets.join('\n'),
    audience: row.audience ?? '',
    access_token_seconds: row.accessTokenSeconds ?? '',
    session_idle_seconds: row.sessionIdleSeconds ?? '',
    session_absolute_seconds: row.sessionAbsoluteSeconds ?? '',
    refresh_grace_seconds: row.refreshGraceSeconds ?? '',
    mfa: row.mfa,
    mfa_from: row.mfaFrom === null ? '' : new Date(row.mfaFrom).toISOString().slice(0, 10),
    reauthentication_seconds: row.reauthenticationSeconds,
    operator_reauthentication_seconds: row.operatorReauthenticationSeconds,
  });
  const field = (name: string) => ({ ...of(name), autocomplete: 'off' });
  const seconds = (name: string) => ({ ...field(name), inputmode: 'numeric' }) as const;
  return (
    <Form view={view} name="policy" problem={refused?.problem} button={kitMessages[view.language].save}>
      <Select
        {...field('registration')}
        label={text.registration}
        options={RealmFields.registration.options.map((kind) => [kind, text.registrations[kind]])}
      />
      <Select
        {...field('breached_passwords')}
        label={text.breached}
        options={RealmFields.breachedPasswords.options.map((kind) => [kind, text.breachedPasswords[kind]])}
      />
      <Select
        {...field('challenge')}
        label={text.challenge}
        hint={text.challengeHint}
        options={RealmFields.challenge.options.map((kind) => [kind, text.challenges[kind]])}
      />
      <Select
        {...field('anonymous_users')}
        label={text.anonymous}
        hint={text.anonymousHint}
        options={RealmFields.anonymousUsers.options.map((kind) => [kind, text.anonymousUsers[kind]])}
      />
      <TextArea {...field('allowed_origins')} label={text.origins} hint={text.originsHint} />
      <TextArea {...field('redirect_targets')} label={text.redirects} hint={text.redirectsHint} />
      <Field {...field('audience')} label={text.audience} hint={text.audienceHint} />
      <div class="pair">
        <Field {...seconds('access_token_seconds')} label={text.accessToken} hint={text.accessTokenHint} />
        <Field {...seconds('session_idle_seconds')} label={text.idle} hint={text.idleHint} />
        <Field {...seconds('session_absolute_seconds')} label={text.absolute} hint={text.absoluteHint} />
        <Field {...seconds('refresh_grace_seconds')} label={text.grace} hint={text.graceHint} />
      </div>
      <div class="pair">
        <Select
          {...field('mfa')}
          label={text.mfa}
          hint={text.mfaHint}
          options={RealmFields.mfa.options.map((mode) => [mode, text.mfaModes[mode]])}
        />
        <Field {...field('mfa_from')} type="date" label={text.mfaFrom} hint={text.mfaFromHint} />
      </div>
      <fieldset class="choices">
        <legend>{text.mfaFactors}</legend>
        {RealmFields.mfaFactor.options.map((factor) => (
          <ChoiceField
            name={`mfa_factor_${factor}`}
            value="1"
            checked={
              refused ? refused.values[`mfa_factor_${factor}`] !== undefined : row.mfaFactors.includes(factor)
            }
          >
            {text.mfaFactorNames[factor]}
          </ChoiceField>
        ))}
        <ChoiceField
          name="mfa_remember_device"
          value="1"
          checked={refused ? refused.values.mfa_remember_device !== undefined : row.mfaRememberDevice}
        >
          {text.mfaRemember}
        </ChoiceField>
      </fieldset>
      <fieldset class="choices">
        <legend>{text.clientRegistration}</legend>
        {RealmFields.clientRegistration.options.map((way) => (
          <ChoiceField
            name={`client_registration_${way}`}
            value="1"
            checked={
              refused
                ? refused.values[`client_registration_${way}`] !== undefined
                : row.clientRegistration.includes(way)
            }
          >
            {text.clientRegistrations[way]}
          </ChoiceField>
        ))}
        <Hidden name="client_registration" value="1" />
      </fieldset>
      <div class="pair">
        <Field {...seconds('reauthentication_seconds')} label={text.proof} hint={text.proofHint} />
        <Field
          {...seconds('operator_reauthentication_seconds')}
          label={text.operatorProof}
          hint={text.operatorProofHint}
        />
      </div>
    </Form>
  );
}

/** What the form makes of a realm. Throws `validation_failed`. */
export function policyPatch(values: Record<string, string>) {
  const text = (name: string) => values[name]?.trim() ?? '';
  const lines = (name: string) => text(name).split(/\s+/).filter(Boolean);
  const seconds = (name: string) => (/^\d{1,9}$/.test(text(name)) ? Number(text(name)) : text(name));
  return valid(RealmPatch, {
    registration: text('registration'),
    breached_passwords: text('breached_passwords'),
    challenge: text('challenge'),
    // A form of before has none.
    ...(values.anonymous_users !== undefined && { anonymous_users: text('anonymous_users') }),
    allowed_origins: lines('allowed_origins'),
    redirect_targets: lines('redirect_targets'),
    audience: text('audience') || null,
    access_token_seconds: seconds('access_token_seconds'),
    session_idle_seconds: seconds('session_idle_seconds'),
    session_absolute_seconds: seconds('session_absolute_seconds'),
    refresh_grace_seconds: seconds('refresh_grace_seconds'),
    // A form of before has none of these.
    ...(values.mfa !== undefined && {
      mfa: text('mfa'),
      mfa_factors: RealmFields.mfaFactor.options.filter((one) => values[`mfa_factor_${one}`] !== undefined),
      mfa_from: text('mfa_from') === '' ? null : `${text('mfa_from')}T00:00:00Z`,
      mfa_remember_device: values.mfa_remember_device !== undefined,
    }),
    ...(values.client_registration !== undefined && {
      client_registration: RealmFields.clientRegistration.options.filter(
        (one) => values[`client_registration_${one}`] !== undefined,
      ),
    }),
    ...(values.reauthentication_seconds !== undefined && {
      reauthentication_seconds: seconds('reauthentication_seconds'),
      operator_reauthentication_seconds: seconds('operator_reauthentication_seconds'),
    }),
  });
}
