/** All routes of the server on one screen. */
import express, { type Express, Router } from 'express';
import helmet from 'helmet';
import { proxyHint } from './access/proxy-hint.ts';
import { requestLog } from './base/log.ts';
import { errorHandler, notFound } from './errors.ts';
import { allCallsRoutes } from './routes/all-calls.ts';
import { installFiles, widgetAssets } from './routes/assets.ts';
import { attentionRoutes } from './routes/attention.ts';
import { auditRoutes } from './routes/audit.ts';
import { billingRoutes, operatorBillingRoutes } from './routes/billing.ts';
import { booksRoutes } from './routes/books.ts';
import { callContentRoutes } from './routes/call-content.ts';
import { authenticate } from './routes/caller.ts';
import { callRoutes } from './routes/calls.ts';
import { clientAccess } from './routes/client-access.ts';
import { clientDefaultsRoutes } from './routes/client-defaults.ts';
import { clientListRoutes } from './routes/client-list.ts';
import { closeRoutes } from './routes/closes.ts';
import { serverDoctorRoutes, tenantDoctorRoutes } from './routes/doctor.ts';
import { invoiceRoutes } from './routes/invoices.ts';
import { keyRoutes } from './routes/keys.ts';
import { leadRoutes } from './routes/leads.ts';
import { noticeRoutes } from './routes/notices.ts';
import { oidcPages } from './routes/oidc.ts';
import { openApiRoutes } from './routes/openapi.ts';
import { healthRoutes, opsRoutes } from './routes/ops.ts';
import { outcomeRoutes } from './routes/outcomes.ts';
import { ownSettingsRoutes } from './routes/own-settings.ts';
import { checkPath } from './routes/parse.ts';
import { passkeySignInRoutes } from './routes/passkey-sign-in.ts';
import { passkeyRoutes } from './routes/passkeys.ts';
import { clientPeopleRoutes, teamRoutes } from './routes/people.ts';
import { phoneRoutes } from './routes/phone.ts';
import { portalAssets, toPortal } from './routes/portal.ts';
import { privacyRoutes } from './routes/privacy.ts';
import { reconcileRoutes } from './routes/reconcile.ts';
import { recordingRoutes } from './routes/recording.ts';
import { searchRoutes } from './routes/search.ts';
import { secretRoutes } from './routes/secrets.ts';
import { sessionRoutes, viewAsRoutes } from './routes/sessions.ts';
import { signInRoutes } from './routes/sign-in.ts';
import { signInPages } from './routes/sign-in-pages.ts';
import { snippetRoutes } from './routes/snippet.ts';
import { stripeWebhookRoutes } from './routes/stripe-webhook.ts';
import { onTalkHost, talkPages } from './routes/talk.ts';
import { tenantRoutes } from './routes/tenants.ts';
import { unreadBody } from './routes/unread-body.ts';
import { usageRoutes } from './routes/usage.ts';
import { vapiLookRoutes } from './routes/vapi-look.ts';
import { vapiWebhookRoutes } from './routes/vapi-webhook.ts';
import { chatRoutes } from './routes/visitor/chats.ts';
import { visitorCors, visitorPaths } from './routes/visitor/cors.ts';
import { feedbackRoutes } from './routes/visitor/feedback.ts';
import { visitorLeadRoutes } from './routes/visitor/leads.ts';
import { leftCallRoutes } from './routes/visitor/left-calls.ts';
import { visitorRoutes } from './routes/visitor/visitor.ts';
import { walletRoutes } from './routes/wallet.ts';
import { wiringRoutes } from './routes/wiring.ts';
import type { ServerContext } from './server-context.ts';

/** The folders that `npm run build` wrote. */
export interface BuiltAssets {
  widget: string;
  portal: string;
  /** What clients install on their sites: the WordPress plugin. */
  installs: string;
}

/**
 * Whether browsers must use https. Not set for other hosts of the domain, which are not ours; nor below a path, nor
 * over plain http, where it means nothing.
 */
