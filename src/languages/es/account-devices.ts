import type { Texts } from '../texts.ts';

/** In Spanish. */
export const accountDevices: Texts['accountDevices'] = {
  title: 'Dispositivos',
  text: 'Tiene la sesión iniciada en estos dispositivos. Si no reconoce alguno, cierre su sesión y cambie la contraseña.',
  current: 'Este dispositivo',
  lastSeen: 'Último uso:',
  signedIn: 'Inicio de sesión:',
  end: 'Cerrar sesión',
  endNamed: (device) => `Cerrar la sesión de ${device}`,
  others: 'Cerrar la sesión en los demás dispositivos',
  othersTitle: '¿Cerrar la sesión en los demás dispositivos?',
  othersText: 'Aquí la sesión sigue abierta. En los demás tendrá que volver a iniciarla.',
  othersGo: 'Cerrar las demás sesiones',
  none: 'No tiene la sesión iniciada en ningún otro lugar.',
  done: {
    session_ended: 'La sesión del dispositivo está cerrada.',
    others_ended: 'La sesión está cerrada en todos los demás dispositivos.',
  },
};
