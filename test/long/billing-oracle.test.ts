import { it } from 'node:test';
import { agreeWithOracle } from '../server/billing/months.ts';

it('10,000 random months match an independent oracle', () => agreeWithOracle(10_000));
