import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { ProfilePatch } from '../directory/schemas.ts';
import type { UserRow } from '../directory/tables.ts';
import { ApiError, fieldError } from '../errors.ts';
import type { AppContext, AppEnv } from '../http/context.ts';
import { MAX_AVATAR_BYTES } from '../profile/avatar-service.ts';
import { countryOptions, languageOptions } from './account-format.ts';
import { ACCOUNT_PAGES, AccountFrame, Avatar, Panel } from './account-frame.tsx';
import { accountPage, refusal, refuse, refusedIn, requireLevel, type Shown } from './account-page.tsx';
import { type AccountServices, signedIn, type Visit } from './account-visit.ts';
import { Field, Form, Hidden, type Problem, Select, TextArea, valid } from './form.tsx';
import { fileOf, formOf } from './view.ts';

const PICTURE = '/account/avatar';
const REMOVE_PICTURE = '/account/avatar/remove';
/** What a form has around the file it brings. */
const FORM_OVERHEAD = 4 * 1024;

/** The profile: picture, names, and what else users say of themselves. */
export function profileRoutes(services: AccountServices) {
  const { profiles, avatars, config } = services;
  const page = accountPage(services, {
    path: ACCOUNT_PAGES.profile,
    render: (_, visit, shown) => <ProfilePage visit={visit} shown={shown} />,
    forms: {
      profile: {
        verified: true,
        act: async (_, { user }, values) => {
          await profiles.update(user.id, valid(ProfilePatch, profileOf(values)));
          return 'saved';
        },
      },
    },
  });
  const picture = { verified: true, names: { '': 'picture' } };
  const refusedPicture = (c: AppContext, visit: Visit, error: unknown) => {
    const problem = refusal(error, visit.view.text, picture);
    const shown = { refused: { form: 'picture', values: {}, problem } };
    return refuse(c, visit, error as ApiError, <ProfilePage visit={visit} shown={shown} />);
  };
  const tooLarge = () =>
    new ApiError('payload_too_large', { fields: [{ path: '', code: 'image_too_large', message: '' }] });
  /** One of the forms about the picture. Each has a path of its own, as one of them may be larger than others. */
  const about = <Sent,>(
    read: (c: AppContext) => Promise<Sent>,
    act: (sent: Sent, user: UserRow) => Promise<string>,
  ) =>
    signedIn(services, async (c, visit) => {
      const sent = await read(c);
      try {
        requireLevel(picture, visit);
        const done = await act(sent, visit.user);
        return c.redirect(visit.view.link(ACCOUNT_PAGES.profile, { done }), 303);
      } catch (error) {
        return refusedPicture(c, visit, error);
      }
    });
  const replace = about(
    (c) => fileOf(c, config.ORIGIN, 'picture'),
    async (file, { id }) => {
      if (!file) throw fieldError('', 'required', 'Is needed');
      if (file.size > MAX_AVATAR_BYTES) throw tooLarge();
      await avatars.replace(id, new Uint8Array(await file.arrayBuffer()));
      return 'picture_saved';
    },
  );
  const remove = about(
    (c) => formOf(c, config.ORIGIN),
    async (_, { id }) => {
      await avatars.remove(id);
      return 'picture_removed';
    },
  );
  const limitUpload = bodyLimit({
    maxSize: MAX_AVATAR_BYTES + FORM_OVERHEAD,
    onError: signedIn(services, (c, visit) => refusedPicture(c, visit, tooLarge())),
  });
  const toProfile = signedIn(services, (c, { view }) => c.redirect(view.link(ACCOUNT_PAGES.profile), 303));
  return new Hono<AppEnv>()
    .route('/', page)
    .get(PICTURE, toProfile)
    .get(REMOVE_PICTURE, toProfile)
    .post(PICTURE, limitUpload, replace)
    .post(REMOVE_PICTURE, remove);
}

const FIELDS = [
  'name',
  'given_name',
  'family_name',
  'username',
  'bio',
  'country',
  'phone_number',
  'locale',
] as const;

