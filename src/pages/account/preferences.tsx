import { PreferencesSchema } from '../../directory/schemas.ts';
import { kitMessages, preferencesMessages } from '../../languages/messages.ts';
import { LANGUAGES } from '../../lib/language.ts';
import { ChoiceField, Form, Select } from '../kit/form.tsx';
import { valid } from '../kit/form-data.ts';
import { languageOptions } from '../kit/format.ts';
import { pageRoutes, refusedIn, type Shown } from '../kit/page.ts';
import { forgetLanguage, rememberLanguage } from '../kit/view.ts';
import { ACCOUNT_PAGES, AccountFrame } from './frame.tsx';
import { type AccountServices, type AccountVisit, accountArea } from './visit.ts';

const THEMES = ['system', 'light', 'dark'] as const;

/** The preferences of a user. Those that other apps keep stay as they are. */
export function preferencesPageRoutes(services: AccountServices) {
  return pageRoutes(accountArea(services), {
    path: ACCOUNT_PAGES.preferences,
    forms: {
      preferences: {
        act: async (c, { user }, { language, theme, product_news: news }) => {
          const chosen = valid(PreferencesSchema, {
            ...(language && { language }),
            ...(theme && { theme }),
            notifications: { product_news: news !== undefined },
          });
          const changed = { ...chosen, language: chosen.language ?? null };
          await services.profiles.patchPreferences(user.id, changed);
          // It goes before what was chosen on this browser earlier.
          const known = LANGUAGES.find((one) => one === chosen.language);
          if (known) rememberLanguage(c, known);
          else forgetLanguage(c);
          return 'saved';
        },
      },
    },
    render: (_, visit, shown) => <PreferencesPage visit={visit} shown={shown} />,
  });
}

function PreferencesPage({ visit, shown }: { visit: AccountVisit; shown: Shown }) {
  const { preferences, view } = visit;
  const text = preferencesMessages[view.language];
  const problem = refusedIn(shown, 'preferences')?.problem;
  const language = typeof preferences.language === 'string' ? preferences.language : null;
  const notifications = preferences.notifications as Record<string, unknown> | undefined;
  return (
    <AccountFrame visit={visit} page="preferences" shown={shown}>
      <section class="panel" aria-label={text.title}>
        <Form view={view} name="preferences" problem={problem} button={kitMessages[view.language].save}>
          <Select
            name="language"
            label={text.language}
            value={language}
            problem={problem}
            options={[['', text.automatic], ...languageOptions(language)]}
          />
          <fieldset class="choices">
            <legend>{text.theme}</legend>
            {THEMES.map((theme) => (
              <ChoiceField
                type="radio"
                name="theme"
                value={theme}
                checked={theme === (view.theme ?? 'system')}
              >
                {text.themes[theme]}
              </ChoiceField>
            ))}
          </fieldset>
          <fieldset class="choices" aria-describedby="notifications-hint">
            <legend>{text.notifications}</legend>
            <ChoiceField name="product_news" value="on" checked={notifications?.product_news === true}>
              {text.news}
            </ChoiceField>
            <p class="hint" id="notifications-hint">
              {text.notificationsHint}
            </p>
          </fieldset>
        </Form>
      </section>
    </AccountFrame>
  );
}
