import { messages } from '../kit/messages.ts';

/** What the page of a user’s second factors says. */
export const twoStepMessages = messages({
  en: {
    title: 'Two-step sign-in',
    text: 'With an authenticator app or a passkey, nobody signs in with your password alone.',
    required: 'Here a second step is required of you. Please set one up: until then you can do nothing else.',
    prove: 'You have one, but have not used it in this session. Please sign in again.',
    signInAgain: 'Sign in again',
    from: (date: string) => `From ${date} on a second step is required of you.`,
    notAllowed: 'Authenticator apps are not used here.',
    apps: 'Authenticator apps and passkeys',
    none: 'There are none yet.',
    kinds: { totp: 'Authenticator app', passkey: 'Passkey' },
    added: 'Added',
    used: 'last used',
    unused: 'not used yet',
    remove: 'Remove',
    removeNamed: (name: string) => `Remove ${name}`,
    passkeys: 'Passkeys are managed under Security.',
    name: 'Name',
    nameHint: 'So that you know it again: which phone, or which app.',
    add: 'Add an authenticator app',
    recovery: 'Recovery codes',
    left: (count: number) =>
      count === 0
        ? 'You have no recovery codes. Make some, for the day on which you cannot use your app or passkey.'
        : `${count} recovery codes are left. Each works once, when you cannot use your app or passkey.`,
    renew: 'Make ten new recovery codes',
    stepTitle: 'Add an authenticator app',
    scan: 'Scan this picture with the app, or type in the key below it. Then type the code that the app shows.',
    key: 'Key',
    open: 'Open in an app on this device',
    code: 'Code from the app',
    confirm: 'Confirm',
    back: 'Back',
    codesTitle: 'Keep these recovery codes',
    codesText:
      'Each signs you in once in place of your app or passkey. They are shown only now: keep them where only you can get at them, on paper or in a password manager.',
    download: 'Download as a text file',
    copy: 'To copy them, click the list: it is selected as a whole. To print them, print this page.',
    kept: 'I have kept them',
    done: {
      app_added: 'From now on sign-ins ask for a code of this app.',
      app_removed: 'The authenticator app is not asked for any more.',
    } as Record<string, string | undefined>,
  },
  de: {
    title: 'Anmeldung in zwei Schritten',
    text: 'Mit einer Authenticator-App oder einem Passkey meldet sich niemand allein mit Ihrem Passwort an.',
    required:
      'Hier ist für Sie ein zweiter Schritt vorgeschrieben. Bitte richten Sie einen ein: Bis dahin geht nichts anderes.',
    prove: 'Sie haben einen, haben ihn in dieser Sitzung aber nicht benutzt. Bitte melden Sie sich neu an.',
    signInAgain: 'Neu anmelden',
    from: (date) => `Ab ${date} ist für Sie ein zweiter Schritt vorgeschrieben.`,
    notAllowed: 'Authenticator-Apps werden hier nicht benutzt.',
    apps: 'Authenticator-Apps und Passkeys',
    none: 'Es gibt noch keine.',
    kinds: { totp: 'Authenticator-App', passkey: 'Passkey' },
    added: 'Hinzugefügt',
    used: 'zuletzt benutzt',
    unused: 'noch nicht benutzt',
    remove: 'Entfernen',
    removeNamed: (name) => `${name} entfernen`,
    passkeys: 'Passkeys verwalten Sie unter Sicherheit.',
    name: 'Name',
    nameHint: 'Damit Sie sie wiedererkennen: welches Telefon oder welche App.',
    add: 'Authenticator-App hinzufügen',
    recovery: 'Wiederherstellungscodes',
    left: (count) =>
      count === 0
        ? 'Sie haben keine Wiederherstellungscodes. Machen Sie sich welche, für den Tag, an dem Sie App oder Passkey nicht benutzen können.'
        : `Es sind ${count} Wiederherstellungscodes übrig. Jeder gilt einmal, wenn Sie App oder Passkey nicht benutzen können.`,
    renew: 'Zehn neue Wiederherstellungscodes machen',
    stepTitle: 'Authenticator-App hinzufügen',
    scan: 'Fotografieren Sie dieses Bild mit der App, oder tippen Sie den Schlüssel darunter ein. Geben Sie dann den Code ein, den die App zeigt.',
    key: 'Schlüssel',
    open: 'In einer App auf diesem Gerät öffnen',
    code: 'Code aus der App',
    confirm: 'Bestätigen',
    back: 'Zurück',
    codesTitle: 'Heben Sie diese Wiederherstellungscodes auf',
    codesText:
      'Jeder meldet Sie einmal an, anstelle von App oder Passkey. Sie werden nur jetzt gezeigt: Heben Sie sie auf, wo nur Sie herankommen, auf Papier oder in einem Passwortmanager.',
    download: 'Als Textdatei herunterladen',
    copy: 'Zum Kopieren klicken Sie auf die Liste: Sie wird ganz ausgewählt. Zum Drucken drucken Sie diese Seite.',
    kept: 'Ich habe sie aufgehoben',
    done: {
      app_added: 'Ab jetzt fragen Anmeldungen nach einem Code dieser App.',
      app_removed: 'Nach der Authenticator-App wird nicht mehr gefragt.',
    },
  },
});