/** What the form changes: an empty field clears, one that was not sent stays. */
function profileOf(values: Record<string, string>): Record<string, string | null> {
  const sent = FIELDS.filter((name) => values[name] !== undefined);
  return Object.fromEntries(sent.map((name) => [name, values[name]?.trim() || null]));
}

function ProfilePage({ visit, shown }: { visit: Visit; shown: Shown }) {
  const { user, view } = visit;
  const refused = refusedIn(shown, 'profile');
  return (
    <AccountFrame visit={visit} page="profile" done={shown.done} failed={shown.refused !== undefined}>
      <PicturePanel visit={visit} problem={refusedIn(shown, 'picture')?.problem} />
      <Panel id="about" title={view.text.account.profile.about}>
        <ProfileForm visit={visit} values={refused?.values ?? valuesOf(user)} problem={refused?.problem} />
      </Panel>
    </AccountFrame>
  );
}

function PicturePanel({ visit, problem }: { visit: Visit; problem: Problem | undefined }) {
  const { principal, user, view } = visit;
  const text = view.text.account.profile;
  const disabled = !principal.emailVerified;
  return (
    <Panel id="picture-title" title={text.picture}>
      <div class="picture">
        <Avatar user={user} />
        <div>
          <Form
            view={view}
            action={view.link(PICTURE)}
            problem={problem}
            button={text.upload}
            look="plain"
            disabled={disabled}
            upload
          >
            <Field
              name="picture"
              type="file"
              label={text.pictureLabel}
              hint={disabled ? view.text.account.verifyFirst : text.pictureHint}
              problem={problem}
              accept="image/png,image/jpeg,image/webp"
              required
            />
          </Form>
          {user.picture && !disabled && (
            <form method="post" action={view.link(REMOVE_PICTURE)}>
              <button type="submit" class="link">
                {text.remove}
              </button>
            </form>
          )}
        </div>
      </div>
    </Panel>
  );
}

function ProfileForm(props: {
  visit: Visit;
  values: Record<string, string | null>;
  problem: Problem | undefined;
}) {
  const { visit, values, problem } = props;
  const { principal, view } = visit;
  const { profile: text, notSet, save, verifyFirst } = view.text.account;
  const of = (name: (typeof FIELDS)[number]) => ({ name, value: values[name], problem });
  const none: [string, string] = ['', notSet];
  return (
    <Form view={view} problem={problem} button={save} disabled={!principal.emailVerified}>
      <Hidden name="form" value="profile" />
      {!principal.emailVerified && <p class="hint">{verifyFirst}</p>}
      <Field {...of('name')} label={text.name} autocomplete="name" maxlength={200} />
      <div class="pair">
        <Field {...of('given_name')} label={text.givenName} autocomplete="given-name" maxlength={100} />
        <Field {...of('family_name')} label={text.familyName} autocomplete="family-name" maxlength={100} />
      </div>
      <Field
        {...of('username')}
        label={text.username}
        hint={text.usernameHint}
        autocomplete="username"
        maxlength={32}
      />
      <TextArea {...of('bio')} label={text.bio} maxlength={2000} />
      <Field
        {...of('phone_number')}
        type="tel"
        label={text.phone}
        hint={text.phoneHint}
        autocomplete="tel"
        maxlength={40}
      />
      <div class="pair">
        <Select
          {...of('country')}
          label={text.country}
          autocomplete="country"
          options={[none, ...countryOptions(view.language, visit.user.country)]}
        />
        <Select
          {...of('locale')}
          label={text.locale}
          options={[none, ...languageOptions(visit.user.locale)]}
        />
      </div>
    </Form>
  );
}

function valuesOf(user: UserRow): Record<(typeof FIELDS)[number], string | null> {
  return {
    name: user.name,
    given_name: user.givenName,
    family_name: user.familyName,
    username: user.username,
    bio: user.bio,
    country: user.country,
    phone_number: user.phoneNumber,
    locale: user.locale,
  };
}
