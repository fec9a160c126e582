import type { Texts } from '../texts.ts';

/** In French. */
export const entryWaysIn: Texts['entryWaysIn'] = {
  made: 'Création',
  madeIn: 'Lieu',
  madeWith: 'Avec',
  opens: 'Ce qui l’ouvre',
  nothing: 'Seulement les liens et les codes envoyés à son adresse',
  password: 'Un mot de passe',
  phone: (digits) => `Un code envoyé au numéro de téléphone qui finit par ${digits}`,
  identity: (provider, address) =>
    address === null ? `Un compte ${provider}` : `Un compte ${provider} (${address})`,
  passkey: (name) => `Une clé d’accès (${name})`,
  apiKeys: (count) => `Clés API créées avec lui : ${count}`,
  endTitle: 'Ceci cesse de fonctionner',
  endText: 'Cela a été ajouté avant la confirmation de l’adresse, ou ce sont des clés créées avec le compte.',
  stayTitle: 'Ceci ouvre aussi votre compte',
  keep: 'Les garder',
  end: 'Y mettre fin aussi : je ne les ai pas ajoutés, ou quelqu’un d’autre s’en sert peut-être',
};
