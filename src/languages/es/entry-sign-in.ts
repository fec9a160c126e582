import type { Texts } from '../texts.ts';

/** In Spanish. */
export const entrySignIn: Texts['entrySignIn'] = {
  signIn: {
    title: 'Iniciar sesión',
    identifier: 'Correo, nombre de usuario o teléfono',
    button: 'Iniciar sesión',
    forgot: '¿Olvidó la contraseña?',
    byLink: 'Enviarme un enlace por correo',
    byCode: 'Iniciar sesión con un código de un solo uso',
    byPasskey: 'Iniciar sesión con una clave de acceso',
    passkeyFailed: 'No se usó ninguna clave de acceso. Inténtelo de nuevo o inicie sesión de otra forma.',
    confirm: 'Enviar el enlace otra vez',
    newHere: '¿Es su primera vez aquí?',
    register: 'Crear una cuenta',
    or: 'o',
    lastUsed: 'Último uso',
    with: (provider) => `Continuar con ${provider}`,
  },
  proceed: {
    title: 'Elegir una cuenta',
    signedInAs: 'Ha iniciado sesión como',
    button: (name) => `Continuar como ${name}`,
    other: 'Usar otra cuenta',
  },
  signOut: {
    title: 'Cerrar sesión',
    text: '¿Quiere cerrar la sesión en este dispositivo?',
    button: 'Cerrar sesión',
    stay: 'Mantener la sesión',
    doneTitle: 'La sesión está cerrada',
    done: 'Ya nadie tiene la sesión iniciada en este dispositivo.',
    again: 'Iniciar sesión',
  },
  providerErrors: {
    provider_denied: (provider) =>
      `No permitió que ${provider} iniciara su sesión. Nada ha cambiado: inténtelo de nuevo o elija otro modo.`,
    oauth_state_invalid: () =>
      'Este inicio de sesión tardó demasiado o empezó en otro navegador. Inténtelo de nuevo.',
    provider_rejected: (provider) =>
      `La respuesta de ${provider} no era fiable. Inténtelo de nuevo o inicie sesión de otra forma.`,
    provider_unavailable: (provider) =>
      `${provider} no responde en este momento. Inténtelo más tarde o inicie sesión de otra forma.`,
    email_missing: (provider) =>
      `${provider} no nos indicó su dirección de correo. Permítaselo o inicie sesión de otra forma.`,
    provider_email_unverified: (provider) =>
      `Su dirección de correo no está confirmada en ${provider}. Confírmela primero allí o inicie sesión de otra forma.`,
    account_exists: (provider) =>
      `Existe una cuenta con esta dirección: inicie sesión con su contraseña y después vincule ${provider} en su cuenta.`,
    identity_conflict: (provider) =>
      `Esta cuenta de ${provider} está vinculada aquí a otro usuario. Inicie sesión con ella y desvincúlela primero allí.`,
    email_not_verified: () => 'Confirme primero su dirección de correo: le enviamos un enlace.',
    account_suspended: () =>
      'Esta cuenta está suspendida. Póngase en contacto con los responsables de este servicio.',
    registration_closed: () => 'En este momento no se pueden crear cuentas nuevas aquí.',
    other: () => 'No se pudo iniciar sesión. Inténtelo de nuevo.',
  },
};
