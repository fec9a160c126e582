import { messages } from '../kit/messages.ts';

/** What the page of a user’s security says. */
export const securityMessages = messages({
  en: {
    title: 'Security',
    ways: 'Sign-in details',
    password: 'Password',
    passwordText: 'Changing it signs out all your other devices.',
    current: 'Current password',
    change: 'Change password',
    noPassword: 'Your account has no password. We can email you a link to set one.',
    setPassword: 'Email me the link',
    email: 'Email address',
    verified: 'Confirmed',
    unverified: 'Not confirmed',
    newEmail: 'New email address',
    emailHint: 'We send a link there. Your address changes when you follow it.',
    changeEmail: 'Change address',
    passwordFirst: 'To change your address, please set a password first.',
    phone: 'Phone number',
    noPhone: 'No phone number in your profile.',
    addPhone: 'Add one',
    phoneText: 'Confirm your number, and you can sign in by a code that we text you.',
    unreachable: 'We cannot send text messages to this number.',
    sendCode: 'Text me a code',
    sendAnother: 'Text me another code',
    code: 'Code from the text message',
    confirm: 'Confirm',
    done: {
      password_breached:
        'Your password is known from a breach of another service. Please choose a new one here.',
      password_changed: 'You have a new password. All your other devices are signed out.',
      password_mailed: 'We sent you a link to set a password. It works for an hour.',
      link_sent: 'A link is on its way, if you have not had several within the last hour.',
      email_asked: 'We sent a link to the new address. It becomes yours when you follow the link.',
      code_sent: 'We sent you a code. It works for ten minutes.',
      phone_verified: 'Your phone number is confirmed.',
      passkey_added: 'From now on you can sign in with this passkey.',
      passkey_confirmed:
        'From now on a sign-in with your password asks for a second step, as which this passkey will do.',
      passkey_renamed: 'The passkey has a new name.',
      passkey_removed:
        'The passkey does not sign in any more. If your device still has it, delete it there too.',
    } as Record<string, string | undefined>,
  },
  de: {
    title: 'Sicherheit',
    ways: 'Anmeldedaten',
    password: 'Passwort',
    passwordText: 'Wenn Sie es ändern, werden alle anderen Geräte abgemeldet.',
    current: 'Bisheriges Passwort',
    change: 'Passwort ändern',
    noPassword:
      'Ihr Konto hat kein Passwort. Wir können Ihnen einen Link schicken, mit dem Sie eines setzen.',
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
      link_sent:
        'Ein Link ist unterwegs, sofern Sie in der letzten Stunde nicht schon mehrere bekommen haben.',
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
  },
});
