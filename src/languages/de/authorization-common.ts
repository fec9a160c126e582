import type { Texts } from '../texts.ts';

/** In German. */
export const authorizationCommon: Texts['authorizationCommon'] = {
  title: (client) => `${client} verbinden`,
  asks: 'möchte Ihr Konto benutzen bei',
  signedInAs: 'Sie sind angemeldet als',
  may: 'Die App darf dann:',
  scopeNames: {
    openid: 'wissen, dass Sie es sind',
    profile: 'Ihren Namen, Ihr Bild und Ihre Sprache sehen',
    email: 'Ihre E-Mail-Adresse sehen',
    phone: 'Ihre Telefonnummer sehen',
    address: 'Ihr Land sehen',
    offline_access: 'das auch, wenn Sie nicht da sind',
    account: 'Ihr Konto benutzen wie Sie selbst',
    'account:read': 'sehen, was in Ihrem Konto steht',
  },
  providerToken: (provider) => `Ihr Konto bei ${provider} benutzen, wie Sie es tun`,
  other: (scope) => `„${scope}“ benutzen`,
  where: 'Wo sie das benutzen darf:',
  nothing: 'wissen, dass Sie es sind',
  goesTo: 'Danach geht es weiter zu',
  actsFor: 'Sie handelt für',
  actsForHint: 'Für eine Organisation darf sie, was Sie dort dürfen, auf deren Kosten.',
  yourself: 'Sie selbst',
  allow: 'Erlauben',
  deny: 'Abbrechen',
  another: 'Ein anderes Konto benutzen',
  unchecked: (realm) =>
    `Diese App hat nicht ${realm} registriert: Name und Bild sind ihre eigene Angabe. Fahren Sie nur fort, wenn Sie sie gerade selbst gestartet haben.`,
  about: 'Über die App',
  policy: 'Datenschutz',
  terms: 'Bedingungen',
  disconnect: 'Sie können sie jederzeit trennen, unter „Apps“ in Ihrem Konto.',
  onward: { title: 'Einen Moment', text: 'Hier geht es weiter, wenn nicht von selbst.', button: 'Weiter' },
};
