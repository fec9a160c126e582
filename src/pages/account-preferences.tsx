import { PreferencesSchema } from '../directory/schemas.ts';
import { LANGUAGES } from '../lib/language.ts';
import { languageOptions } from './account-format.ts';
import { ACCOUNT_PAGES, AccountFrame } from './account-frame.tsx';
import { type AccountForm, accountPage, refusedIn, type Shown } from './account-page.tsx';
import type { AccountServices, Visit } from './account-visit.ts';
import { Form, Hidden, Select, valid } from './form.tsx';
import { forgetLanguage, rememberLanguage } from './view.ts';

const THEMES = ['system', 'light', 'dark'] as const;

/** How a user wants things. What else apps keep in the preferences is left as it is. */
export function preferencesPageRoutes(services: AccountServices) {
  const preferences: AccountForm = {
    act: async (c, { user }, { language, theme, product_news: news }) => {
      const chosen = valid(PreferencesSchema, {
        ...(language && { language }),
        ...(theme && { theme }),
        notifications: { product_news: news !== undefined },
      });
      await services.profiles.patchPreferences(user.id, { ...chosen, language: chosen.language ?? null });
      // On this browser it goes before what was chosen there earlier.
      const known = LANGUAGES.find((one) => one === chosen.language);
      if (known) rememberLanguage(c, known);
      else forgetLanguage(c);
      return 'saved';
    },
  };
  return accountPage(services, {
    path: ACCOUNT_PAGES.preferences,
    forms: { preferences },
    render: (_, visit, shown) => <PreferencesPage visit={visit} shown={shown} />,
  });
}

function PreferencesPage({ visit, shown }: { visit: Visit; shown: Shown }) {
  const { preferences, view } = visit;
  const { preferences: text, save } = view.text.account;
  const problem = refusedIn(shown, 'preferences')?.problem;
  const language = typeof preferences.language === 'string' ? preferences.language : null;
  const notifications = preferences.notifications as Record<string, unknown> | undefined;
  const chosenTheme = view.theme ?? 'system';
  return (
    <AccountFrame visit={visit} page="preferences" done={shown.done} failed={problem !== undefined}>
      <section class="panel" aria-label={text.title}>
        <Form view={view} problem={problem} button={save}>
          <Hidden name="form" value="preferences" />
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
              <label class="choice">
                <input type="radio" name="theme" value={theme} checked={theme === chosenTheme} />
                {text.themes[theme]}
              </label>
            ))}
          </fieldset>
          <fieldset class="choices" aria-describedby="notifications-hint">
            <legend>{text.notifications}</legend>
            <label class="choice">
              <input
                type="checkbox"
                name="product_news"
                value="on"
                checked={notifications?.product_news === true}
              />
              {text.news}
            </label>
            <p class="hint" id="notifications-hint">
              {text.notificationsHint}
            </p>
          </fieldset>
        </Form>
      </section>
    </AccountFrame>
  );
}
