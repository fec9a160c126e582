import type { Texts } from '../texts.ts';

/** In Spanish. */
export const authorizationCommon: Texts['authorizationCommon'] = {
  title: (client) => `Conectar ${client}`,
  asks: 'quiere usar su cuenta en',
  signedInAs: 'Ha iniciado sesión como',
  may: 'Entonces podrá:',
  scopeNames: {
    openid: 'saber que es usted',
    profile: 'ver su nombre, foto e idioma',
    email: 'ver su dirección de correo',
    phone: 'ver su número de teléfono',
    address: 'ver su país',
    offline_access: 'hacerlo cuando usted no esté',
    account: 'usar su cuenta como usted',
    'account:read': 'ver lo que hay en su cuenta',
  },
  providerToken: (provider) => `usar su cuenta de ${provider} como usted`,
  other: (scope) => `usar «${scope}»`,
  where: 'Dónde podrá usarlo:',
  nothing: 'saber que es usted',
  goesTo: 'Después continúa a',
  actsFor: 'Actúa para',
  actsForHint: 'Para una organización puede hacer lo que usted puede hacer en ella, a cargo de esta.',
  yourself: 'Usted',
  allow: 'Permitir',
  deny: 'Cancelar',
  another: 'Usar otra cuenta',
  unchecked: (realm) =>
    `Esta aplicación no la registró ${realm}: su nombre y su imagen son lo que dice de sí misma. Continúe solo si acaba de abrirla usted.`,
  about: 'Sobre la aplicación',
  policy: 'Privacidad',
  terms: 'Condiciones',
  disconnect: 'Puede desconectarla en cualquier momento, en «Aplicaciones» de su cuenta.',
  onward: {
    title: 'Un momento',
    text: 'Este botón le lleva adelante, si no ocurre por sí solo.',
    button: 'Continuar',
  },
};
