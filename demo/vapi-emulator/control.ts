/** Live call control: what a control message does to a call (vapi-facts 2.4, 2.5). */
import { z } from 'zod';
import type { Conversation } from './conversation.ts';
import { conversationOf, endCall } from './lifecycle.ts';
import type { Call, World } from './world.ts';

/** From the control URL and from the page (there `say` has `message` instead of `content`). */
export const controlSchema = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('end-call') }),
  z.looseObject({
    type: z.literal('say'),
    content: z.string().optional(),
    message: z.string().optional(),
    endCallAfterSpoken: z.boolean().optional(),
    interruptAssistantEnabled: z.boolean().optional(),
  }),
  z.looseObject({
    type: z.literal('add-message'),
    message: z.looseObject({ role: z.string(), content: z.string() }),
    triggerResponseEnabled: z.boolean().optional(),
  }),
  z.looseObject({
    type: z.literal('control'),
    control: z.enum([
      'mute-assistant',
      'unmute-assistant',
      'mute-customer',
      'unmute-customer',
      'say-first-message',
    ]),
  }),
]);
export type ControlMessage = z.infer<typeof controlSchema>;

const switches: Record<string, (talk: Conversation) => void> = {
  'mute-assistant': (talk) => talk.muteAssistant(true),
  'unmute-assistant': (talk) => talk.muteAssistant(false),
  'mute-customer': (talk) => talk.silenceVisitor(true),
  'unmute-customer': (talk) => talk.silenceVisitor(false),
  'say-first-message': (talk) => talk.start(),
};

/** Carries out a control message. `reason` is the `endedReason` of an `end-call`. */
export function control(world: World, call: Call, message: ControlMessage, reason: string): void {
  if (message.type === 'end-call') {
    endCall(world, call, reason);
    return;
  }
  const talk = conversationOf(call);
  if (talk === undefined) return;
  if (message.type === 'control') switches[message.control]?.(talk);
  else if (message.type === 'say')
    talk.say(message.content ?? message.message ?? '', {
      endAfter: message.endCallAfterSpoken ?? false,
      interrupt: message.interruptAssistantEnabled ?? false,
    });
  else talk.addMessage(message.message.role, message.message.content, message.triggerResponseEnabled ?? true);
}
