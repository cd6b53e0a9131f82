/** @jsxImportSource vue */
import type { GlobalComponents } from 'vue';
import type {} from '../../widget/frameworks/vue.ts';

export const contact = (
  <vapi-agent
    tenant="acme"
    mode="chat"
    class="agent"
    onVapi-agent-transcript={({ detail }) => detail.text.trim()}
  />
);
// @ts-expect-error there is no such theme
export const wrongTheme = <vapi-agent tenant="acme" theme="pink" />;

/** What a checked template sees. */
type Props = InstanceType<GlobalComponents['vapi-agent']>['$props'];
export const props: Props = { tenant: 'acme', 'onVapi-agent-error': ({ detail }) => detail.code };
// @ts-expect-error a tenant is needed
export const withoutTenant: Props = { mode: 'voice' };
