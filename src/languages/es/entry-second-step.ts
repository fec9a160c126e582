import type { Texts } from '../texts.ts';

/** In Spanish. */
export const entrySecondStep: Texts['entrySecondStep'] = {
  title: 'Un paso más',
  text: 'Su cuenta pide una segunda prueba de que es usted.',
  totp: 'Código de su aplicación de autenticación',
  totpHint: 'Seis cifras, que cambian cada medio minuto',
  button: 'Iniciar sesión',
  remember: 'No preguntar en este dispositivo durante 30 días',
  byPasskey: 'Usar una clave de acceso',
  passkeyFailed: 'No se usó ninguna clave de acceso. Inténtelo de nuevo o elija otro modo.',
  byRecovery: 'No puedo usar mi aplicación de autenticación ni mi clave de acceso',
  recovery: 'Código de recuperación',
  recoveryHint: 'Uno de los diez que guardó al configurarlo. Sirve una vez.',
  send: { email: 'Recibir un código por correo', sms: 'Recibir un código por SMS' },
  sendAgain: { email: 'Recibir otro código por correo', sms: 'Recibir otro código por SMS' },
  sent: 'Le enviamos un código. Es válido durante diez minutos.',
  code: 'Código',
  other: 'Empezar de nuevo',
  overTitle: 'Vuelva a iniciar sesión',
};
