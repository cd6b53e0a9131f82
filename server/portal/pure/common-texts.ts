/** The texts clients change most: key, label, and the element’s English default. Pure. */
export const commonTexts = [
  ['launcher', 'Button text', 'Talk to us'],
  ['greeting', 'Greeting', 'Hello! How can we help?'],
  [
    'greetingHelp',
    'Below the greeting',
    'Talk to our assistant, here and now. You can read along while you speak.',
  ],
  ['disclosure', 'AI disclosure', 'You are talking with an AI assistant.'],
  ['startCall', 'Start button', 'Start the call'],
  ['endedHelp', 'After the call', 'Thank you for talking with us.'],
  ['outsideHoursHelp', 'Outside opening hours', 'Please come back during our opening hours.'],
  ['consentTitle', 'Consent heading', 'Before we talk'],
] as const;
