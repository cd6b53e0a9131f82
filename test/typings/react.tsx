/** @jsxImportSource react */
import { useRef } from 'react';
import type {} from '../../widget/frameworks/react.ts';
import type { VapiAgent } from '../../widget/vapi-agent.ts';

export function Contact() {
  const agent = useRef<VapiAgent>(null);
  const start = (): Promise<void> | undefined => agent.current?.start();
  return (
    <>
      <vapi-agent
        ref={agent}
        tenant="acme"
        mode="hybrid"
        placement="inline"
        className="agent"
        onvapi-agent-call-end={({ detail }) => detail.seconds.toFixed()}
        onvapi-agent-error={({ detail }) => detail.code === 'microphone_denied' && detail.message.trim()}
      />
      {/* @ts-expect-error a tenant is needed */}
      <vapi-agent mode="voice" />
      {/* @ts-expect-error there is no such mode */}
      <vapi-agent tenant="acme" mode="video" />
      {/* @ts-expect-error no call has a colour */}
      <vapi-agent tenant="acme" onvapi-agent-call-end={({ detail }) => detail.colour} />
      <button type="button" onClick={start}>
        Call
      </button>
    </>
  );
}
