/** The operator's team and each client's people: the same routes for both, and who is invited. */
import express, { type Request, type Response, Router } from 'express';
import type { AccessContext } from '../access/access-context.ts';
import {
  invite,
  resendInvitation,
  revokeInvitation,
  viewInvitation,
} from '../access/identity/invitations.ts';
import {
  changeRole,
  createUser,
  disableUser,
  type PeopleOf,
  removeMember,
  viewMember,
} from '../access/identity/members.ts';
import { mailInvitation } from '../access/identity/person-mail.ts';
import {
  changeRoleSchema,
  createUserSchema,
  type InvitationsAnswer,
  inviteSchema,
  type MembersAnswer,
  membersQuerySchema,
  pageQuerySchema,
  type SentInvitation,
} from '../contract.ts';
import { findSeller } from '../store/billing-accounts.ts';
import { type Invitation, listInvitations } from '../store/invitations.ts';
import type { Tenant } from '../store/tenants.ts';
import { listMembers, placeOf } from '../store/users.ts';
import { actorIn, authenticate, callerIn, visibleTenant } from './caller.ts';
import { readPage } from './cursor.ts';
import { parse } from './parse.ts';

const body = express.json({ limit: '16kb' });

/** At `/v1`: the operator's team. */
export function teamRoutes(ctx: AccessContext): Router {
  const router = Router();
  const here = peopleRoutes(ctx, async () => null);
  router.use(['/users', '/invitations'], authenticate(ctx));

  router.get('/users', here.list);
  router.post('/users', body, async (req, res) => {
    res.status(201).json(await createUser(ctx, parse(createUserSchema, req.body), actorIn(req, res)));
  });
  router.patch('/users/:id', body, here.change);
  router.delete('/users/:id', here.remove);
  router.post('/users/:id/disable', async (req, res) => {
    await disableUser(ctx, req.params.id, true, actorIn(req, res));
    res.status(204).end();
  });
  router.post('/users/:id/enable', async (req, res) => {
    await disableUser(ctx, req.params.id, false, actorIn(req, res));
    res.status(204).end();
  });
  router.get('/invitations', here.invitations);
  router.post('/invitations', body, here.invite);
  router.post('/invitations/:id/resend', here.resend);
  router.delete('/invitations/:id', here.revoke);
  return router;
}

/** At `/v1/tenants`: a client's people. */
export function clientPeopleRoutes(ctx: AccessContext): Router {
  const router = Router();
  const here = peopleRoutes(ctx, (req, res) => visibleTenant(ctx, req, res));

  router.get('/:slug/users', here.list);
  router.patch('/:slug/users/:id', body, here.change);
  router.delete('/:slug/users/:id', here.remove);
  router.get('/:slug/invitations', here.invitations);
  router.post('/:slug/invitations', body, here.invite);
  router.post('/:slug/invitations/:id/resend', here.resend);
  router.delete('/:slug/invitations/:id', here.revoke);
  return router;
}

/** @param placeIn whose people a request is about; null for the operator's */
function peopleRoutes(ctx: AccessContext, placeIn: (req: Request, res: Response) => Promise<Tenant | null>) {
  const inviterIn = (req: Request, res: Response) => ({ ...actorIn(req, res), keyId: callerIn(res).keyId });
  const idIn = (req: Request) => String(req.params.id);

  async function send(
    res: Response,
    of: PeopleOf & (Tenant | null),
    { invitation, url }: { invitation: Invitation; url: string },
  ): Promise<void> {
    const where = of?.name ?? (await findSeller(ctx.store))?.name ?? null;
    const mailed = await mailInvitation(ctx, invitation, where, url);
    const view = viewInvitation({ ...invitation, ...mailed });
    // A client who could read the link of an address that is not theirs would learn nothing, but needs it only then.
    const shown = callerIn(res).tenantId === null || mailed.mailedAt === null ? url : null;
    res.status(201).json({ ...view, url: shown } satisfies SentInvitation);
  }

  return {
    list: async (req: Request, res: Response) => {
      const of = await placeIn(req, res);
      const { search, ...query } = parse(membersQuerySchema, req.query);
      const { page, nextCursor } = await readPage(query, 'createdAt', (after, limit) =>
        listMembers(ctx.store, placeOf(of?.id ?? null), search || null, after, limit),
      );
      res.json({ users: page.map(viewMember), nextCursor } satisfies MembersAnswer);
    },
    change: async (req: Request, res: Response) => {
      const of = await placeIn(req, res);
      await changeRole(ctx, of, idIn(req), parse(changeRoleSchema, req.body), actorIn(req, res));
      res.status(204).end();
    },
    remove: async (req: Request, res: Response) => {
      await removeMember(ctx, await placeIn(req, res), idIn(req), actorIn(req, res));
      res.status(204).end();
    },
    invitations: async (req: Request, res: Response) => {
      const of = await placeIn(req, res);
      const { page, nextCursor } = await readPage(
        parse(pageQuerySchema, req.query),
        'createdAt',
        (after, limit) => listInvitations(ctx.store, placeOf(of?.id ?? null), after, limit),
      );
      res.json({ invitations: page.map(viewInvitation), nextCursor } satisfies InvitationsAnswer);
    },
    invite: async (req: Request, res: Response) => {
      const of = await placeIn(req, res);
      await send(res, of, await invite(ctx, of, parse(inviteSchema, req.body), inviterIn(req, res)));
    },
    resend: async (req: Request, res: Response) => {
      const of = await placeIn(req, res);
      await send(res, of, await resendInvitation(ctx, of, idIn(req), inviterIn(req, res)));
    },
    revoke: async (req: Request, res: Response) => {
      await revokeInvitation(ctx, await placeIn(req, res), idIn(req), actorIn(req, res));
      res.status(204).end();
    },
  };
}
