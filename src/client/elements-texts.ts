/** What the elements say; `{…}` stands for what is put in. */
const english = {
  signIn: 'Sign in',
  welcome: 'Welcome',
  welcomeText: 'Sign in to go on.',
  passkey: 'Use a passkey',
  newHere: 'New here?',
  signUp: 'Create an account',
  signedInAs: 'Signed in as {name}',
  signOut: 'Sign out',
  accountOf: 'Account of {name}',
  manageAccount: 'Manage account',
  denied: 'You have not signed in. You can try again.',
  passkeyFailed: 'No passkey was used. Try again, or sign in another way.',
  failed: 'That did not work. Please try again.',
  noAnswer: 'There is no answer at the moment. Please try again.',
  usage: 'Usage',
  usedToday: '{used} of {limit} today',
  usedThisMonth: '{used} of {limit} this month',
  usedUnlimited: '{used} used, unlimited',
  usedUp: 'Used up',
  resets: 'Resets {date}',
  plans: 'Plans',
  howOften: 'How often to pay',
  yourPlan: 'Your plan',
  choose: 'Choose {plan}',
  begin: 'Get started',
  free: 'Free',
  atCheckout: 'Price at checkout',
  everyMonth: 'Monthly',
  everyYear: 'Yearly',
  everyMonths: 'Every {count} months',
  everyDays: 'Every {count} days',
  aMonth: 'a month',
  aYear: 'a year',
  aFewMonths: 'every {count} months',
  aFewDays: 'every {count} days',
  limitADay: '{resource}: {count} a day',
  limitAMonth: '{resource}: {count} a month',
  noLimit: '{resource}: unlimited',
  credits: '{count} credits a month',
};

/** What the elements say in one language. A resource is named by `resource_` and its id. */
export type ElementTexts = Record<keyof typeof english | `resource_${string}`, string>;

const german: typeof english = {
  signIn: 'Anmelden',
  welcome: 'Willkommen',
  welcomeText: 'Melden Sie sich an, um fortzufahren.',
  passkey: 'Mit Passkey anmelden',
  newHere: 'Neu hier?',
  signUp: 'Konto anlegen',
  signedInAs: 'Angemeldet als {name}',
  signOut: 'Abmelden',
  accountOf: 'Konto von {name}',
  manageAccount: 'Konto verwalten',
  denied: 'Sie haben sich nicht angemeldet. Sie können es noch einmal versuchen.',
  passkeyFailed:
    'Es wurde kein Passkey benutzt. Versuchen Sie es noch einmal oder melden Sie sich anders an.',
  failed: 'Das hat nicht geklappt. Bitte versuchen Sie es noch einmal.',
  noAnswer: 'Es kommt im Moment keine Antwort. Bitte versuchen Sie es noch einmal.',
  usage: 'Nutzung',
  usedToday: '{used} von {limit} heute',
  usedThisMonth: '{used} von {limit} in diesem Monat',
  usedUnlimited: '{used} genutzt, unbegrenzt',
  usedUp: 'Aufgebraucht',
  resets: 'Beginnt neu: {date}',
  plans: 'Tarife',
  howOften: 'Wie oft gezahlt wird',
  yourPlan: 'Ihr Tarif',
  choose: '{plan} wählen',
  begin: 'Loslegen',
  free: 'Kostenlos',
  atCheckout: 'Preis beim Bezahlen',
  everyMonth: 'Monatlich',
  everyYear: 'Jährlich',
  everyMonths: 'Alle {count} Monate',
  everyDays: 'Alle {count} Tage',
  aMonth: 'im Monat',
  aYear: 'im Jahr',
  aFewMonths: 'alle {count} Monate',
  aFewDays: 'alle {count} Tage',
  limitADay: '{resource}: {count} am Tag',
  limitAMonth: '{resource}: {count} im Monat',
  noLimit: '{resource}: unbegrenzt',
  credits: '{count} Guthabenpunkte im Monat',
};

const TEXTS: Record<string, Partial<ElementTexts>> = {
  en: english,
  de: {
    ...german,
    resource_images: 'Bilder',
    resource_videos: 'Videos',
    resource_messages: 'Nachrichten',
  },
};
const own: Record<string, Partial<ElementTexts>> = {};

/** Texts of the app's own, by language: they go before those that there are. */
export function addTexts(texts: Record<string, Partial<ElementTexts>>): void {
  for (const [language, more] of Object.entries(texts)) own[language] = { ...own[language], ...more };
}

/** The texts and formats of one language tag (RFC 5646). */
export interface Speaker {
  say(key: keyof typeof english, values?: Record<string, string>): string;
  number(count: number): string;
  /** An amount in the smallest unit of its currency, as Stripe has it. */
  money(amount: number, currency: string): string;
  time(at: string, of: 'day' | 'month'): string;
  /** What a resource is called. */
  resource(id: string): string;
}

/** Currencies without a fraction, and with one of three digits (as Stripe reckons them). */
const WHOLE = /^(bif|clp|djf|gnf|jpy|kmf|krw|mga|pyg|rwf|ugx|vnd|vuv|xaf|xof|xpf)$/i;
const THIRDS = /^(bhd|jod|kwd|omr|tnd)$/i;

/** Speaks a language; English where there is no text. */
export function speakerOf(tag: string): Speaker {
  const [language = ''] = tag.toLowerCase().split('-');
  const texts = { ...english, ...own.en, ...TEXTS[language], ...own[language], ...own[tag] } as ElementTexts;
  return {
    say: (key, values = {}) => texts[key].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? ''),
    number: (count) => new Intl.NumberFormat(tag).format(count),
    money(amount, currency) {
      const digits = WHOLE.test(currency) ? 0 : THIRDS.test(currency) ? 3 : 2;
      const value = amount / 10 ** digits;
      const minimumFractionDigits = Number.isInteger(value) ? 0 : digits;
      return new Intl.NumberFormat(tag, { style: 'currency', currency, minimumFractionDigits }).format(value);
    },
    time: (at, of) =>
      new Intl.DateTimeFormat(tag, of === 'day' ? { timeStyle: 'short' } : { dateStyle: 'medium' }).format(
        new Date(at),
      ),
    resource: (id) =>
      texts[`resource_${id}`] ?? id.charAt(0).toUpperCase() + id.slice(1).replaceAll('_', ' '),
  };
}
