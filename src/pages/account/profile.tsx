import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { ProfilePatch } from '../../directory/schemas.ts';
import type { UserRow } from '../../directory/tables.ts';
import { ApiError, fieldError } from '../../errors.ts';
import { type AppContext, type AppEnv, clientOf } from '../../http/context.ts';
import { MAX_PICTURE_BYTES } from '../../images/picture-store.ts';
import { accountMessages, kitMessages, profileMessages, securityMessages } from '../../languages/messages.ts';
import { isPlaceholder } from '../../lib/email-address.ts';
import { Dialog } from '../kit/dialog.tsx';
import { Field, Form, fieldsOf, Select, TextArea } from '../kit/form.tsx';
import { type FormProblem, fileOf, formOf, type RefusedForm, valid } from '../kit/form-data.ts';
import { countryOptions, languageOptions } from '../kit/format.ts';
import { answerForm, type PageDefinition, pageRoutes, refusedIn, type Shown } from '../kit/page.ts';
import { Alert, Avatar, Badge, fullNameOf, Panel } from '../kit/panel.tsx';
import type { View } from '../kit/view.ts';
import { ACCOUNT_PAGES, AccountFrame, addressNeeded } from './frame.tsx';
import { type AccountServices, type AccountVisit, accountArea, signedInAccount } from './visit.ts';

const PICTURE = '/account/avatar';
const REMOVE_PICTURE = '/account/avatar/remove';
/** The bytes of a form besides its file. */
const FORM_OVERHEAD = 4 * 1024;

/** The profile: picture, names, and what else users say of themselves. */
export function profilePageRoutes(services: AccountServices) {
  const { profiles, avatars, config } = services;
  const area = accountArea(services);
  const page: PageDefinition<AccountVisit> = {
    path: ACCOUNT_PAGES.profile,
    messages: profileMessages,
    render: (_, visit, shown) => <ProfilePage visit={visit} shown={shown} />,
    forms: {
      profile: {
        verified: true,
        // Another number, by which one may sign in.
        fresh: ({ user }, { phone_number: number }) =>
          number !== undefined && (number.trim() || null) !== user.phoneNumber,
        act: async (c, { user }, values) => {
          const { email: _email, picture: _picture, ...changes } = profileChanges(values);
          if (changes.phone_number === user.phoneNumber) delete changes.phone_number;
          await profiles.update(user.id, valid(ProfilePatch, changes), clientOf(c));
          return 'saved';
        },
      },
    },
  };
  const answerPicture = (c: AppContext, visit: AccountVisit, act: () => Promise<string>) =>
    answerForm(c, visit, area, page, {
      name: 'picture',
      verified: true,
      names: { '': 'picture' },
      values: {},
      act,
    });
  const refuseTooLarge = async () => {
    throw new ApiError('payload_too_large', {
      fields: [{ path: '', code: 'image_too_large', message: '' }],
    });
  };
  const limitUpload = bodyLimit({
    maxSize: MAX_PICTURE_BYTES + FORM_OVERHEAD,
    onError: signedInAccount(services, (c, visit) => answerPicture(c, visit, refuseTooLarge)),
  });
  const replace = signedInAccount(services, async (c, visit) => {
    const file = await fileOf(c, config.ORIGIN, 'picture');
    return answerPicture(c, visit, async () => {
      if (!file) throw fieldError('', 'required', 'Is needed');
      if (file.size > MAX_PICTURE_BYTES) return refuseTooLarge();
      await avatars.replace(visit.user.id, new Uint8Array(await file.arrayBuffer()));
      return 'picture_saved';
    });
  });
  const remove = signedInAccount(services, async (c, visit) => {
    await formOf(c, config.ORIGIN);
    return answerPicture(c, visit, async () => {
      await avatars.remove(visit.user.id);
      return 'picture_removed';
    });
  });
  const toProfile = signedInAccount(services, (c, { view }) =>
    c.redirect(view.link(ACCOUNT_PAGES.profile), 303),
  );
  // The forms of the picture have paths of their own, because one of them may be larger than others.
  return new Hono<AppEnv>()
    .route('/', pageRoutes(area, page))
    .get(PICTURE, toProfile)
    .get(REMOVE_PICTURE, toProfile)
    .post(PICTURE, limitUpload, replace)
    .post(REMOVE_PICTURE, remove);
}

/** The fields of forms about a profile, and the columns that they show. */
const COLUMNS = {
  email: 'email',
  name: 'name',
  given_name: 'givenName',
  family_name: 'familyName',
  username: 'username',
  phone_number: 'phoneNumber',
  country: 'country',
  locale: 'locale',
  picture: 'picture',
  bio: 'bio',
} as const satisfies Record<string, keyof UserRow>;

/** What the fields of a form about a profile show, by their names. */
export function profileValues(user: UserRow): Record<string, string | null> {
  return Object.fromEntries(Object.entries(COLUMNS).map(([field, column]) => [field, user[column]]));
}

