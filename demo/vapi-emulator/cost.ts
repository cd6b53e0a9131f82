/**
 * What a call costs: pure arithmetic from its length and what was said, with Vapi's own roundings.
 *
 * Rates were derived from a captured report (vapi-facts 3.4): `cost` is the sum of `costs[]` rounded to 4 places,
 * every value of `costBreakdown` is rounded separately, so that their sum may miss `total` by a few 0.0001.
 */
import type { CallCost, CallType, CostItem, Json } from './types.ts';

const perMinute = { vapi: 0.05, stt: 0.0102, twilio: 0.014 };
const perPromptToken = 0.15e-6;
const perCompletionToken = 0.6e-6;
const perSpokenCharacter = 0.00005;
/** The audio stream opens before `startedAt` and closes after `endedAt`. */
const transcriberExtraSeconds = 4.4;

/** What was said, as far as it costs. */
export interface Spoken {
  promptTokens: number;
  completionTokens: number;
  /** Characters that the assistant spoke. */
  characters: number;
}

export interface CostBasis {
  type: CallType;
  /** From start to end; 0 = no one joined, which costs nothing. */
  seconds: number;
  spoken: Spoken;
  model?: Json | undefined;
  voice?: Json | undefined;
  transcriber?: Json | undefined;
}

/** Removes the residue of binary fractions; real items have up to 7 decimals. */
const round7 = (value: number): number => Math.round(value * 1e7) / 1e7;
const round4 = (value: number): number => Math.round(Math.round(value * 1e7) / 1e3) / 1e4;

const analysisModel = { provider: 'google', model: 'gemini-2.5-flash' };

/** The items of a call by the rates above. */
export function costItems(basis: CostBasis): CostItem[] {
  if (basis.seconds <= 0) return [];
  const { spoken } = basis;
  const minutes = round4(basis.seconds / 60);
  const heard = round4((basis.seconds + transcriberExtraSeconds) / 60);
  const tokens = (prompt: number, completion: number) =>
    round7(prompt * perPromptToken + completion * perCompletionToken);
  const summaryPrompt = 120 + Math.ceil(spoken.characters / 2);
  const analysis = (analysisType: string, promptTokens: number, completionTokens: number): CostItem => ({
    type: 'analysis',
    analysisType,
    model: analysisModel,
    promptTokens,
    completionTokens,
    cost: tokens(promptTokens, completionTokens),
  });
  const items: CostItem[] = [
    {
      type: 'transcriber',
      transcriber: basis.transcriber ?? { provider: 'deepgram', model: 'nova-2' },
      minutes: heard,
      cost: round7(heard * perMinute.stt),
    },
    {
      type: 'model',
      model: basis.model ?? { provider: 'openai', model: 'gpt-4o-mini' },
      promptTokens: spoken.promptTokens,
      completionTokens: spoken.completionTokens,
      cost: tokens(spoken.promptTokens, spoken.completionTokens),
    },
    {
      type: 'voice',
      voice: basis.voice ?? { provider: 'vapi', voiceId: 'Elliot' },
      characters: spoken.characters,
      cost: round7(spoken.characters * perSpokenCharacter),
    },
    { type: 'vapi', subType: 'normal', minutes, cost: round7(minutes * perMinute.vapi) },
    analysis('summary', summaryPrompt, 60),
    analysis('successEvaluation', summaryPrompt + 99, 1),
    {
      type: 'knowledge-base',
      model: { provider: 'google', model: 'gemini-1.5-flash' },
      promptTokens: 0,
      completionTokens: 0,
      cost: 0,
    },
  ];
  // Web calls have no transport item at all; a phone line is paid by the minute.
  if (basis.type !== 'webCall')
    items.unshift({
      type: 'transport',
      provider: 'twilio',
      minutes,
      cost: round7(minutes * perMinute.twilio),
    });
  return items;
}

/**
 * Items that sum to exactly `total` dollars: the platform's fee for the length, the rest on the model.
 * For tests that need a known cost.
 */
export function costItemsFor(total: number, basis: CostBasis): CostItem[] {
  const minutes = round4(basis.seconds / 60);
  const fee = Math.min(total, round7(minutes * perMinute.vapi));
  return [
    { type: 'vapi', subType: 'normal', minutes, cost: fee },
    {
      type: 'model',
      model: basis.model ?? { provider: 'openai', model: 'gpt-4o-mini' },
      promptTokens: basis.spoken.promptTokens,
      completionTokens: basis.spoken.completionTokens,
      cost: round7(total - fee),
    },
  ];
}

const sum = (items: CostItem[]): number => items.reduce((total, item) => total + item.cost, 0);

/** `cost` and `costBreakdown` of these items, as a report and `GET /call/:id` show them. */
export function summarize(costs: CostItem[]): CallCost {
  const of = (type: string) => costs.filter((item) => item.type === type);
  const count = (items: CostItem[], field: string) =>
    items.reduce((total, item) => total + Number(item[field] ?? 0), 0);
  const analysis = (kind: string) => of('analysis').filter((item) => item.analysisType === kind);
  const cost = round4(sum(costs));
  const analysisCostBreakdown: Json = {};
  for (const kind of ['summary', 'structuredData', 'successEvaluation']) {
    analysisCostBreakdown[kind] = round4(sum(analysis(kind)));
    analysisCostBreakdown[`${kind}PromptTokens`] = count(analysis(kind), 'promptTokens');
    analysisCostBreakdown[`${kind}CompletionTokens`] = count(analysis(kind), 'completionTokens');
  }
  return {
    cost,
    costs,
    costBreakdown: {
      ...(of('transport').length > 0 ? { transport: round4(sum(of('transport'))) } : {}),
      stt: round4(sum(of('transcriber'))),
      llm: round4(sum(of('model'))),
      tts: round4(sum(of('voice'))),
      vapi: round4(sum(of('vapi'))),
      total: cost,
      llmPromptTokens: count(of('model'), 'promptTokens'),
      llmCompletionTokens: count(of('model'), 'completionTokens'),
      ttsCharacters: count(of('voice'), 'characters'),
      voicemailDetectionCost: 0,
      knowledgeBaseCost: round4(sum(of('knowledge-base'))),
      analysisCostBreakdown,
    },
  };
}
