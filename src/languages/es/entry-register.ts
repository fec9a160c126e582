import type { Texts } from '../texts.ts';

/** In Spanish. */
export const entryRegister: Texts['entryRegister'] = {
  title: 'Cree su cuenta',
  button: 'Crear la cuenta',
  byPasskey: 'Usar una clave de acceso en su lugar',
  passkeyTitle: 'Crear una clave de acceso',
  passkeyText:
    'Su dispositivo la guarda y la desbloquea como se desbloquea él mismo: con huella, rostro o PIN. No necesita contraseña.',
  passkeyGo: 'Crear la clave de acceso',
  passkeyFailed:
    'No se creó ninguna clave de acceso. Inténtelo de nuevo, o vuelva atrás y elija una contraseña.',
  passkeyNoScript:
    'Una clave de acceso necesita JavaScript. Actívelo, o vuelva atrás y elija una contraseña.',
  back: 'Volver',
  agreement: { before: 'Al crear una cuenta acepta estos textos:', and: 'y', after: '.' },
  known: '¿Ya tiene una cuenta?',
  signIn: 'Iniciar sesión',
  closed: 'En este momento no se pueden crear cuentas nuevas aquí.',
  sentTitle: 'Revise su correo',
  sent: 'Le enviamos un enlace. Ábralo para confirmar su dirección y después inicie sesión.',
};
