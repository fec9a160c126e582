import { plural } from '../plural.ts';
import type { Texts } from '../texts.ts';

/** In Spanish. */
export const accountUsage: Texts['accountUsage'] = {
  title: 'Uso',
  plan: 'Su plan',
  change: 'Plan y pago',
  usedOf: { day: 'hoy', month: 'este mes' },
  of: (used, limit) => `${used} de ${limit}`,
  left: (count) => `Queda: ${count}`,
  unlimited: 'Sin límite',
  notInPlan: 'No incluido en su plan',
  resets: 'Se reinicia:',
  billed: (count) => `${count} por encima de su plan este mes, en su próxima factura`,
  lastDays: (total) => `${total} en los últimos 30 días`,
  chart: (resource) => `${resource}: los últimos 30 días`,
  chartText: (total, peak, date) => `${total} en total. El máximo fue ${peak}, el ${date}.`,
  unused: 'Nada en los últimos 30 días.',
  numbers: 'Día por día',
  numbersOf: (resource) => `${resource}, día por día`,
  quantity: 'Uso',
  late: 'En los gráficos pueden faltar los últimos segundos.',
  models: 'Modelos',
  modelsText: 'Tokens que usaron los modelos en los últimos 30 días.',
  noModels: 'No se usó ningún modelo en los últimos 30 días.',
  tokens: (count, shown) =>
    plural('es', count, {
      one: `${shown} token`,
      many: `${shown} de tokens`,
      other: `${shown} tokens`,
    }),
  tokenParts: (input, output, requests) => `entrada: ${input} · salida: ${output} · solicitudes: ${requests}`,
  credits: 'Créditos',
  noCredits: 'Todavía no se han añadido ni usado créditos.',
  balanceAfter: (balance) => `Saldo: ${balance}`,
  expires: 'Vencen el',
  types: {
    purchase: 'Compra',
    added: 'Añadidos',
    used: 'Uso',
    refund: 'Devolución',
    grant: 'Parte del plan',
    expired: 'Vencidos',
  },
};
