import type { Texts } from '../texts.ts';

/** In Spanish. */
export const authorizationDevice: Texts['authorizationDevice'] = {
  title: 'Conectar un dispositivo',
  enter: 'Escriba el código que muestra su dispositivo.',
  code: 'Código',
  codeHint: 'Ocho letras, por ejemplo WDJB-MJHT',
  continue: 'Continuar',
  unknown:
    'Ningún dispositivo espera con este código: está mal escrito, ya se usó o es demasiado antiguo. El dispositivo puede mostrar uno nuevo.',
  shows: 'Su dispositivo tiene que mostrar este código:',
  asks: 'en un dispositivo quiere usar su cuenta en',
  from: 'La solicitud viene de:',
  warning:
    'Continúe solo si acaba de empezar esto usted y ve exactamente este código en el dispositivo. Si alguien le envió el código o el enlace, o se lo lee por teléfono, quiere entrar en su cuenta: cancele.',
  allow: 'Conectar el dispositivo',
  deny: 'Cancelar',
  allowed: {
    title: 'El dispositivo está conectado',
    text: 'Puede cerrar esta página y continuar allí. Desconéctelo en cualquier momento, en «Aplicaciones» de su cuenta.',
  },
  denied: {
    title: 'El dispositivo no está conectado',
    text: 'No obtiene nada de su cuenta. Puede cerrar esta página.',
  },
  apps: 'A sus aplicaciones',
};
