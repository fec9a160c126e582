import type { Texts } from '../texts.ts';

/** In Spanish. */
export const entryLink: Texts['entryLink'] = {
  title: 'Iniciar sesión con un enlace',
  text: 'Le enviamos por correo un enlace que inicia su sesión. No necesita contraseña.',
  send: 'Enviarme un enlace',
  code: 'Enviar un código en su lugar',
  password: 'Iniciar sesión con una contraseña',
  sentTitle: 'Revise su correo',
  sent: 'Si existe una cuenta, hay un enlace en camino a',
  sentHere: 'Ábralo en este navegador y su sesión quedará iniciada. Es válido durante diez minutos.',
  elsewhere: '¿Lo abrió en otro dispositivo? Allí se muestra un número: escríbalo aquí.',
  number: 'Número',
  numberHint: 'Seis cifras',
  enter: 'Iniciar sesión aquí',
  again: 'Enviar el enlace otra vez',
  other: 'Usar otra dirección',
  hereTitle: 'Iniciar sesión',
  here: 'Pidió este enlace en este navegador.',
  hereButton: 'Iniciar sesión',
  awayTitle: 'Está en otro navegador',
  away: 'Este enlace se pidió en otro navegador. Si fue usted, haga que se muestre el número y escríbalo allí. Si no, cierre esta página: nadie ha iniciado sesión.',
  askedFrom: 'Lugar de la solicitud',
  askedWith: 'Pedido con',
  show: 'Mostrar el número',
  numberTitle: 'Escriba este número',
  numberText:
    'Escríbalo en el navegador donde pidió el enlace: la sesión se inicia allí, no aquí. No se lo diga a nadie.',
  newLink: 'Pedir un enlace nuevo',
};
