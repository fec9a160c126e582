import type { Texts } from '../texts.ts';

/** In Spanish. */
export const adminHooks: Texts['adminHooks'] = {
  title: 'Hooks',
  text: 'El espacio les pregunta antes de actuar. Tienen un segundo para responder.',
  kinds: {
    before_registration: 'Antes de que alguien se registre',
    before_token: 'Antes de crear tokens',
    send_mail: 'Envía los correos',
    send_sms: 'Envía los SMS',
  },
  name: 'Cuándo',
  at: 'Dirección o enlace de servicio',
  atHint:
    'https, por ejemplo https://example.com/hooks/registration; o el nombre de un enlace de servicio, por ejemplo HOOK_SIGNUPS',
  onFailure: 'Si no responde',
  failures: { refuse: 'Rechazar', allow: 'Continuar sin él' },
  set: 'Definir un hook',
  test: 'Probarlo',
  remove: 'Eliminar',
  confirm: 'Sí, no preguntar más allí',
};
