import { it } from 'node:test';
import { checkDay } from '../scenarios/day-run.ts';
import { everyDatabase } from '../support/postgres.ts';

const skip = everyDatabase().length > 1 ? false : 'no PostgreSQL here';

it(
  'a day on three processes, one killed each hour, the database restarted twice: the books are Vapi’s to the micro, and memory stays flat',
  {
    skip,
  },
  () => checkDay({ hours: 12, tenants: 30, calls: 60, visitors: 24 }),
);
