import { countryOptions, languageOptions } from './account-format.ts';
import { Panel } from './account-frame.tsx';
import { refusedIn } from './account-page.tsx';
import type { UserPart } from './admin-user.tsx';
import { Field, Form, Hidden, Select, TextArea } from './form.tsx';

/** What is known of a user, to be changed. */
export function ProfilePanel({ visit: { view }, seen: { user }, shown }: UserPart) {
  const { account, admin } = view.text;
  const text = account.profile;
  const { problem, values } = refusedIn(shown, 'profile') ?? {};
  const value = values ?? {
    email: user.email,
    name: user.name,
    given_name: user.givenName,
    family_name: user.familyName,
    username: user.username,
    phone_number: user.phoneNumber,
    country: user.country,
    locale: user.locale,
    picture: user.picture,
    bio: user.bio,
  };
  const none: [string, string] = ['', account.notSet];
  return (
    <Panel id="profile" title={text.title}>
      <Form view={view} problem={problem} button={account.save}>
        <Hidden name="form" value="profile" />
        <Field
          name="email"
          type="email"
          label={admin.user.email}
          hint={admin.user.emailHint}
          value={value.email}
          problem={problem}
          autocomplete="off"
        />
        <Field name="name" label={text.name} value={value.name} problem={problem} />
        <div class="pair">
          <Field name="given_name" label={text.givenName} value={value.given_name} problem={problem} />
          <Field name="family_name" label={text.familyName} value={value.family_name} problem={problem} />
          <Field
            name="username"
            label={text.username}
            value={value.username}
            problem={problem}
            autocomplete="off"
          />
          <Field
            name="phone_number"
            type="tel"
            label={text.phone}
            value={value.phone_number}
            problem={problem}
            autocomplete="off"
          />
          <Select
            name="country"
            label={text.country}
            value={value.country}
            problem={problem}
            options={[none, ...countryOptions(view.language, user.country)]}
          />
          <Select
            name="locale"
            label={admin.user.locale}
            value={value.locale}
            problem={problem}
            options={[none, ...languageOptions(user.locale)]}
          />
        </div>
        <Field name="picture" type="url" label={admin.user.picture} value={value.picture} problem={problem} />
        <TextArea name="bio" label={admin.user.bio} value={value.bio} problem={problem} />
      </Form>
    </Panel>
  );
}
