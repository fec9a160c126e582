import type { Texts } from '../texts.ts';

/** In French. */
export const accountProfile: Texts['accountProfile'] = {
  title: 'Profil',
  picture: 'Photo',
  pictureLabel: 'Choisir une photo',
  pictureHint: 'PNG, JPEG ou WebP, 2 Mo au maximum. Le lieu de la prise de vue n’est pas conservé.',
  crop: 'Ce que l’on voit de la photo',
  cropHint:
    'Faites-la glisser ou utilisez les flèches du clavier. Le cercle montre ce que les autres voient.',
  zoom: 'Agrandir',
  upload: 'Importer',
  changePicture: 'Changer la photo',
  remove: 'Supprimer la photo',
  about: 'À propos de vous',
  name: 'Nom',
  givenName: 'Prénom',
  familyName: 'Nom de famille',
  username: 'Nom d’utilisateur',
  usernameHint: 'Il permet aussi de vous connecter.',
  bio: 'À propos de moi',
  country: 'Pays',
  phone: 'Numéro de téléphone',
  phoneHint:
    'Avec l’indicatif du pays, par exemple +33 1 70 18 99 00. Un nouveau numéro doit être confirmé à nouveau.',
  locale: 'Langue de nos e-mails',
  done: {
    picture_saved: 'Vous avez une nouvelle photo.',
    picture_removed: 'Votre photo a été supprimée.',
  },
};
