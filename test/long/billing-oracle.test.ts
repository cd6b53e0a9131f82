import { it } from 'node:test';
import { agreeWithOracle } from '../server/billing/months.ts';

it('10,000 random months come to what an independent oracle says', () => agreeWithOracle(10_000));
