import { bodyLimit } from 'hono/body-limit';
import { ApiError, fieldError } from '../../errors.ts';
import type { AppContext } from '../../http/context.ts';
import { REALM_PICTURES, type RealmPicture } from '../../images/picture-key.ts';
import { MAX_PICTURE_BYTES } from '../../images/picture-store.ts';
import { realmsMessages } from '../../languages/messages.ts';
import { LANGUAGES, type Language } from '../../lib/language.ts';
import { appearanceOf, type Realm, withAppearance } from '../../lib/realm.ts';
import { RealmPatch } from '../../realms/admin-schemas.ts';
import type { RealmRow } from '../../realms/tables.ts';
import { SignInPage } from '../entry/sign-in.tsx';
import { Field, Form, fieldsOf, Select } from '../kit/form.tsx';
import { formOf, type RefusedForm, valid } from '../kit/form-data.ts';
import { languageName } from '../kit/format.ts';
import { Icon } from '../kit/icon.tsx';
import { Panel } from '../kit/panel.tsx';
import { show, type View, viewFor } from '../kit/view.ts';
import type { AdminServices, AdminVisit } from './visit.ts';

/** The bytes of a form besides its file. */
const FORM_OVERHEAD = 4 * 1024;
/** What shows what a form would make. */
const FRAME = 'preview';
/** What is wrong with fields whose names other forms have for something else. */
const CODES = { name: 'short_name' };

/** How the pages of a realm look: the form beside the page of signing in as it would be, and the pictures. */
export function AppearancePanels(props: {
  view: View;
  row: RealmRow;
  /** The address of the page of the realm. */
  path: string;
  refused: RefusedForm | undefined;
  picture: RefusedForm | undefined;
}) {
  const { view, row, path, refused, picture } = props;
  const text = realmsMessages[view.language].appearance;
  const preview = view.link(`${path}/preview`);
  return (
    <>
      <Panel id="appearance" title={text.title}>
        <p class="soft">{text.text}</p>
        <div class="beside">
          <AppearanceForm view={view} row={row} preview={preview} refused={refused} />
          <figure class="preview">
            <figcaption class="soft">{text.previewText}</figcaption>
            <iframe name={FRAME} src={preview} title={text.preview} sandbox="allow-same-origin" inert />
          </figure>
        </div>
      </Panel>
      <PicturesPanel view={view} row={row} path={path} refused={picture} />
    </>
  );
}

function AppearanceForm(props: {
  view: View;
  row: RealmRow;
  preview: string;
  refused: RefusedForm | undefined;
}) {
  const { view, row, preview, refused } = props;
  const text = realmsMessages[view.language].appearance;
  const { welcome, ...looks } = appearanceOf(row.appearance);
  const kept = {
    name: row.name,
    color: row.color,
    logo: row.logo,
    ...Object.fromEntries(Object.entries(looks).map(([part, value]) => [`appearance.${part}`, value])),
    ...Object.fromEntries(LANGUAGES.map((one) => [`appearance.welcome.${one}`, welcome[one]])),
  };
  const of = fieldsOf(refused, kept);
  const field = (name: string) => ({ ...of(name), autocomplete: 'off' });
  const color = (name: string, label: string) => ({
    ...field(name),
    label,
    maxlength: 7,
    within: <input type="color" class="scripted" data-color-of={name} aria-label={label} />,
  });
  const links = { type: 'url', hint: text.linkHint, maxlength: 2000 } as const;
  return (
    <Form
      view={view}
      name="appearance"
      problem={refused?.problem}
      button={text.save}
      below={
        <div class="acts">
          {LANGUAGES.map((one) => (
            <button
              type="submit"
              class="plain small"
              formaction={preview}
              formtarget={FRAME}
              formnovalidate
              name="language"
              value={one}
              data-preview
            >
              {text.previewIn(languageName(one))}
            </button>
          ))}
        </div>
      }
    >
      <Field {...field('name')} label={text.name} required maxlength={100} />
      <div class="pair">
        <Field {...color('color', text.color)} hint={text.colorHint} required />
        <Field {...color('appearance.background', text.background)} hint={text.backgroundHint} />
      </div>
      {LANGUAGES.map((one, at) => (
        <Field
          {...field(`appearance.welcome.${one}`)}
          label={text.welcome(languageName(one))}
          hint={at === 0 ? text.welcomeHint : undefined}
          maxlength={300}
        />
      ))}
      <Select
        {...field('appearance.providers')}
        label={text.providers}
        options={(['below', 'above'] as const).map((place) => [place, text.places[place]])}
      />
      <div class="pair">
        <Field {...field('appearance.terms')} {...links} label={text.terms} />
        <Field {...field('appearance.privacy')} {...links} label={text.privacy} />
      </div>
      <Field {...field('logo')} type="url" label={text.logo} hint={text.logoHint} maxlength={2000} />
    </Form>
  );
}

