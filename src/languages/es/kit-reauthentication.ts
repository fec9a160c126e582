import type { Texts } from '../texts.ts';

/** In Spanish. */
export const kitReauthentication: Texts['kitReauthentication'] = {
  title: 'Confirme que es usted',
  text: 'Este es un cambio que solo usted debe poder hacer. Lo que ha rellenado se conserva y se enviará cuando lo haya confirmado.',
  confirm: 'Confirmar y continuar',
  sendCode: (to) => `Enviar un código a ${to}`,
  sendAnother: (to) => `Enviar otro código a ${to}`,
  codeSent: (to) => `Enviamos un código a ${to}. Es válido durante diez minutos.`,
  code: 'Código',
  byProvider: (name) => `Confirmar con ${name}`,
  app: 'Código de su aplicación de autenticación',
  recovery: 'Código de recuperación',
  byRecovery: 'Usar un código de recuperación',
  byPasskey: 'Confirmar con una clave de acceso',
  passkeyFailed: 'No se usó ninguna clave de acceso. Inténtelo de nuevo o elija otro modo.',
  none: 'No hay nada con lo que podamos comprobar que es usted. Vuelva a iniciar sesión.',
  signIn: 'Volver a iniciar sesión',
  back: 'Volver, sin el cambio',
  sendAgain: 'Compruebe lo que ha rellenado y envíelo de nuevo.',
};
