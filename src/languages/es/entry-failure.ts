import type { Texts } from '../texts.ts';

/** In Spanish. */
export const entryFailure: Texts['entryFailure'] = {
  failed: {
    title: 'No ha funcionado',
    reference: 'Si nos escribe sobre esto, indique',
    home: 'A su cuenta',
    overview: 'Resumen',
    again: 'Volver a abrir la página',
  },
  failures: {
    message_not_found: {
      title: 'Este mensaje no existe',
      text: 'Los mensajes se guardan 30 días.',
    },
    insufficient_scope: {
      title: 'Esto no es para su cuenta',
      text: 'Estas páginas son para administradores. Si debe tener acceso, pídaselo a un propietario.',
    },
    user_not_found: {
      title: 'Este usuario no existe',
      text: 'Puede que se haya eliminado o que pertenezca a otro espacio.',
    },
    not_found: {
      title: 'Aquí no hay nada',
      text: 'Puede que la dirección esté mal escrita o que la página se haya movido. Compruébela.',
    },
    realm_not_found: {
      title: 'Aquí no hay nada',
      text: 'Puede que la dirección esté mal escrita. Vuelva al lugar de donde viene e inténtelo de nuevo.',
    },
    method_not_allowed: {
      title: 'Esta página funciona de otra manera',
      text: 'No se puede abrir así. Vuelva a abrirla.',
    },
    invalid_request: {
      title: 'Esto no se puede leer',
      text: 'Lo que se envió está dañado. Vuelva atrás e inténtelo de nuevo.',
    },
    validation_failed: {
      title: 'Esto no se puede leer',
      text: 'La dirección que siguió está incompleta o es incorrecta. Vuelva al lugar de donde viene e inténtelo de nuevo.',
    },
    redirect_not_allowed: {
      title: 'No podemos llevarle de vuelta allí',
      text: 'La página que le envió aquí quiere que vuelva a una dirección que no está en nuestra lista. Su cuenta no tiene ningún problema: avise a los responsables de esa página.',
    },
    origin_not_allowed: {
      title: 'Este formulario viene de otro lugar',
      text: 'Por su seguridad solo aceptamos formularios de nuestras propias páginas. Abra la página aquí y rellénelo de nuevo.',
    },
    payload_too_large: {
      title: 'Es demasiado',
      text: 'Se envió más de lo que podemos aceptar. Acórtelo.',
    },
    unsupported_media_type: {
      title: 'Esto no se puede leer',
      text: 'El formulario llegó en un formato que no conocemos. Abra la página y rellénelo de nuevo.',
    },
    rate_limited: {
      title: 'Un momento, por favor',
      text: 'Hubo demasiadas solicitudes desde su red. Espere un minuto e inténtelo de nuevo.',
    },
    service_unavailable: {
      title: 'Volvemos en un momento',
      text: 'Algo que necesitamos no responde. Inténtelo de nuevo dentro de un minuto.',
    },
    internal_error: {
      title: 'Algo ha fallado',
      text: 'Es culpa nuestra, no suya. Inténtelo de nuevo; si se repite, avísenos.',
    },
  },
};
