import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createByteBudget } from '../../../server/access/byte-budget.ts';
import { longestBody, webhookBounds } from '../../../server/access/identity/webhook-sender.ts';

describe('what others send into memory', () => {
  const shares = { total: 20, perNetwork: 10, perKey: 8, perKeyAndNetwork: 4 };
  type Body = [key: string, network: string, bytes: number];
  const cases: [why: string, held: Body[], next: Body, fits: boolean][] = [
    ['a network’s share of one key', [], ['a', 'n', 4], true],
    ['more than a network’s share of one key', [], ['a', 'n', 5], false],
    ['another network beside it', [['a', 'n', 4]], ['a', 'm', 4], true],
    [
      'a third network, when the key’s share is full',
      [
        ['a', 'n', 4],
        ['a', 'm', 4],
      ],
      ['a', 'o', 1],
      false,
    ],
    ['another key, from the same network', [['a', 'n', 4]], ['b', 'n', 4], true],
    [
      'more than a network’s share of all',
      [
        ['a', 'n', 4],
        ['b', 'n', 4],
      ],
      ['c', 'n', 3],
      false,
    ],
    [
      'another network, when all is full',
      [
        ['a', 'n', 4],
        ['a', 'm', 4],
        ['b', 'n', 4],
        ['b', 'm', 4],
        ['c', 'o', 4],
      ],
      ['d', 'p', 1],
      false,
    ],
  ];
  for (const [why, held, [key, network, bytes], fits] of cases) {
    it(`${fits ? 'has room for' : 'has none for'} ${why}`, () => {
      const budget = createByteBudget(shares);
      for (const [heldKey, heldNetwork, heldBytes] of held) {
        assert.equal(budget.open(heldKey, heldNetwork).take(heldBytes), true);
      }
      assert.equal(budget.open(key, network).take(bytes), fits);
    });
  }

  it('never passes a share, and all is free again once every body is gone', () => {
    const name = fc.constantFrom('a', 'b', 'c');
    const step = fc.record({
      body: fc.nat(5),
      key: name,
      network: name,
      bytes: fc.integer({ min: 0, max: 6 }),
      closes: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const budget = createByteBudget(shares);
        const opened = Array.from({ length: 6 }, (_, body) => {
          const [key, network] = [steps[body]?.key ?? 'a', steps[body]?.network ?? 'a'];
          return { key, network, held: 0, account: budget.open(key, network) };
        });
        const sum = (of: (body: (typeof opened)[number]) => boolean) =>
          opened.filter(of).reduce((total, { held }) => total + held, 0);
        for (const { body, bytes, closes } of steps) {
          const one = opened[body];
          if (!one) continue;
          if (closes) {
            one.account.close();
            one.held = 0;
          } else if (one.account.take(bytes)) one.held += bytes;
          assert.ok(sum(() => true) <= shares.total);
          for (const { key, network } of opened) {
            assert.ok(sum((other) => other.key === key) <= shares.perKey);
            assert.ok(sum((other) => other.network === network) <= shares.perNetwork);
            assert.ok(
              sum((other) => other.key === key && other.network === network) <= shares.perKeyAndNetwork,
            );
          }
        }
        for (const { account } of opened) account.close();
        // Returning twice would leave room for more than there is; losing a return, for less.
        for (const [key, network] of [
          ['a', 'a'],
          ['a', 'b'],
          ['b', 'a'],
          ['b', 'b'],
          ['c', 'c'],
        ] as const) {
          assert.equal(budget.open(key, network).take(4), true);
        }
        assert.equal(budget.open('d', 'd').take(1), false);
      }),
    );
  });

  it('reserves nothing for a body that is gone', () => {
    const budget = createByteBudget({ total: 4, perKey: 4 });
    const account = budget.open('a', 'n');
    account.close();
    assert.equal(account.take(1), false);
    assert.equal(budget.open('a', 'n').take(4), true);
  });
});

it('an attacker’s network leaves Vapi’s room for four of a tenant’s longest reports, and for ten in all', () => {
  const budget = createByteBudget(webhookBounds.unproven);
  const fits = (network: string, key: string) => budget.open(key, network).take(longestBody);
  const tenants = Array.from({ length: 10 }, (_, tenant) => `tenant-${tenant}`);
  let held = 0;
  for (const tenant of tenants) while (fits('attacker', tenant)) held += 1;
  assert.equal(held, 10);
  for (let report = 0; report < 4; report += 1) assert.ok(fits('vapi', 'tenant-0'), `report ${report}`);
  for (const tenant of tenants.slice(4)) assert.ok(fits('vapi', tenant), tenant);
});

it('an unproven body has seconds, not the time that a request has', () => {
  assert.ok(webhookBounds.unprovenMs >= 3000 && webhookBounds.unprovenMs <= 5000);
});
