/**
 * Reservations that no call has claimed. A start whose answer was lost stays reserved, because Vapi may have done it.
 * Only here is it released: once Vapi's lists of that time have been read and do not contain it.
 */
import type { Context } from '../context.ts';
import { chatEvent } from '../ledger/chat-event.ts';
import { listLapsedReservations, type Reservation, releaseReservation } from '../store/reservations.ts';
import type { Tenant } from '../store/tenants.ts';
import type { CallsApi } from '../vapi/calls-api.ts';
import { readCost } from '../vapi/cost.ts';
import { VapiError } from '../vapi/vapi-api.ts';
import { bookDifference } from './booking.ts';

/** How far Vapi's clock may differ from ours. */
const clockSkewMs = 5 * 60_000;

/**
 * @param leaseBeforeMs only what should have ended before then; all calls created until then have been compared with
 * the ledger, so ours have claimed their reservations
 */
export async function giveBackUnclaimed(
  ctx: Context,
  api: CallsApi,
  tenant: Tenant,
  leaseBeforeMs: number,
): Promise<void> {
  const reservations = await listLapsedReservations(ctx.store, tenant.id, leaseBeforeMs);
  const messages = reservations.filter(({ kind }) => kind === 'message');
  const lookedFor = await bookLostChats(ctx, api, tenant, messages);
  for (const reservation of reservations) {
    if (lookedFor || reservation.kind !== 'message') await releaseReservation(ctx.store, reservation.id);
  }
}

/**
 * Books the messages that Vapi accepted without our knowing. Their names are the ids of their reservations.
 * @returns false when Vapi could not be asked
 */
async function bookLostChats(
  ctx: Context,
  api: CallsApi,
  tenant: Tenant,
  reservations: Reservation[],
): Promise<boolean> {
  if (reservations.length === 0) return true;
  const byName = new Map(reservations.map((reservation) => [reservation.id, reservation]));
  const from = Math.min(...reservations.map((reservation) => reservation.createdAt)) - clockSkewMs;
  const to = Math.max(...reservations.map((reservation) => reservation.leaseExpiresAt)) + clockSkewMs;
  try {
    for await (const page of api.listChats(from, to)) {
      for (const chat of page) {
        const reservation = byName.get(chat.name ?? '');
        if (!reservation) continue;
        const { assistantId } = reservation;
        const taken = { id: chat.id, reservationId: reservation.id, assistantId, at: reservation.createdAt };
        await bookDifference(ctx, tenant, null, chatEvent(taken, 'poll', ctx.now(), 'over', readCost(chat)));
        ctx.log.warn({ tenant: tenant.slug, chat: chat.id }, 'booked a message whose answer was lost');
      }
    }
    return true;
  } catch (error) {
    if (!(error instanceof VapiError)) throw error;
    ctx.log.warn({ err: error, tenant: tenant.slug }, 'lost messages could not be looked for');
    return false;
  }
}
