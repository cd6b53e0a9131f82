/**
 * Every sentence of the panel; the other languages say the same, see `languages.ts`. A tenant may replace each by its
 * key (`texts`). `{name}` is the tenant's name, `{time}` minutes and seconds.
 * A failure has a title and a way out: `<code in camel case>Title` and `…Help`.
 */
import type { FailureCode } from '../failure.ts';

export const en = {
  launcher: 'Talk to us',
  greeting: 'Hello! How can we help?',
  greetingHelp: 'Talk to our assistant, here and now. You can read along while you speak.',
  disclosure: 'You are talking with an AI assistant.',
  startCall: 'Start the call',
  tryAgain: 'Try again',
  talkAgain: 'Talk again',
  cancel: 'Cancel',
  hangUp: 'Hang up',
  mute: 'Mute',
  statusMuted: 'You are muted',
  close: 'Close',
  minimise: 'Close; the call goes on',
  panelName: 'Talk with {name}',
  transcriptName: 'What is being said',
  callTime: 'Call time',
  backToCall: 'Back to the call',
  rejoinTitle: 'Your call is still on',
  rejoinHelp: 'Tap the button to go on talking.',
  you: 'You',
  assistant: 'Assistant',
  statusMicrophone: 'Please allow the microphone',
  statusMicrophoneHelp: 'Your browser asks for it, usually near the address bar.',
  statusConnecting: 'Connecting…',
  statusLive: 'Connected',
  statusListening: 'Listening',
  statusSpeaking: 'Speaking',
  statusEnding: 'Hanging up…',
  statusEnded: 'Call ended',
  endedTimeUp: 'The time for this call was up.',
  endedSilence: 'We did not hear anything for a while.',
  endedHelp: 'Thank you for talking with us.',
  microphoneDeniedTitle: 'We cannot hear you',
  microphoneDeniedHelp:
    'Your browser blocks the microphone for this page. Allow it next to the address bar, then try again.',
  microphoneHelpChrome: 'Click the icon left of the address, switch the microphone on, then try again.',
  microphoneHelpFirefox:
    'Click the crossed-out microphone left of the address, remove the block, then try again.',
  microphoneHelpSafari:
    'In the menu Safari, open “Settings for This Website”, allow the microphone, then try again.',
  microphoneHelpIos:
    'Tap the icon left of the address, open “Website Settings”, allow the microphone, then try again.',
  microphoneForbiddenTitle: 'No microphone on this page',
  microphoneForbiddenHelp: 'This page does not allow calls. Please contact us in another way.',
  microphoneMissingTitle: 'No microphone found',
  microphoneMissingHelp: 'Connect a microphone or a headset, then try again.',
  microphoneBusyTitle: 'The microphone is in use',
  microphoneBusyHelp: 'Another program seems to hold it. Close that program, then try again.',
  insecurePageTitle: 'Calls need a secure page',
  insecurePageHelp: 'Open this page with https:// in its address to talk with us.',
  unsupportedBrowserTitle: 'This browser cannot make calls',
  unsupportedBrowserHelp: 'Please use a current version of Chrome, Edge, Firefox or Safari.',
  misconfiguredTitle: 'Not available right now',
  misconfiguredHelp: 'We cannot take calls here at the moment. Please contact us in another way.',
  originNotAllowedTitle: 'Not available on this page',
  originNotAllowedHelp: 'We cannot take calls here. Please contact us in another way.',
  tenantPausedTitle: 'We are taking a break',
  tenantPausedHelp: 'Calls are switched off at the moment. Please come back later.',
  outsideHoursTitle: 'We are closed right now',
  outsideHoursHelp: 'Please come back during our opening hours.',
  callDeniedTitle: 'This call could not be started',
  callDeniedHelp: 'Please contact us in another way, or try again later.',
  budgetExhaustedTitle: 'No calls for now',
  budgetExhaustedHelp: 'We cannot take more calls at the moment. Please come back later.',
  concurrencyLimitTitle: 'All lines are busy',
  concurrencyLimitHelp: 'Please try again in a minute.',
  rateLimitedTitle: 'A little too fast',
  rateLimitedHelp: 'There were many calls from your connection. Please wait a minute, then try again.',
  vapiUnavailableTitle: 'The call could not be connected',
  vapiUnavailableHelp: 'Our voice service does not answer. Please try again in a moment.',
  serverErrorTitle: 'Something went wrong on our side',
  serverErrorHelp: 'Please try again in a moment.',
  networkTitle: 'No connection',
  networkHelp: 'Check your internet connection, then try again.',
  interruptedTitle: 'The call was interrupted',
  interruptedHelp: 'The connection broke off. You can call again right away.',
  pageBusyTitle: 'You are already in a call',
  pageBusyHelp: 'Another call is on in this page. End it first, then try again here.',
  browserBusyTitle: 'You are already in a call',
  browserBusyHelp: 'A call is on in another tab of this browser. End it there, then try again here.',
  timeLeft: '{time} left',
  endsSoon: 'This call ends in less than a minute.',
  noticeUnheard: 'We cannot hear you yet. Is the right microphone chosen?',
  noticeNetwork: 'Your connection is weak. The sound may break up.',
  noticeReconnecting: 'The connection broke off. Reconnecting…',
  playSound: 'Tap to hear the assistant',
  consentTitle: 'Before we talk',
  consentMore: 'Read more',
  consentAccept: 'Agree and continue',
  consentDecline: 'Not now',
  consentWithdraw: 'Withdraw my consent',
  settings: 'Sound settings',
  settingsMicrophone: 'Microphone',
  settingsSpeaker: 'Speaker',
  settingsVolume: 'Volume',
  settingsLevel: 'Your voice',
  settingsDefault: 'System default',
  transcriptCopy: 'Copy transcript',
  transcriptCopied: 'Copied',
  transcriptSave: 'Save transcript',
  feedbackTitle: 'How was it?',
  feedbackGood: 'Good',
  feedbackBad: 'Not good',
  feedbackComment: 'What could be better? (optional)',
  feedbackSend: 'Send feedback',
  feedbackThanks: 'Thank you for your feedback.',
  feedbackFailed: 'That could not be sent. Please try again.',
  chatGreetingHelp: 'Write to our assistant, here and now.',
  messageLabel: 'Your message',
  messageSend: 'Send',
  messageFailed: 'Your message could not be sent. Please try again.',
  messageWriting: 'The assistant is writing…',
} as const;

export type StringKey = keyof typeof en;
export type Strings = Readonly<Record<StringKey, string>>;

type Camel<Text extends string> = Text extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Text;

/** What the visitor reads about a failure, and what to do about it. */
export function failureTexts(strings: Strings, code: FailureCode): { title: string; help: string } {
  const key = code.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()) as Camel<FailureCode>;
  return { title: strings[`${key}Title`], help: strings[`${key}Help`] };
}
