/** `/call/:id/mono-recording` and the other artifacts of a call (vapi-facts 13.1): a redirect to a signed address. */
import { Router } from 'express';
import { Refusal } from '../errors.ts';
import { isUploaded, recordings, redirectOf } from '../recordings.ts';
import type { World } from '../world.ts';
import { ownCall } from './calls.ts';

/** The service's endpoints; those that are not among the recordings made here do not exist. */
const endpoints = [
  ...['mono-recording', 'stereo-recording', 'assistant-recording', 'customer-recording'],
  ...['video-recording', 'call-logs', 'pcap'],
];

export function artifactRoutes(world: World): Router {
  const router = Router();
  for (const endpoint of endpoints)
    router.get(`/call/:id/${endpoint}`, (request, response) => {
      const call = ownCall(world, request.headers.authorization, request.params.id);
      const { failArtifactsWith } = world.switches;
      if (failArtifactsWith !== 0) throw new Refusal(failArtifactsWith, 'Service Unavailable');
      const kind = endpoint.replace(/-recording$/, '');
      if (recordings[kind] === undefined || !isUploaded(call))
        throw new Refusal(404, `Artifact ${endpoint} of call ${call.id} was not found`);
      response.redirect(302, redirectOf(world, call, kind));
    });
  return router;
}
