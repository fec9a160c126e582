import type { Texts } from '../texts.ts';

/** In German. */
export const accountProfile: Texts['accountProfile'] = {
  title: 'Profil',
  picture: 'Bild',
  pictureLabel: 'Bild auswählen',
  pictureHint: 'PNG, JPEG oder WebP, höchstens 2 MB. Wo es aufgenommen wurde, wird nicht gespeichert.',
  crop: 'Was vom Bild zu sehen ist',
  cropHint: 'Ziehen Sie es, oder benutzen Sie die Pfeiltasten. Der Kreis zeigt, was andere sehen.',
  zoom: 'Vergrößern',
  upload: 'Hochladen',
  changePicture: 'Bild ändern',
  remove: 'Bild entfernen',
  about: 'Über Sie',
  name: 'Name',
  givenName: 'Vorname',
  familyName: 'Nachname',
  username: 'Benutzername',
  usernameHint: 'Auch damit können Sie sich anmelden.',
  bio: 'Über mich',
  country: 'Land',
  phone: 'Telefonnummer',
  phoneHint: 'Mit Ländervorwahl, etwa +49 30 901820. Eine neue Nummer muss neu bestätigt werden.',
  locale: 'Sprache unserer Mails',
  done: {
    picture_saved: 'Sie haben ein neues Bild.',
    picture_removed: 'Ihr Bild ist entfernt.',
  },
};
