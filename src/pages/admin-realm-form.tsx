import { RealmPatch } from '../realms/admin-schemas.ts';
import type { RealmRow } from '../realms/tables.ts';
import { RealmFields } from '../realms/schemas.ts';
import type { Shown } from './account-page.tsx';
import { checked } from './admin-parts.tsx';
import { Field, Select, TextArea } from './form.tsx';
import type { View } from './view.ts';

/** What to say of fields that other forms have, too. */
export const POLICY_CODES = { name: 'short_name' };

/** What a realm is made of. */
export function PolicyFields({
  view,
  row,
  refused,
}: {
  view: View;
  row: RealmRow;
  refused: Shown['refused'];
}) {
  const text = view.text.adminOperations.realms;
  const { problem, values } = refused ?? {};
  const field = (name: string, kept: string | number | null) => ({
    name,
    problem,
    value: values?.[name] ?? (kept === null ? '' : String(kept)),
    autocomplete: 'off',
  });
  const registrations = RealmFields.registration.options;
  return (
    <>
      <div class="pair">
        <Field {...field('name', row.name)} label={text.name} required maxlength={100} />
        <Field
          {...field('color', row.color)}
          label={text.color}
          hint={text.colorHint}
          required
          maxlength={7}
        />
      </div>
      <Field
        {...field('logo', row.logo)}
        type="url"
        label={text.logo}
        hint={text.logoHint}
        maxlength={2000}
      />
      <Select
        {...field('registration', row.registration)}
        label={text.registration}
        options={registrations.map((kind) => [kind, text.registrations[kind]])}
      />
      <TextArea
        {...field('allowed_origins', row.allowedOrigins.join('\n'))}
        label={text.origins}
        hint={text.originsHint}
      />
      <TextArea
        {...field('redirect_targets', row.redirectTargets.join('\n'))}
        label={text.redirects}
        hint={text.redirectsHint}
      />
      <Field {...field('audience', row.audience)} label={text.audience} hint={text.audienceHint} />
      <div class="pair">
        <Field
          {...field('access_token_seconds', row.accessTokenSeconds)}
          label={text.accessToken}
          hint={text.accessTokenHint}
          inputmode="numeric"
        />
        <Field
          {...field('session_idle_seconds', row.sessionIdleSeconds)}
          label={text.idle}
          hint={text.idleHint}
          inputmode="numeric"
        />
        <Field
          {...field('session_absolute_seconds', row.sessionAbsoluteSeconds)}
          label={text.absolute}
          hint={text.absoluteHint}
          inputmode="numeric"
        />
      </div>
    </>
  );
}

/** What such a form makes of a realm. Throws `validation_failed`. */
export function patchOf(values: Record<string, string>) {
  const text = (name: string) => values[name]?.trim() ?? '';
  const lines = (name: string) => text(name).split(/\s+/).filter(Boolean);
  const seconds = (name: string) => (/^\d{1,9}$/.test(text(name)) ? Number(text(name)) : text(name));
  return checked(
    RealmPatch,
    {
      name: text('name'),
      color: text('color'),
      logo: text('logo') || null,
      registration: text('registration'),
      allowed_origins: lines('allowed_origins'),
      redirect_targets: lines('redirect_targets'),
      audience: text('audience') || null,
      access_token_seconds: seconds('access_token_seconds'),
      session_idle_seconds: seconds('session_idle_seconds'),
      session_absolute_seconds: seconds('session_absolute_seconds'),
    },
    POLICY_CODES,
  );
}
