import type { Texts } from '../texts.ts';

/** In Spanish. */
export const entryCode: Texts['entryCode'] = {
  title: 'Iniciar sesión con un código de un solo uso',
  email: 'Le enviamos por correo un código de seis cifras. No necesita contraseña.',
  anywhere: 'Le enviamos un código de seis cifras, por correo o por SMS. No necesita contraseña.',
  address: 'Correo electrónico o número de teléfono',
  addressHint: 'El número de teléfono debe estar confirmado en su cuenta; escríbalo así: +34910502000.',
  send: 'Enviar el código',
  sentTitle: 'Escriba el código',
  sent: 'Si existe una cuenta, hay un código en camino a',
  code: 'Código',
  codeHint: 'Seis cifras. Es válido durante diez minutos.',
  button: 'Iniciar sesión',
  again: 'Enviar otro código',
  password: 'Iniciar sesión con una contraseña',
  other: 'Usar otra dirección',
  addTitle: 'Añadir una dirección de correo',
  add: 'Le enviamos por correo un código de seis cifras. Quien lo escribe demuestra que la dirección es suya, y desde entonces esta abre su cuenta.',
  addSent: 'Hay un código en camino a',
  addButton: 'Confirmar la dirección',
  account: 'Volver a su cuenta',
};