/** The pictures that a realm has put up, and the forms that put up others or take them away. */
function PicturesPanel(props: { view: View; row: RealmRow; path: string; refused: RefusedForm | undefined }) {
  const { view, row, path, refused } = props;
  const text = realmsMessages[view.language].appearance;
  const shown = { logo: row.logo, background: row.appearance.picture ?? null };
  return (
    <Panel id="pictures" title={text.pictures}>
      <p class="soft">{text.picturesText}</p>
      <ul class="rows">
        {REALM_PICTURES.map((kind) => {
          const name = text.kinds[kind];
          const problem = refused?.form === kind ? refused.problem : undefined;
          return (
            <li class="pictured">
              {shown[kind] ? <img class="thumb" src={shown[kind]} alt="" /> : <Icon name="image" />}
              <div>
                <p>
                  <strong>{name}</strong>
                </p>
                {!shown[kind] && <p class="soft">{text.none}</p>}
                <Form
                  view={view}
                  action={view.link(`${path}/pictures/${kind}`)}
                  problem={problem}
                  button={text.upload}
                  buttonLabel={text.uploadOf(name)}
                  look="plain"
                  upload
                >
                  <Field
                    name={`picture.${kind}`}
                    type="file"
                    label={text.choose(name)}
                    problem={problem}
                    accept="image/png,image/jpeg,image/webp"
                    required
                  />
                </Form>
              </div>
              {shown[kind] && (
                <Form
                  view={view}
                  name="remove_picture"
                  hidden={{ picture: kind }}
                  button={text.remove}
                  buttonLabel={text.removeOf(name)}
                  look="plain"
                />
              )}
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}

/** What the form makes of a realm. Throws `validation_failed`. */
export function appearanceIn(values: Record<string, string>) {
  return valid(RealmPatch, patchOf(values), CODES);
}

/** What takes a picture of a realm away. */
export function withoutPicture(kind: string | undefined) {
  return valid(RealmPatch, kind === 'logo' ? { logo: null } : { appearance: { picture: null } });
}

function patchOf(values: Record<string, string>) {
  const text = (name: string) => values[name]?.trim() ?? '';
  const orNothing = (name: string) => text(name) || null;
  return {
    name: text('name'),
    color: text('color'),
    logo: orNothing('logo'),
    appearance: {
      terms: orNothing('appearance.terms'),
      privacy: orNothing('appearance.privacy'),
      // What is usual is not said.
      providers: text('appearance.providers') === 'below' ? null : orNothing('appearance.providers'),
      background: orNothing('appearance.background'),
      welcome: Object.fromEntries(LANGUAGES.map((one) => [one, orNothing(`appearance.welcome.${one}`)])),
    },
  };
}

/** The realm as a form would make it: what cannot be taken, because it is half written, is as it is kept. */
function drafted(row: RealmRow, values: Record<string, string>) {
  const { appearance, ...rest } = patchOf(values);
  const taken = (patch: object) => RealmPatch.safeParse(patch).data ?? {};
  const one = ([name, value]: [string, unknown]) => taken({ [name]: value });
  const { name, color, logo } = {
    ...row,
    ...Object.assign({}, ...Object.entries(rest).map(one)),
  } as RealmRow;
  const parts = Object.entries(appearance).map(([part, value]) => taken({ appearance: { [part]: value } }));
  const looks = parts.reduce((all, patch) => withAppearance(all, patch.appearance ?? {}), row.appearance);
  return { name, color, logo, appearance: looks };
}

/**
 * Shows the page of signing in as a realm looks, or as a form would make it look; it can do nothing, and only our own pages frame
 * it. Texts that somebody else wrote are not shown: a form of another site is refused.
 */
export async function showPreview(
  c: AppContext,
  { actor, realmId, view }: AdminVisit,
  { admin, config, oauth, reauthentication }: AdminServices,
): Promise<Response> {
  const values = c.req.method === 'POST' ? await formOf(c, config.ORIGIN) : {};
  const row = await admin.realms.get(c.req.param('id') ?? '', actor, realmId);
  const { appearance, ...looks } = 'form' in values ? drafted(row, values) : row;
  const known = await reauthentication.realmOf({ realmId: row.id });
  const realm: Realm = {
    ...known,
    name: looks.name,
    color: looks.color,
    logo: looks.logo,
    appearance: appearanceOf(appearance),
  };
  const language = LANGUAGES.find((one) => one === values.language) ?? view.language;
  const seen = { ...viewFor(c, null, realm), language: language as Language, theme: view.theme };
  // Without scripts it would be hidden.
  seen.colors += '[data-passkey]{display:grid!important;visibility:visible!important}';
  return show(c, seen, <SignInPage view={seen} providers={oauth.providers(realm)} />, { isPreview: true });
}

/** A picture in a form that puts one up. Throws `validation_failed`. */
export async function pictureIn(file: File | null): Promise<Uint8Array> {
  if (!file) throw fieldError('', 'required', 'Is needed');
  if (file.size > MAX_PICTURE_BYTES) throw fieldError('', 'image_too_large', 'At most 2 MiB');
  return new Uint8Array(await file.arrayBuffer());
}

/** Whether there is such a picture. */
export function isRealmPicture(kind: string | undefined): kind is RealmPicture {
  return REALM_PICTURES.some((one) => one === kind);
}

/** Refuses an upload that is much too large while it comes. */
export const limitPicture = bodyLimit({
  maxSize: MAX_PICTURE_BYTES + FORM_OVERHEAD,
  onError: () => {
    throw new ApiError('payload_too_large');
  },
});
