import type { Catalogue } from '../../messages/templates/catalogue.ts';
import type { AccountChange } from '../../messages/templates/mail-data.ts';
import { named } from '../named.ts';

const changes: Record<AccountChange, (about: string) => string> = {
  phone_number_added: (number) => `El número ${number} ya permite iniciar sesión en su cuenta`,
  phone_number_removed: (number) => `El número ${number} ya no permite iniciar sesión en su cuenta`,
  identity_unlinked: (provider) =>
    provider
      ? `Su cuenta ya no está vinculada a ${provider}`
      : 'Su cuenta ya no está vinculada a otra cuenta',
  passkey_added: named('Una clave de acceso ya permite iniciar sesión en su cuenta'),
  passkey_confirmed: named('Al iniciar sesión ahora se pide una clave de acceso'),
  passkey_removed: named('Se eliminó una clave de acceso de su cuenta'),
  totp_added: named('Al iniciar sesión ahora se pide una aplicación de autenticación'),
  totp_removed: named('Se eliminó una aplicación de autenticación de su cuenta'),
  factors_reset: () =>
    'Un administrador eliminó sus segundos factores y sus claves de acceso, y se cerró su sesión',
  recovery_code_used: (left) =>
    `Se usó un código de recuperación para iniciar sesión en su cuenta; quedan: ${left}`,
  api_key_created: named('Se creó una nueva clave de API'),
  api_key_rotated: named('Una clave de API tiene un secreto nuevo'),
  api_key_revoked: named('Se revocó una clave de API'),
  api_key_taken_over: named('Ahora responde usted de una clave de API'),
  own_key_revoked: named('Un administrador revocó una clave de API'),
  payment_method_added: (of) => `Se añadió un método de pago a ${of || 'su cuenta'}`,
  payment_method_removed: (of) => `Se eliminó un método de pago de ${of || 'su cuenta'}`,
  payment_method_changed: (of) =>
    of ? `Ahora se usa otro método de pago de ${of}` : 'Ahora se usa otro de sus métodos de pago',
};

