/** What is put on the empty page, as each maker's documentation embeds it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageFile } from '../support/packages.ts';

export interface Embed {
  name: string;
  /** The page's body; `SCRIPT` is replaced by the address of {@link Embed.script}. */
  html: string;
  /** Null for the blank page. */
  script: Buffer | null;
  /** A function's text, run in the page: whether a visitor can see the launcher. */
  isShown: string;
  /** Answers to its requests to its maker's servers, so that it really renders: by a part of the address. */
  answers: Record<string, object>;
}

const builtWidget = join(import.meta.dirname, '..', '..', '..', 'dist', 'widget', 'widget.js');

/** The blank page, ours, and the ones compared with ours; the second and third are the goal's two sides. */
export async function loadEmbeds(): Promise<[blank: Embed, ours: Embed, vapi: Embed, ...others: Embed[]]> {
  return [
    { name: 'blank page', html: '', script: null, isShown: '() => true', answers: {} },
    {
      name: '<vapi-agent>',
      html: '<script type="module" src="SCRIPT"></script><vapi-agent tenant="acme"></vapi-agent>',
      script: await readFile(builtWidget),
      isShown: `() => document.querySelector('vapi-agent').shadowRoot?.querySelector('button').offsetWidth > 0`,
      answers: {},
    },
    {
      name: '<vapi-widget> 0.1.1',
      html: `<vapi-widget public-key="11111111-1111-4111-8111-111111111111"
        assistant-id="22222222-2222-4222-8222-222222222222" mode="voice"></vapi-widget>
        <script src="SCRIPT" async type="text/javascript"></script>`,
      script: await packageFile({
        spec: '@vapi-ai/client-sdk-react@0.1.1',
        path: 'dist/embed/widget.umd.js',
        sha256: '1a0d0acfc6738e469f59ff131c1318a9d19e49c2695dfa7863becce5fb3fb22e',
      }),
      isShown: `() => [...document.querySelectorAll('vapi-widget *')].some(({ offsetWidth }) => offsetWidth > 0)`,
      answers: {},
    },
    {
      name: '<elevenlabs-convai> 0.5.4',
      html: `<elevenlabs-convai agent-id="agent_1"></elevenlabs-convai>
        <script src="SCRIPT" async type="text/javascript"></script>`,
      script: await packageFile({
        spec: '@elevenlabs/convai-widget-embed@0.5.4',
        path: 'dist/index.js',
        sha256: '4a9bf2da4194d42f23fcf03beb0e7c5695b848db33ba4ecc0e293af394fa3a0a',
      }),
      isShown: `() => [...(document.querySelector('elevenlabs-convai').shadowRoot?.querySelectorAll('button') ?? [])]
        .some(({ offsetWidth }) => offsetWidth > 0)`,
      answers: {
        '/v1/convai/agents/agent_1/widget': {
          agent_id: 'agent_1',
          widget_config: {
            variant: 'full',
            placement: 'bottom-right',
            expandable: 'never',
            avatar: { type: 'orb', color_1: '#2792dc', color_2: '#9ce6e6' },
            feedback_mode: 'none',
            language: 'en',
            supported_language_overrides: [],
            text_input_enabled: true,
            transcript_enabled: false,
            mic_muting_enabled: false,
          },
        },
      },
    },
  ];
}
