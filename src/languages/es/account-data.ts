import type { Texts } from '../texts.ts';

/** In Spanish. */
export const accountData: Texts['accountData'] = {
  title: 'Sus datos',
  export: 'Llevarse sus datos',
  exportText:
    'Un archivo con todo lo que guardamos sobre usted: perfil, preferencias, inicios de sesión, actividad y los correos que le enviamos. Los programas pueden leerlo (JSON).',
  download: 'Descargar',
  delete: 'Eliminar su cuenta',
  deleteText:
    'Su perfil, contraseña, foto, inicios de sesión y actividad se eliminan de inmediato y para siempre, y se cierra la sesión en todos los dispositivos. Nadie puede deshacerlo. Solo conservamos constancia de que hubo una cuenta y de cuándo se eliminó.',
  confirmation: (email) => `Escriba ${email} para confirmar`,
  deleteButton: 'Eliminar mi cuenta',
  deleted: 'Su cuenta se ha eliminado',
  deletedText:
    'Todo lo que guardábamos sobre usted ya no existe. Le hemos enviado un último correo para confirmarlo.',
};
