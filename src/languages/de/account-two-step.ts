import { plural } from '../plural.ts';
import type { Texts } from '../texts.ts';

/** In German. */
export const accountTwoStep: Texts['accountTwoStep'] = {
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
      : plural('de', count, {
          one: 'Ein Wiederherstellungscode ist übrig. Er gilt einmal, wenn Sie App oder Passkey nicht benutzen können.',
          other: `Es sind ${count} Wiederherstellungscodes übrig. Jeder gilt einmal, wenn Sie App oder Passkey nicht benutzen können.`,
        }),
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
  keptOnward: 'Ich habe sie aufgehoben: weiter',
  onward: 'Weiter, wohin Sie wollten',
  done: {
    app_added: 'Ab jetzt fragen Anmeldungen nach einem Code dieser App.',
    app_removed: 'Nach der Authenticator-App wird nicht mehr gefragt.',
  },
};
