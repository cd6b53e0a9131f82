/** Where Vapi sends a tenant's messages. Pure. */

/** @param publicUrl as configured, without a trailing slash */
export function webhookUrlOf(publicUrl: string, slug: string): string {
  return `${publicUrl}/v1/webhooks/vapi/${slug}`;
}

/** Forwarding to a webhook of this server would loop. */
export function isOurWebhook(publicUrl: string, url: string): boolean {
  return URL.parse(url)?.href.startsWith(webhookUrlOf(publicUrl, '')) ?? false;
}
