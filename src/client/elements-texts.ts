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

const french: typeof english = {
  signIn: 'Se connecter',
  welcome: 'Bienvenue',
  welcomeText: 'Connectez-vous pour continuer.',
  passkey: 'Utiliser une clé d’accès',
  newHere: 'Nouveau ici ?',
  signUp: 'Créer un compte',
  signedInAs: 'Compte utilisé : {name}',
  signOut: 'Se déconnecter',
  accountOf: 'Compte de {name}',
  manageAccount: 'Gérer le compte',
  denied: 'Vous ne vous êtes pas connecté. Vous pouvez réessayer.',
  passkeyFailed: 'Aucune clé d’accès n’a été utilisée. Réessayez ou connectez-vous autrement.',
  failed: 'Cela n’a pas fonctionné. Veuillez réessayer.',
  noAnswer: 'Il n’y a pas de réponse pour le moment. Veuillez réessayer.',
  usage: 'Utilisation',
  usedToday: '{used} sur {limit} aujourd’hui',
  usedThisMonth: '{used} sur {limit} ce mois-ci',
  usedUnlimited: 'Utilisation : {used}, sans limite',
  usedUp: 'Épuisé',
  resets: 'Remise à zéro : {date}',
  plans: 'Forfaits',
  howOften: 'Fréquence de paiement',
  yourPlan: 'Votre forfait',
  choose: 'Choisir {plan}',
  begin: 'Commencer',
  free: 'Gratuit',
  atCheckout: 'Prix au moment du paiement',
  everyMonth: 'Par mois',
  everyYear: 'Par an',
  everyMonths: 'Tous les {count} mois',
  everyDays: 'Tous les {count} jours',
  aMonth: 'par mois',
  aYear: 'par an',
  aFewMonths: 'tous les {count} mois',
  aFewDays: 'tous les {count} jours',
  limitADay: '{resource} : {count} par jour',
  limitAMonth: '{resource} : {count} par mois',
  noLimit: '{resource} : sans limite',
  credits: 'Crédits : {count} par mois',
};

const spanish: typeof english = {
  signIn: 'Iniciar sesión',
  welcome: 'Le damos la bienvenida',
  welcomeText: 'Inicie sesión para continuar.',
  passkey: 'Usar una clave de acceso',
  newHere: '¿Es su primera vez aquí?',
  signUp: 'Crear una cuenta',
  signedInAs: 'Ha iniciado sesión como {name}',
  signOut: 'Cerrar sesión',
  accountOf: 'Cuenta de {name}',
  manageAccount: 'Gestionar la cuenta',
  denied: 'No ha iniciado sesión. Puede intentarlo de nuevo.',
  passkeyFailed: 'No se usó ninguna clave de acceso. Inténtelo de nuevo o inicie sesión de otra forma.',
  failed: 'No ha funcionado. Inténtelo de nuevo.',
  noAnswer: 'No hay respuesta en este momento. Inténtelo de nuevo.',
  usage: 'Uso',
  usedToday: '{used} de {limit} hoy',
  usedThisMonth: '{used} de {limit} este mes',
  usedUnlimited: 'Uso: {used}, sin límite',
  usedUp: 'Agotado',
  resets: 'Se reinicia: {date}',
  plans: 'Planes',
  howOften: 'Frecuencia de pago',
  yourPlan: 'Su plan',
  choose: 'Elegir {plan}',
  begin: 'Empezar',
  free: 'Gratis',
  atCheckout: 'Precio al pagar',
  everyMonth: 'Mensual',
  everyYear: 'Anual',
  everyMonths: 'Cada {count} meses',
  everyDays: 'Cada {count} días',
  aMonth: 'al mes',
  aYear: 'al año',
  aFewMonths: 'cada {count} meses',
  aFewDays: 'cada {count} días',
  limitADay: '{resource}: {count} al día',
  limitAMonth: '{resource}: {count} al mes',
  noLimit: '{resource}: sin límite',
  credits: 'Créditos: {count} al mes',
};

const TEXTS: Record<string, Partial<ElementTexts>> = {
  en: english,
  de: {
    ...german,
    resource_images: 'Bilder',
    resource_videos: 'Videos',
    resource_messages: 'Nachrichten',
  },
  fr: { ...french, resource_videos: 'Vidéos' },
  es: {
    ...spanish,
    resource_images: 'Imágenes',
    resource_videos: 'Vídeos',
    resource_messages: 'Mensajes',
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
