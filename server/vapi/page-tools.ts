/** The functions of the page as Vapi's assistants call them: without a server, so that they are called in the browser. */
import type { PageTool } from '../contract.ts';

/**
 * `async`, because no result can be returned as a tool's: the browser adds it to the conversation as a message. A tool that
 * waits for one would wait for the assistant's server, which is not asked.
 */
export function functionsOf(tools: readonly PageTool[]) {
  return tools.map(({ name, description, parameters }) => ({
    type: 'function' as const,
    async: true,
    function: {
      name,
      description,
      parameters: {
        type: 'object' as const,
        properties: Object.fromEntries(
          Object.entries(parameters).map(([key, { optional: _optional, ...schema }]) => [key, schema]),
        ),
        required: Object.keys(parameters).filter((key) => !parameters[key]?.optional),
      },
    },
  }));
}
