/** Makes the schemas of this version of Vapi's packages, if they do not exist yet. */
import { readSchemas } from './schemas.ts';

await readSchemas();
