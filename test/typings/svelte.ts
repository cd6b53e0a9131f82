import type { SvelteHTMLElements } from 'svelte/elements';
import type {} from '../../widget/frameworks/svelte.ts';

type Props = SvelteHTMLElements['vapi-agent'];

export const props: Props = {
  tenant: 'acme',
  size: 'small',
  class: 'agent',
  'onvapi-agent-volume': ({ detail }) => detail.level.toFixed(2),
};
// @ts-expect-error there is no such size
export const wrongSize: Props = { tenant: 'acme', size: 'huge' };
// @ts-expect-error a tenant is needed
export const withoutTenant: Props = { label: 'Call us' };
