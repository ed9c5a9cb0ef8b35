import { describe, expect, it } from 'vitest';

import { claimsSuccess } from './answer-claim.ts';

describe('an answer claims success', () => {
  it.each([
    'Your order has been cancelled.',
    "I've updated the ticket.",
    'All done!',
    'Ihre Bestellung wurde storniert.',
    'El pedido se canceló con éxito.',
    'La commande a été annulée.',
    'O pedido foi cancelado.',
    "L'ordine è stato annullato.",
    '订单已成功取消。',
    '注文のキャンセルが完了しました。',
  ])('by %s', (text) => {
    expect(claimsSuccess(text)).toBe(true);
  });

  it.each([
    '',
    'The weather in Ghent is mild.',
    'I was unable to cancel the order.',
    "Two of three files have been moved; the third couldn't be.",
    'Leider wurde die Bestellung nicht storniert.',
    'No se pudo cancelar; he completado el resto con éxito.',
    "La commande n'a pas été annulée.",
    'Infelizmente o pedido não foi cancelado.',
    "Purtroppo l'ordine non è stato annullato.",
    '订单取消失败。',
  ])('not by %s', (text) => {
    expect(claimsSuccess(text)).toBe(false);
  });

  it('whether it says so at the beginning or at the end of a long text, and is read in bounded time', () => {
    const filler = 'and then there was some more of it, '.repeat(100_000);
    expect(claimsSuccess(`It has been sent. ${filler}`)).toBe(true);
    expect(claimsSuccess(`${filler} It has been sent.`)).toBe(true);
    expect(claimsSuccess(`It has been sent. ${filler} Sorry.`)).toBe(false);
  });
});
