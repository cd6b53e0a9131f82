import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseArgs } from 'node:util';
import { accessCommands } from '../../../server/cli/access-commands.ts';
import { billingCommands } from '../../../server/cli/billing-commands.ts';
import { findCommand, helpFor } from '../../../server/cli/command-line.ts';
import { nearest } from '../../../server/cli/nearest.ts';
import { Misuse, options } from '../../../server/cli/request.ts';
import { readable } from '../../../server/cli/text.ts';

const commands = [...accessCommands, ...billingCommands];
function find(line: string) {
  const { values: flags, positionals } = parseArgs({
    args: line.split(' '),
    options,
    allowPositionals: true,
  });
  const { command, values } = findCommand(commands, positionals, flags);
  return [command.usage.split(' [--')[0], ...values];
}

test('a line matches the command with the most of its words', () => {
  assert.deepEqual(find('tenants'), ['tenants [list]']);
  assert.deepEqual(find('invoices acme'), ['invoices <tenant>', 'acme']);
  assert.deepEqual(find('invoices push acme inv_1'), [
    'invoices finalize|push|paid <tenant> <invoice>',
    'push',
    'acme',
    'inv_1',
  ]);
  assert.deepEqual(find('invoices void acme inv_1 by mistake').slice(1), ['acme', 'inv_1', 'by mistake']);
  assert.deepEqual(find('credits acme add --amount 5.00 --note cash'), [
    'credits <tenant> add --amount <amount>',
    'acme',
  ]);
});

test('what is missing, too much or unknown is named, with the nearest word', () => {
  const mistakes: [string, RegExp][] = [
    ['conjure', /^There is no command “conjure”\.\nUsage: [^\n]+$/],
    ['tenants sow acme', /Did you mean “show”\?\nUsage:\n {2}vapi-agent tenants show <tenant> [^\n]+$/],
    ['plan acme ste retainer', /Did you mean “set”\?\nUsage:\n {2}vapi-agent plan <tenant> set /],
    [
      'invoices show acme',
      /^<invoice> is missing\.\nUsage: vapi-agent invoices show <tenant> <invoice> \[--json\]$/,
    ],
    ['credits acme take-back --amount 2', /^--note <reason> is missing\.\nUsage: [^\n]+$/],
    [
      'credits acme add 1250',
      /^There is no command “credits acme add 1250”\.\nUsage:\n {2}vapi-agent credits <tenant> add --amount/,
    ],
    ['usage acme --month 2026-11', /^This command takes no --month\.\nUsage: [^\n]+$/],
  ];
  for (const [line, message] of mistakes) {
    assert.throws(
      () => find(line),
      (error) => error instanceof Misuse && message.test(error.message),
      line,
    );
  }
});

test('the help of a command is its usage alone', () => {
  assert.match(
    helpFor(commands, ['credits', 'add']),
    /^Usage:\n {2}vapi-agent credits <tenant> add [^\n]+\n[^\n]+$/,
  );
  assert.throws(() => helpFor(commands, ['invocies']), /Did you mean “invoices”\?/);
});

test('the nearest word differs in at most a third of its letters', () => {
  assert.equal(nearest('tenant', ['calls', 'tenants']), 'tenants');
  assert.equal(nearest('cloes', ['calls', 'close']), 'close');
  assert.equal(nearest('zzz', ['set', 'end']), null);
});

test('amounts have the currency around them, costs are dollars, and a terminal gets no control characters', () => {
  const answer = {
    currency: 'jpy',
    totalCents: 1250,
    priceMicros: 32_500,
    costMicros: 2_000_000,
    cost: { llm: 79_700, tts: null },
    from: '2026-11-01',
    paidAt: '2026-11-09T14:05:59.000Z',
    note: 'one\u001b[2Jtwo',
    lines: [
      { no: 1, amountCents: 50, planId: 'p' },
      { no: 12, amountCents: null, planId: 'p' },
    ],
    plans: [{ name: 'Euro', currency: 'eur', monthlyFeeCents: 4900, rates: [{ channels: ['web', 'chat'] }] }],
    corrects: null,
  };
  const text = readable(answer, { method: 'GET', path: '/', columns: ['no', 'amountCents'] });
  assert.deepEqual(text.split('\n'), [
    'currency: jpy',
    'total: 1250 JPY',
    'price: 0.0325 JPY',
    'cost: 2.00 USD',
    'cost:',
    '  llm: 0.0797 USD',
    '  tts: -',
    'from: 1 Nov 2026',
    'paidAt: 9 Nov 2026 14:05',
    'note: one [2Jtwo',
    'lines:',
    '  no  amount',
    '  1   50 JPY',
    '  12',
    'plans:',
    '- name: Euro',
    '  currency: eur',
    '  monthlyFee: 49.00 EUR',
    '  rates:',
    '  - channels: web, chat',
    'corrects: -',
  ]);
});
