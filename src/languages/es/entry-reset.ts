import type { Texts } from '../texts.ts';

/** In Spanish. */
export const entryReset: Texts['entryReset'] = {
  forgot: {
    title: '¿Olvidó su contraseña?',
    text: 'Le enviamos por correo un enlace para elegir una nueva.',
    button: 'Enviar el enlace',
    back: 'Volver al inicio de sesión',
    sentTitle: 'Revise su correo',
    sent: 'Si existe una cuenta con esta dirección, hay un enlace en camino. Es válido durante una hora.',
  },
  reset: {
    title: 'Elija una contraseña nueva',
    text: 'Se cerrará la sesión en todos sus dispositivos.',
    button: 'Establecer la contraseña',
    doneTitle: 'Su contraseña nueva se ha establecido',
    done: 'Ahora inicie sesión con ella.',
    signIn: 'Iniciar sesión',
    again: 'Pedir un enlace nuevo',
  },
};
