import {
  adminMessages,
  adminOrganizationsMessages,
  identitiesMessages,
  kitMessages,
  profileMessages,
  userMessages,
} from '../../languages/messages.ts';
import { SessionEntry } from '../account/devices.tsx';
import { profileValues } from '../account/profile.tsx';
import { Field, Form, fieldsOf, Select, TextArea } from '../kit/form.tsx';
import { countryOptions, languageOptions } from '../kit/format.ts';
import { refusedIn } from '../kit/page.ts';
import { Badge, Entries, Entry, Panel, Time } from '../kit/panel.tsx';
import { OrganizationTable } from './organizations.tsx';
import type { UserPanelProps } from './user-data.ts';

/** The profile of a user, to be changed. */
export function ProfilePanel({ visit: { view }, data: { user }, shown }: UserPanelProps) {
  const profile = profileMessages[view.language];
  const text = userMessages[view.language];
  const { notSet, save } = kitMessages[view.language];
  const refused = refusedIn(shown, 'profile');
  const field = fieldsOf(refused, profileValues(user));
  const none: [string, string] = ['', notSet];
  return (
    <Panel id="profile" title={profile.title}>
      <Form view={view} name="profile" problem={refused?.problem} button={save}>
        <Field {...field('email')} type="email" label={text.email} hint={text.emailHint} autocomplete="off" />
        <Field {...field('name')} label={profile.name} />
        <div class="pair">
          <Field {...field('given_name')} label={profile.givenName} />
          <Field {...field('family_name')} label={profile.familyName} />
          <Field {...field('username')} label={profile.username} autocomplete="off" />
          <Field {...field('phone_number')} type="tel" label={profile.phone} autocomplete="off" />
          <Select
            {...field('country')}
            label={profile.country}
            options={[none, ...countryOptions(view.language, user.country)]}
          />
          <Select
            {...field('locale')}
            label={text.locale}
            options={[none, ...languageOptions(user.locale)]}
          />
        </div>
        <Field {...field('picture')} type="url" label={text.picture} />
        <TextArea {...field('bio')} label={text.bio} />
      </Form>
    </Panel>
  );
}

/** The sessions of a user, and the forms that end them. */
export function SessionsPanel({ visit: { view }, data: { sessions } }: UserPanelProps) {
  const text = userMessages[view.language];
  const entries = sessions.map((row) => (
    <SessionEntry
      view={view}
      row={row}
      badge={row.impersonator && <Badge>{text.impersonated}</Badge>}
      endForm="end_session"
    />
  ));
  return (
    <Panel id="sessions" title={text.sessions(sessions.length)}>
      <Entries entries={entries} none={text.noSessions} />
      {sessions.length > 1 && <Form view={view} name="end_sessions" button={text.endAll} look="danger" />}
    </Panel>
  );
}

/** The accounts of providers that a user signs in with. */
export function IdentitiesPanel({ visit: { view }, data: { identities } }: UserPanelProps) {
  const { since, title } = identitiesMessages[view.language];
  const entries = identities.map(({ provider, email, name, createdAt }) => (
    <Entry name={provider} about={[[name, email].filter(Boolean).join(' · ')]}>
      <p class="soft">
        {since} <Time view={view} at={createdAt} />
      </p>
    </Entry>
  ));
  return (
    <Panel id="identities" title={title}>
      <Entries entries={entries} none={userMessages[view.language].noIdentities} />
    </Panel>
  );
}

/** The organizations that a user is in. */
export function OrganizationsPanel({ visit: { view }, data: { organizations } }: UserPanelProps) {
  return (
    <Panel id="organizations" title={adminMessages[view.language].pages.organizations}>
      {organizations.length === 0 ? (
        <p class="soft">{adminOrganizationsMessages[view.language].isInNone}</p>
      ) : (
        <OrganizationTable view={view} rows={organizations} />
      )}
    </Panel>
  );
}
