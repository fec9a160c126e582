import type { Texts } from '../texts.ts';

/** In Spanish. */
export const adminMail: Texts['adminMail'] = {
  text: 'Correos y SMS de los últimos 30 días. Su contenido nunca se muestra: puede ser un enlace o un código.',
  statuses: { pending: 'En espera', dead: 'Abandonado', sent: 'Enviado', void: '' },
  channels: { mail: 'Correo', sms: 'SMS' },
  channel: 'Tipo',
  message: 'Mensaje',
  recipient: 'Para',
  language: 'Idioma',
  nextAttempt: 'Próximo intento',
  expires: 'Útil hasta',
  settled: 'Enviado o abandonado',
  retry: 'Enviar de nuevo ahora',
  test: 'Enviarme un mensaje de prueba',
  notRetriable: 'No se puede enviar de nuevo: ya se envió, o su contenido ya no sirve.',
  error: 'Último error',
  preview: 'Vista previa',
  previewText:
    'Así se ve un correo de este tipo, con nombres y enlaces inventados: lo que decía este nunca se muestra.',
  done: {
    retried: 'El mensaje está de nuevo en camino.',
    tested: 'Hay un mensaje de prueba en camino a su dirección.',
  },
};