/** What such a form changes: an empty field clears, and one that was not sent stays. */
export function profileChanges(values: Record<string, string>): Record<string, string | null> {
  const sent = Object.keys(COLUMNS).filter((field) => values[field] !== undefined);
  return Object.fromEntries(sent.map((field) => [field, values[field]?.trim() || null]));
}

function ProfilePage({ visit, shown }: { visit: AccountVisit; shown: Shown }) {
  const text = profileMessages[visit.view.language];
  return (
    <AccountFrame visit={visit} page="profile" shown={shown}>
      <PicturePanel visit={visit} problem={refusedIn(shown, 'picture')?.problem} />
      <Panel id="about" title={text.about}>
        <ProfileForm visit={visit} refused={refusedIn(shown, 'profile')} />
      </Panel>
    </AccountFrame>
  );
}

/** Who the user is at one look: picture, name, address, and whether that is confirmed; and the form of the picture. */
function PicturePanel({ visit, problem }: { visit: AccountVisit; problem: FormProblem | undefined }) {
  const { principal, user, view } = visit;
  const text = profileMessages[view.language];
  const { verified, unverified } = securityMessages[view.language];
  const disabled = !principal.emailVerified;
  const name =
    isPlaceholder(user.email) && user.name === null ? accountMessages[view.language].menu : fullNameOf(user);
  return (
    <section class="panel" aria-label={text.picture}>
      <div class="picture">
        <Avatar user={user} />
        <div>
          <h2>{name}</h2>
          {!isPlaceholder(user.email) && (
            <p>
              {name !== user.email && <span class="soft">{user.email} </span>}
              <Badge look={principal.emailVerified ? 'good' : 'warn'}>
                {principal.emailVerified ? verified : unverified}
              </Badge>
            </p>
          )}
          {disabled ? (
            <>
              {problem && <Alert isFocused>{problem.summary}</Alert>}
              <p class="hint">{addressNeeded(visit)}</p>
            </>
          ) : (
            <div class="acts">
              <Dialog
                view={view}
                id="picture-dialog"
                title={text.picture}
                button={text.changePicture}
                isOpen={problem !== undefined}
              >
                <Form view={view} action={view.link(PICTURE)} problem={problem} button={text.upload} upload>
                  <Field
                    name="picture"
                    type="file"
                    label={text.pictureLabel}
                    hint={text.pictureHint}
                    problem={problem}
                    accept="image/png,image/jpeg,image/webp"
                    required
                    data-crops
                  />
                  <Crop view={view} />
                </Form>
              </Dialog>
              {user.picture && (
                <form method="post" action={view.link(REMOVE_PICTURE)}>
                  <button type="submit" class="ghost small">
                    {text.remove}
                  </button>
                </form>
              )}
            </div>
          )}
        </div>
      </div>
    </section>
  );
}

/** What is seen of a picture that was chosen; a script shows it, and sends the square alone. */
function Crop({ view }: { view: View }) {
  const text = profileMessages[view.language];
  return (
    <div class="crop" hidden>
      <canvas width={512} height={512} tabindex={0} role="img" aria-label={text.crop} />
      <label for="zoom">{text.zoom}</label>
      <input id="zoom" type="range" min={1} max={4} step={0.05} value="1" autocomplete="off" />
      <p class="hint">{text.cropHint}</p>
    </div>
  );
}

function ProfileForm({ visit, refused }: { visit: AccountVisit; refused: RefusedForm | undefined }) {
  const { principal, user, view } = visit;
  const text = profileMessages[view.language];
  const { notSet, save } = kitMessages[view.language];
  const field = fieldsOf(refused, profileValues(user));
  const none: [string, string] = ['', notSet];
  const disabled = !principal.emailVerified;
  return (
    <Form view={view} name="profile" problem={refused?.problem} button={save} disabled={disabled}>
      {disabled && <p class="hint">{addressNeeded(visit)}</p>}
      <Field {...field('name')} label={text.name} autocomplete="name" maxlength={200} />
      <div class="pair">
        <Field {...field('given_name')} label={text.givenName} autocomplete="given-name" maxlength={100} />
        <Field {...field('family_name')} label={text.familyName} autocomplete="family-name" maxlength={100} />
      </div>
      <Field
        {...field('username')}
        label={text.username}
        hint={text.usernameHint}
        autocomplete="username"
        maxlength={32}
      />
      <TextArea {...field('bio')} label={text.bio} maxlength={2000} />
      <Field
        {...field('phone_number')}
        type="tel"
        label={text.phone}
        hint={text.phoneHint}
        autocomplete="tel"
        maxlength={40}
      />
      <div class="pair">
        <Select
          {...field('country')}
          label={text.country}
          autocomplete="country"
          options={[none, ...countryOptions(view.language, user.country)]}
        />
        <Select {...field('locale')} label={text.locale} options={[none, ...languageOptions(user.locale)]} />
      </div>
    </Form>
  );
}
