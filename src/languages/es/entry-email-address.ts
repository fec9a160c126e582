import type { Texts } from '../texts.ts';

/** In Spanish. */
export const entryEmailAddress: Texts['entryEmailAddress'] = {
  verify: {
    title: 'Confirme su dirección de correo',
    made: {
      text: 'Esta cuenta se creó con su dirección de correo. ¿Es suya?',
      refusal: 'Todo lo que abre la cuenta deja de funcionar ahora, y usted elige su propia contraseña.',
    },
    asked: {
      text: 'Esta cuenta va a recibir su dirección de correo. ¿Es suya?',
      refusal: 'La cuenta no recibe su dirección.',
    },
    mine: 'Es mi cuenta',
    notMine: 'No lo hice yo',
    refused: 'La cuenta no recibe su dirección.',
    doneTitle: 'Gracias',
    alreadyTitle: 'Ya confirmada',
    done: 'Su dirección de correo está confirmada.',
    account: 'A su cuenta',
    signIn: 'Iniciar sesión',
    again: 'Pedir un enlace nuevo',
    askText: 'Díganos la dirección de su cuenta y le enviamos un enlace nuevo.',
    ask: 'Enviar el enlace',
    sent: 'Si existe una cuenta sin confirmar con esta dirección, hay un enlace en camino.',
  },
  undo: {
    title: 'Recuperar su dirección',
    text: 'Su cuenta vuelve a esta dirección, se cierra la sesión en todos los dispositivos y la contraseña deja de funcionar. Le enviamos un enlace para elegir una nueva.',
    button: 'Deshacer el cambio',
    doneTitle: 'El cambio se ha deshecho',
    done: 'Su cuenta vuelve a tener esta dirección. Busque en su correo un enlace para elegir una contraseña nueva.',
  },
};
