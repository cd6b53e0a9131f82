/** The texts that clients change most: key, what it is, and what the element says in English without one. Pure. */
export const commonTexts = [
  ['launcher', 'On the button', 'Talk to us'],
  ['greeting', 'Greeting', 'Hello! How can we help?'],
  [
    'greetingHelp',
    'Below the greeting',
    'Talk to our assistant, here and now. You can read along while you speak.',
  ],
  ['disclosure', 'That it is a machine', 'You are talking with an AI assistant.'],
  ['startCall', 'Button that starts the call', 'Start the call'],
  ['endedHelp', 'After the call', 'Thank you for talking with us.'],
  ['outsideHoursHelp', 'When it is closed', 'Please come back during our opening hours.'],
  ['consentTitle', 'Above the consent', 'Before we talk'],
] as const;
