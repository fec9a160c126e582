import {
  adminMessages,
  adminOrganizationsMessages,
  identitiesMessages,
  kitMessages,
  profileMessages,
  userMessages,
  usersMessages,
} from '../../languages/messages.ts';
import { isPlaceholder } from '../../lib/email-address.ts';
import { SessionEntry } from '../account/devices.tsx';
import { OrganizationMark } from '../account/organizations.tsx';
import { profileValues } from '../account/profile.tsx';
import { Field, Form, fieldsOf, Select, TextArea } from '../kit/form.tsx';
import { countryOptions, languageName, languageOptions } from '../kit/format.ts';
import { refusedIn } from '../kit/page.ts';
import { Badge, DescriptionList, Entries, Entry, Panel, Time, TimeOr } from '../kit/panel.tsx';
import { ActDialog } from './act-dialog.tsx';
import { ADMIN_PAGES } from './frame.tsx';
import type { readAccess, readOverview, UserPanelProps } from './user-data.ts';
import { StatusBadge } from './users-table.tsx';

type UserOverview = Awaited<ReturnType<typeof readOverview>>;

/** The profile of a user, and the dialog that changes it. */
export function ProfilePanel({ visit: { view }, user, shown }: UserPanelProps) {
  const profile = profileMessages[view.language];
  const text = userMessages[view.language];
  const { notSet, save } = kitMessages[view.language];
  const refused = refusedIn(shown, 'profile');
  const field = fieldsOf(refused, profileValues(user));
  const none: [string, string] = ['', notSet];
  const countries = countryOptions(view.language, user.country);
  const country = countries.find(([code]) => code === user.country)?.[1];
  const facts: [name: string, value: string | null | undefined][] = [
    [text.email, isPlaceholder(user.email) ? null : user.email],
    [profile.name, user.name],
    [profile.givenName, user.givenName],
    [profile.familyName, user.familyName],
    [profile.username, user.username],
    [profile.phone, user.phoneNumber],
    [profile.country, country],
    [text.locale, user.locale && languageName(user.locale)],
    [text.bio, user.bio],
  ];
  return (
    <Panel id="profile" title={profile.title}>
      <DescriptionList
        look="about"
        entries={facts.map(([name, value]) => [name, value || <span class="soft">{notSet}</span>])}
      />
      <div class="acts">
        <ActDialog
          view={view}
          shown={shown}
          form="profile"
          open={text.editProfile}
          button={save}
          reason="never"
          isWide
        >
          <Field
            {...field('email')}
            type="email"
            label={text.email}
            hint={text.emailHint}
            autocomplete="off"
          />
          <Field {...field('name')} label={profile.name} />
          <div class="pair">
            <Field {...field('given_name')} label={profile.givenName} />
            <Field {...field('family_name')} label={profile.familyName} />
            <Field {...field('username')} label={profile.username} autocomplete="off" />
            <Field {...field('phone_number')} type="tel" label={profile.phone} autocomplete="off" />
            <Select {...field('country')} label={profile.country} options={[none, ...countries]} />
            <Select
              {...field('locale')}
              label={text.locale}
              options={[none, ...languageOptions(user.locale)]}
            />
          </div>
          <Field {...field('picture')} type="url" label={text.picture} />
          <TextArea {...field('bio')} label={text.bio} />
        </ActDialog>
      </div>
    </Panel>
  );
}

/** Since when the user is there, and when they were last. */
export function FactsPanel({ visit: { view }, user }: UserPanelProps) {
  const text = userMessages[view.language];
  const { columns } = usersMessages[view.language];
  const { never } = kitMessages[view.language];
  const lastActive = user.lastActiveOn === null ? null : Date.parse(user.lastActiveOn);
  return (
    <Panel id="facts" title={text.facts}>
      <DescriptionList
        look="about"
        entries={[
          [columns.created_at, <Time view={view} at={user.createdAt} />],
          [columns.last_login_at, <TimeOr view={view} at={user.lastLoginAt} none={never} ago />],
          [text.lastActive, <TimeOr view={view} at={lastActive} none={never} day />],
        ]}
      />
    </Panel>
  );
}

/** The sessions of a user, and the forms that end them. */
export function SessionsPanel(
  props: UserPanelProps & { sessions: Awaited<ReturnType<typeof readAccess>>['sessions'] },
) {
  const { sessions } = props;
  const { view } = props.visit;
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
export function IdentitiesPanel(props: UserPanelProps & Pick<UserOverview, 'identities'>) {
  const { identities } = props;
  const { view } = props.visit;
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
export function OrganizationsPanel(props: UserPanelProps & Pick<UserOverview, 'organizations'>) {
  const { organizations } = props;
  const { view } = props.visit;
  return (
    <Panel id="organizations" title={adminMessages[view.language].pages.organizations}>
      {organizations.length === 0 ? (
        <p class="soft">{adminOrganizationsMessages[view.language].isInNone}</p>
      ) : (
        <ul class="rows">
          {organizations.map(({ id, logo, name, slug, status }) => (
            <Entry
              icon={<OrganizationMark logo={logo} />}
              name={<a href={view.link(`${ADMIN_PAGES.organizations}/${id}`)}>{name}</a>}
              badge={status !== 'active' && <StatusBadge view={view} status={status} />}
              about={[slug]}
            />
          ))}
        </ul>
      )}
    </Panel>
  );
}
