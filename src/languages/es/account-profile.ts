import type { Texts } from '../texts.ts';

/** In Spanish. */
export const accountProfile: Texts['accountProfile'] = {
  title: 'Perfil',
  picture: 'Foto',
  pictureLabel: 'Elegir una foto',
  pictureHint: 'PNG, JPEG o WebP, hasta 2 MB. No se guarda el lugar donde se hizo.',
  crop: 'Lo que se ve de la foto',
  cropHint: 'Arrástrela o use las teclas de flecha. El círculo muestra lo que ven los demás.',
  zoom: 'Ampliar',
  upload: 'Subir',
  changePicture: 'Cambiar la foto',
  remove: 'Eliminar la foto',
  about: 'Sobre usted',
  name: 'Nombre',
  givenName: 'Nombre de pila',
  familyName: 'Apellidos',
  username: 'Nombre de usuario',
  usernameHint: 'También puede iniciar sesión con él.',
  bio: 'Sobre mí',
  country: 'País',
  phone: 'Número de teléfono',
  phoneHint:
    'Con el prefijo del país, por ejemplo +34 910 50 20 00. Un número nuevo se debe confirmar otra vez.',
  locale: 'Idioma de nuestros correos',
  done: {
    picture_saved: 'Tiene una foto nueva.',
    picture_removed: 'Su foto se ha eliminado.',
  },
};
