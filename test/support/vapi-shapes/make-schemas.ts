/** Makes the schemas of this version of Vapi's packages, if they are not there yet. */
import { readSchemas } from './schemas.ts';

await readSchemas();
