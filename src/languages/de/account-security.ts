import type { Texts } from '../texts.ts';

/** In German. */
export const accountSecurity: Texts['accountSecurity'] = {
  title: 'Sicherheit',
  ways: 'Anmeldedaten',
  password: 'Passwort',
  passwordText: 'Wenn Sie es ändern, werden alle anderen Geräte abgemeldet.',
  current: 'Bisheriges Passwort',
  change: 'Passwort ändern',
  noPassword: 'Ihr Konto hat kein Passwort. Wir können Ihnen einen Link schicken, mit dem Sie eines setzen.',
  setPassword: 'Link schicken',
  email: 'E-Mail-Adresse',
  verified: 'Bestätigt',
  unverified: 'Nicht bestätigt',
  newEmail: 'Neue E-Mail-Adresse',
  emailHint: 'Wir schicken einen Link dorthin. Die Adresse gilt, sobald Sie ihn geöffnet haben.',
  changeEmail: 'Adresse ändern',
  passwordFirst: 'Um die Adresse zu ändern, setzen Sie bitte zuerst ein Passwort.',
  phone: 'Telefonnummer',
  noPhone: 'In Ihrem Profil steht keine Telefonnummer.',
  addPhone: 'Nummer angeben',
  phoneText: 'Bestätigen Sie Ihre Nummer, dann können Sie sich mit einem Code aus einer SMS anmelden.',
  unreachable: 'An diese Nummer können wir keine Textnachrichten schicken.',
  sendCode: 'Code schicken',
  sendAnother: 'Neuen Code schicken',
  code: 'Code aus der Textnachricht',
  confirm: 'Bestätigen',
  done: {
    password_breached:
      'Ihr Passwort ist aus einem Datenleck eines anderen Dienstes bekannt. Bitte wählen Sie hier ein neues.',
    password_changed: 'Sie haben ein neues Passwort. Alle anderen Geräte sind abgemeldet.',
    password_mailed:
      'Wir haben Ihnen einen Link geschickt, mit dem Sie ein Passwort setzen. Er gilt eine Stunde.',
    link_sent: 'Ein Link ist unterwegs, sofern Sie in der letzten Stunde nicht schon mehrere bekommen haben.',
    email_asked:
      'Wir haben einen Link an die neue Adresse geschickt. Sie gilt, sobald Sie den Link geöffnet haben.',
    code_sent: 'Wir haben Ihnen einen Code geschickt. Er gilt zehn Minuten.',
    phone_verified: 'Ihre Telefonnummer ist bestätigt.',
    passkey_added: 'Mit diesem Passkey können Sie sich ab jetzt anmelden.',
    passkey_confirmed:
      'Ab jetzt fragt eine Anmeldung mit Ihrem Passwort nach einem zweiten Schritt. Dieser Passkey kann es sein.',
    passkey_renamed: 'Der Passkey hat einen neuen Namen.',
    passkey_removed:
      'Mit dem Passkey kann sich niemand mehr anmelden. Hat Ihr Gerät ihn noch, löschen Sie ihn auch dort.',
  },
};
