/** Asking for the microphone, and telling apart why it was not given. */
import { CallError } from './failure.ts';
import { isForbidden } from './page-policy.ts';

/** The visitor's answer of before, which follows later ones; null when the browser does not say. */
export async function microphonePermission(): Promise<PermissionStatus | null> {
  try {
    return await navigator.permissions.query({ name: 'microphone' as PermissionName });
  } catch {
    return null;
  }
}

/** Whether the page may use the microphone without a question. */
export async function isMicrophoneGranted(): Promise<boolean> {
  return (await microphonePermission())?.state === 'granted';
}

/**
 * Opens the microphone. The track is not handed on: Daily opens its own, so that devices can be changed later. Ours
 * stays open until then, because Firefox and Safari would ask again for a microphone that no one holds.
 * @param deviceId the one that the visitor has chosen; empty = the system's choice
 * @returns releases the microphone.
 * @throws {CallError} naming what is in the way.
 */
export async function openMicrophone(deviceId: string): Promise<() => void> {
  if (!navigator.mediaDevices?.getUserMedia || typeof RTCPeerConnection === 'undefined') {
    throw new CallError('unsupported_browser');
  }
  if (isForbidden('microphone')) throw new CallError('microphone_forbidden');
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: deviceId ? { deviceId } : true });
    return () => {
      for (const track of stream.getTracks()) track.stop();
    };
  } catch (error) {
    throw new CallError(codeOf(error), String(error));
  }
}

function codeOf(error: unknown) {
  switch ((error as DOMException).name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'microphone_denied';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'microphone_missing';
    default:
      // NotReadableError and AbortError: the device is there but does not start.
      return 'microphone_busy';
  }
}