function transportSecurity(publicUrl: string) {
  const { protocol, pathname } = new URL(publicUrl);
  return protocol === 'https:' && pathname === '/' && { maxAge: 31_536_000, includeSubDomains: false };
}

export function createApp(ctx: ServerContext, assets: BuiltAssets): Express {
  const app = express();
  app.set('trust proxy', ctx.config.trustProxy);
  app.set('query parser', 'simple');
  app.use(requestLog(ctx.log));
  app.use(proxyHint(ctx));
  // Answers are data, never pages: they may neither load nor be framed.
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
      },
      strictTransportSecurity: transportSecurity(ctx.config.publicUrl),
    }),
  );

  app.use(unreadBody(ctx));
  app.use(checkPath);
  app.use(healthRoutes(ctx));
  if (ctx.tracing) app.use('/v1', ctx.tracing.requests);
  const visitors = Router();
  visitors.use(visitorPaths, visitorCors);
  visitors.use(
    '/v1',
    visitorRoutes(ctx),
    chatRoutes(ctx),
    feedbackRoutes(ctx),
    leftCallRoutes(ctx),
    visitorLeadRoutes(ctx),
  );
  const widget = widgetAssets(assets.widget);
  // All that the host of `TALK_URL` has; none of it can read or change anything with a sign-in.
  app.use(onTalkHost(ctx, talkPages(ctx), visitors, widget));
  // First, since they are most of the requests.
  app.use(visitors);
  app.use(opsRoutes(ctx));
  app.use(openApiRoutes(ctx));
  app.use('/v1/webhooks/vapi', vapiWebhookRoutes(ctx));
  app.use('/v1/webhooks/stripe', stripeWebhookRoutes(ctx));
  // A client reads its own, as far as its switches allow; the rest is the operator's.
  app.use(
    '/v1/tenants',
    authenticate(ctx),
    clientAccess(ctx),
    usageRoutes(ctx),
    callRoutes(ctx),
    callContentRoutes(ctx),
    outcomeRoutes(ctx),
    recordingRoutes(ctx),
    snippetRoutes(ctx),
    billingRoutes(ctx),
    invoiceRoutes(ctx),
    walletRoutes(ctx),
    clientPeopleRoutes(ctx),
    viewAsRoutes(ctx),
    ownSettingsRoutes(ctx),
    privacyRoutes(ctx),
    leadRoutes(ctx),
    tenantRoutes(ctx),
    wiringRoutes(ctx),
    phoneRoutes(ctx),
    tenantDoctorRoutes(ctx),
  );
  app.use(
    '/v1/billing',
    authenticate(ctx),
    operatorBillingRoutes(ctx),
    closeRoutes(ctx),
    booksRoutes(ctx),
    clientListRoutes(ctx),
    allCallsRoutes(ctx),
    searchRoutes(ctx),
  );
  app.use('/v1/keys', authenticate(ctx), keyRoutes(ctx));
  app.use('/v1/secrets', authenticate(ctx), secretRoutes(ctx));
  app.use('/v1/reconcile', authenticate(ctx), reconcileRoutes(ctx));
  app.use('/v1/doctor', authenticate(ctx), serverDoctorRoutes(ctx));
  app.use('/v1/client-defaults', authenticate(ctx), clientDefaultsRoutes(ctx));
  app.use('/v1/vapi', authenticate(ctx), vapiLookRoutes(ctx));
  app.use('/v1/audit', authenticate(ctx), auditRoutes(ctx));
  app.use('/v1/attention', authenticate(ctx), attentionRoutes(ctx));
  app.use('/v1/notices', authenticate(ctx), noticeRoutes(ctx));
  app.use('/v1', signInRoutes(ctx), passkeySignInRoutes(ctx));
  app.use('/v1', teamRoutes(ctx), passkeyRoutes(ctx), sessionRoutes(ctx));
  app.use('/portal', signInPages(ctx), oidcPages(ctx), portalAssets(ctx, assets.portal));
  app.use('/installs', installFiles(assets.installs));
  app.use(toPortal);
  app.use(widget);

  app.use(notFound);
  app.use(errorHandler);
  return app;
}