/** What mails say in Spanish. */
export const mail: Catalogue = {
  greeting: (name) => (name ? `Hola, ${name}:` : 'Hola:'),
  facts: { at: 'Cuándo', place: 'Dónde', requestedFrom: 'Solicitado desde', device: 'Dispositivo' },
  label: (name) => `${name}: `,
  buttonFails: 'Si el botón no funciona, abra esta dirección en su navegador:',
  footer: (brand, host) =>
    `Enviado por ${brand} (${host}), porque esta dirección pertenece a una cuenta de allí o se indicó para una.`,
  letters: {
    welcome_by_provider: ({ provider }, { brand }) => ({
      subject: `Le damos la bienvenida a ${brand}`,
      preview: `Inicia sesión con ${provider}. No tiene que hacer nada más.`,
      title: `Le damos la bienvenida a ${brand}`,
      opening: [
        `Gracias por registrarse. Inicia sesión con su cuenta de ${provider}, que ha confirmado esta dirección de correo. ` +
          'No tiene que hacer nada más.',
      ],
      advice: ['En su cuenta también puede establecer una contraseña, para tener un segundo modo de entrar.'],
      button: 'Abrir mi cuenta',
      closing: ['Si no se ha registrado, puede que otra persona use su cuenta de allí: compruébela.'],
    }),
    welcome: ({ hours }, { brand, ...say }) => ({
      subject: `Le damos la bienvenida a ${brand}: confirme su dirección de correo`,
      preview: `Solo falta una cosa. El enlace es válido durante ${say.hours(hours)}.`,
      title: `Le damos la bienvenida a ${brand}`,
      opening: [
        'Gracias por registrarse. Solo falta una cosa: confirme que esta dirección de correo es suya. ' +
          'Con ella podrá volver a entrar si alguna vez olvida su contraseña.',
      ],
      advice: [],
      button: 'Confirmar la dirección',
      closing: [
        `El enlace es válido durante ${say.hours(hours)} y sirve una sola vez.`,
        'Si no se ha registrado, puede ignorar este mensaje: alguien habrá escrito mal su dirección.',
      ],
    }),
    verify_email: ({ hours }, { brand, ...say }) => ({
      subject: `Confirme su dirección de correo para ${brand}`,
      preview: `El enlace es válido durante ${say.hours(hours)}.`,
      title: 'Confirme su dirección de correo',
      opening: [`Confirme que esta dirección de correo es suya y pertenece a su cuenta de ${brand}.`],
      advice: [],
      button: 'Confirmar la dirección',
      closing: [
        `El enlace es válido durante ${say.hours(hours)} y sirve una sola vez.`,
        'Si no lo ha pedido, puede ignorar este mensaje: la dirección seguirá sin confirmar.',
      ],
    }),
    invitation: ({ hours }, { brand, ...say }) => ({
      subject: `Su cuenta de ${brand}`,
      preview: `Elija una contraseña. El enlace es válido durante ${say.hours(hours)}.`,
      title: `Tiene una cuenta en ${brand}`,
      opening: [`Se creó una cuenta para usted en ${brand}. Elija una contraseña y podrá iniciar sesión.`],
      advice: [],
      button: 'Elegir una contraseña',
      closing: [
        `El enlace es válido durante ${say.hours(hours)} y sirve una sola vez.`,
        'Si no sabe de qué se trata, puede ignorar este mensaje.',
      ],
    }),
    organization_invitation: ({ inviter, organization, days }, { brand, ...say }) => {
      const to = organization ? `«${organization}»` : 'una organización';
      const invited = inviter ? `${inviter} le ha invitado` : 'Ha recibido una invitación';
      return {
        subject: `${invited} a ${to} en ${brand}`,
        preview: `La invitación es válida durante ${say.days(days)}.`,
        title: `Unirse a ${to}`,
        opening: [`${invited} a ${to} en ${brand}.`],
        advice: ['Para aceptarla, inicie sesión con esta dirección de correo o cree una cuenta con ella.'],
        button: 'Ver la invitación',
        closing: [
          `La invitación es válida durante ${say.days(days)} y sirve una sola vez.`,
          'Si no sabe de qué se trata, puede ignorar este mensaje.',
        ],
      };
    },
    reset_password: ({ minutes }, { brand, ...say }) => ({
      subject: `Restablezca su contraseña de ${brand}`,
      preview: `Elija una nueva. El enlace es válido durante ${say.minutes(minutes)}.`,
      title: 'Restablezca su contraseña',
      opening: [`Alguien, seguramente usted, pidió restablecer la contraseña de su cuenta de ${brand}.`],
      advice: [],
      button: 'Elegir una contraseña nueva',
      closing: [
        `El enlace es válido durante ${say.minutes(minutes)} y sirve una sola vez.`,
        'Si no fue usted, puede ignorar este mensaje: su contraseña sigue como está.',
      ],
    }),
    password_changed: (_, { brand }) => ({
      subject: `Se cambió su contraseña de ${brand}`,
      preview: 'Si fue usted, no tiene que hacer nada.',
      title: 'Se cambió su contraseña',
      opening: [`Se cambió la contraseña de su cuenta de ${brand}.`],
      advice: [
        'Si fue usted, no tiene que hacer nada. Si no, restablezca la contraseña ahora: eso también cierra la sesión en ' +
          'todos los dispositivos.',
      ],
      button: 'Restablecer la contraseña',
      closing: [],
    }),
    password_breached: (_, { brand }) => ({
      subject: `Cambie su contraseña de ${brand}`,
      preview: 'Se conoce por una filtración de otro servicio.',
      title: 'Cambie su contraseña',
      opening: [
        `La contraseña de su cuenta de ${brand} está en una lista de contraseñas publicadas tras filtraciones de otros ` +
          'servicios. Cualquiera que tenga la lista puede probarla aquí.',
      ],
      advice: [
        'Elija una contraseña nueva que no use en ningún otro lugar y cambie la antigua dondequiera que la use.',
      ],
      button: 'Cambiar la contraseña',
      closing: [],
    }),
    confirm_new_email: ({ hours }, { brand, ...say }) => ({
      subject: `Confirme su nueva dirección de correo para ${brand}`,
      preview: `Hasta entonces se sigue usando la anterior. El enlace es válido durante ${say.hours(hours)}.`,
      title: 'Confirme su nueva dirección',
      opening: [
        `Ha pedido usar esta dirección de correo para su cuenta de ${brand}. En cuanto la confirme, sustituirá a la ` +
          'anterior; hasta entonces, nada cambia.',
      ],
      advice: [],
      button: 'Confirmar la nueva dirección',
      closing: [
        `El enlace es válido durante ${say.hours(hours)} y sirve una sola vez.`,
        'Si no lo ha pedido, puede ignorar este mensaje: la dirección no se usará.',
      ],
    }),
    email_changed: ({ email_masked, hours }, { brand, ...say }) => ({
      subject: `Se cambió la dirección de correo de su cuenta de ${brand}`,
      preview: `Si no fue usted, deshágalo en un plazo de ${say.hours(hours)}.`,
      title: 'Se cambió su dirección de correo',
      opening: [`Su cuenta de ${brand} usa ahora la dirección ${email_masked} en lugar de esta.`],
      advice: [
        'Si fue usted, no tiene que hacer nada. Si no, deshaga el cambio: su cuenta volverá entonces a esta dirección.',
      ],
      button: 'Deshacer el cambio',
      closing: [`El enlace es válido durante ${say.hours(hours)} y sirve una sola vez.`],
    }),
    new_device: (_, { brand }) => ({
      subject: `Nuevo inicio de sesión en su cuenta de ${brand}`,
      preview: 'Si fue usted, no tiene que hacer nada.',
      title: 'Inicio de sesión desde un dispositivo nuevo',
      opening: [
        `Alguien inició sesión en su cuenta de ${brand} desde un dispositivo que no se había usado antes en ella.`,
      ],
      advice: [
        'Si fue usted, no tiene que hacer nada. Si no, cierre la sesión de ese dispositivo y cambie su contraseña.',
      ],
      button: 'Proteger mi cuenta',
      closing: [],
    }),
    identity_linked: ({ provider }, { brand }) => ({
      subject: `${provider} ya permite iniciar sesión en su cuenta de ${brand}`,
      preview: 'Si fue usted, no tiene que hacer nada.',
      title: `Su cuenta está vinculada a ${provider}`,
      opening: [
        `A partir de ahora, una cuenta de ${provider} también permite iniciar sesión en su cuenta de ${brand}.`,
      ],
      advice: [
        'Si fue usted, no tiene que hacer nada. Si no, establezca una contraseña nueva y desvincule esa cuenta.',
      ],
      button: 'Proteger mi cuenta',
      closing: [],
    }),
    account_changed: ({ change, about, organization }, { brand }) => {
      const what = changes[change](about ?? '');
      const isRevoked = change === 'own_key_revoked';
      return {
        subject: `${what} (${organization ? `${organization}, ${brand}` : brand})`,
        preview: isRevoked
          ? 'Los programas que tienen esta clave se rechazan.'
          : 'Si fue usted, no tiene que hacer nada.',
        title: what,
        opening: [
          `Esto ocurrió en ${organization ? `${organization} en ${brand}` : `su cuenta de ${brand}`}.`,
        ],
        advice: [
          isRevoked
            ? 'Los programas que tienen esta clave se rechazan desde ahora. Si todavía se necesitan, cree otra clave para ellos.'
            : 'Si fue usted, no tiene que hacer nada. Si no, cambie su contraseña, cierre la sesión en todos los dispositivos y ' +
              'mire qué más abre su cuenta.',
        ],
        button: isRevoked ? 'Ver las claves de API' : 'Ver mi cuenta',
        closing: [],
      };
    },
    account_deleted: (_, { brand }) => ({
      subject: `Se eliminó su cuenta de ${brand}`,
      preview: 'Se cerró la sesión en todos los dispositivos. Este es el último mensaje sobre ella.',
      title: 'Se eliminó su cuenta',
      opening: [
        `Se eliminó su cuenta de ${brand} y se cerró la sesión en todos los dispositivos.`,
        'No tiene que hacer nada más. Este es el último mensaje sobre esta cuenta.',
      ],
      advice: [],
      closing: [`Si no quería esto, póngase en contacto con ${brand} lo antes posible.`],
    }),
    account_exists: (_, { brand }) => ({
      subject: `Ya tiene una cuenta de ${brand}`,
      preview: 'Alguien intentó registrarse con su dirección de correo.',
      title: 'Ya tiene una cuenta',
      opening: [
        `Alguien, seguramente usted, intentó registrarse en ${brand} con esta dirección de correo. Ya tiene una cuenta, ` +
          'así que no se creó otra.',
      ],
      advice: ['Puede iniciar sesión como siempre. Si ya no sabe su contraseña, elija una nueva.'],
      button: 'Elegir una contraseña nueva',
      closing: ['Si no fue usted, puede ignorar este mensaje: nada ha cambiado en su cuenta.'],
    }),
    quota_warning: ({ organization, resource, percent, resets_at }, { brand, ...say }) => {
      const usedUp = percent >= 100;
      const whose = organization ? `${organization} en ${brand}` : `su cuenta de ${brand}`;
      const quota = `${brand}: ${organization ? `cuota de ${organization}` : 'su cuota'}`;
      return {
        subject: usedUp
          ? `${quota} agotada (${resource})`
          : `${quota} usada al ${say.percent(percent)} (${resource})`,
        preview: `Empieza de nuevo el ${say.time(resets_at)}.`,
        title: usedUp ? 'La cuota está agotada' : `La cuota está usada al ${say.percent(percent)}`,
        opening: [
          usedUp
            ? `La cuota de ${whose} está agotada: ${resource}.`
            : `La cuota de ${whose} está usada al ${say.percent(percent)}: ${resource}.`,
          `La cuota empieza de nuevo el ${say.time(resets_at)}.${
            usedUp
              ? ' Hasta entonces, todo lo que la supere se rechaza, o cuesta créditos si el plan lo prevé.'
              : ''
          }`,
        ],
        advice: [],
        closing: [],
      };
    },
    cap_warning: ({ organization, resource, percent, resets_at, is_own, api_key }, { brand, ...say }) => {
      const reached = percent >= 100;
      const what = resource ?? 'créditos';
      const ofAll = organization && !is_own ? `el tope de gasto de ${organization}` : 'su tope de gasto';
      const ofKey = api_key?.name ? `la clave de API «${api_key.name}»` : 'una clave de API';
      const whose = api_key ? `el tope de gasto de ${ofKey}` : ofAll;
      const where = organization && (is_own || api_key) ? ` en ${organization}` : '';
      return {
        subject: reached
          ? `${brand}: se alcanzó ${whose}${where} (${what})`
          : `${brand}: ${whose}${where} está usado al ${say.percent(percent)} (${what})`,
        preview: `Empieza de nuevo el ${say.time(resets_at)}.`,
        title: reached
          ? 'Se alcanzó un tope de gasto'
          : `Un tope de gasto está usado al ${say.percent(percent)}`,
        opening: [
          reached
            ? `En ${brand} se alcanzó ${whose}${where}: ${what}.`
            : `En ${brand}, ${whose}${where} está usado al ${say.percent(percent)}: ${what}.`,
          `Empieza de nuevo el ${say.time(resets_at)}.${reached ? ' Hasta entonces, todo lo que lo supere se rechaza.' : ''}`,
        ],
        advice: [],
        closing: [],
      };
    },
    one_time_code: ({ code, minutes }, { brand, ...say }) => ({
      subject: `Su código para ${brand}`,
      preview: `${code} es válido durante ${say.minutes(minutes)}.`,
      title: 'Su código',
      opening: [`Escriba este código en ${brand} para continuar:`],
      advice: [],
      closing: [
        `El código es válido durante ${say.minutes(minutes)} y sirve una sola vez. No lo comparta: nadie de ${brand} ` +
          'se lo pedirá nunca.',
        'Si no ha pedido ningún código, puede ignorar este mensaje.',
      ],
    }),
    sign_in_link: ({ minutes }, { brand, ...say }) => ({
      subject: `Inicie sesión en ${brand}`,
      preview: `El enlace es válido durante ${say.minutes(minutes)}.`,
      title: `Inicie sesión en ${brand}`,
      opening: [`Ha pedido un enlace que inicia su sesión en ${brand}.`],
      advice: [
        'Ábralo en el navegador donde lo pidió. En cualquier otro lugar muestra un número, que se escribe allí.',
      ],
      button: 'Continuar',
      closing: [
        `El enlace es válido durante ${say.minutes(minutes)} y sirve una sola vez. No comparta ni el enlace ni el número.`,
        'Si no ha pedido ningún enlace, puede ignorar este mensaje.',
      ],
    }),
    top_up_stopped: ({ organization, reason }, { brand }) => ({
      subject: `La recarga automática de ${organization ?? brand} se ha detenido`,
      preview: 'Sus créditos no se recargan hasta que la active de nuevo.',
      title: 'La recarga automática se ha detenido',
      opening: [
        `${organization === null ? 'Sus créditos' : `Los créditos de ${organization}`} se estaban agotando e iban a comprarse de nuevo automáticamente.`,
        {
          declined: 'Se rechazó el pago, así que no se compró ni se cobró nada.',
          authentication_required:
            'Su banco quiere que confirme el pago usted, así que no se compró ni se cobró nada.',
          no_payment_method: 'Ya no hay ningún método de pago, así que no se compró ni se cobró nada.',
          price_gone: 'El paquete de créditos ya no se ofrece, así que no se compró ni se cobró nada.',
        }[reason],
      ],
      button: reason === 'authentication_required' ? 'Confirmar y pagar' : 'Ver la facturación',
      advice: [
        'Allí puede comprar créditos usted y activar de nuevo la recarga automática. Hasta entonces sigue desactivada.',
      ],
      closing: [],
    }),
    billing_email_changed: ({ told }, { brand }) => ({
      subject: told
        ? `Los correos sobre los pagos de ${told.organization ?? 'una organización'} van ahora a otro lugar`
        : `Los correos sobre los pagos en ${brand} llegan ahora aquí`,
      preview: told ? `Desde ahora van a ${told.email_masked}.` : 'Esta dirección se indicó para recibirlos.',
      title: 'Se cambió la dirección para los pagos',
      opening: told
        ? [
            `Los correos sobre lo que ${told.organization ?? 'una organización'} paga en ${brand} van desde ahora a ${told.email_masked}. Hasta ahora llegaban a esta dirección.`,
          ]
        : [
            `Esta dirección se indicó para los correos sobre lo que una organización paga en ${brand}. Desde ahora llegan aquí.`,
          ],
      button: told ? 'Ver la organización' : `Ir a ${brand}`,
      advice: [
        told
          ? 'Si no fue nadie de ustedes, vuelva a cambiarla allí y compruebe quién puede gestionar los pagos.'
          : 'Si no sabe nada de esto, no tiene que hacer nada. Pida a quien la indicó que elija otra dirección.',
      ],
      closing: [],
    }),
    webhook_disabled: ({ host, reason }, { brand }) => ({
      subject: `Un webhook de ${brand} está desactivado`,
      preview: `${host} ya no recibe eventos.`,
      title: 'Un webhook está desactivado',
      opening: [
        reason === 'gone'
          ? `${host} respondió que el webhook ya no existe (410), así que ${brand} no le envía más eventos.`
          : `No ha llegado nada a ${host} durante cinco días, así que ${brand} no le envía más eventos.`,
      ],
      button: 'Ver los webhooks',
      advice: [
        'Cuando vuelva a funcionar, puede activarlo allí y hacer que se entregue lo que se perdió en los últimos 30 días.',
      ],
      closing: ['Si ya no se necesita, puede eliminarlo.'],
    }),
    test_email: (_, { brand }) => ({
      subject: `Mensaje de prueba de ${brand}`,
      preview: 'El correo llega.',
      title: 'El correo llega',
      opening: [`Ha pedido a ${brand} un mensaje de prueba. Aquí está: el correo está configurado y llega.`],
      advice: [],
      closing: ['No tiene que hacer nada.'],
    }),
  },
  texts: {
    // The alphabet of text messages has no ó: “código” cannot be written in it.
    one_time_code: (code, brand, valid) =>
      `${code} es su clave temporal${brand ? ` de ${brand}` : ''} y vence en ${valid}. No la comparta.`,
  },
};
