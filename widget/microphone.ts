/** Asks for the microphone, and finds out why it was refused. */
import { CallError } from './failure.ts';
import { isForbidden } from './page-policy.ts';

/** The visitor's earlier answer, live; null when the browser does not reveal it. */
export async function microphonePermission(): Promise<PermissionStatus | null> {
  try {
    return await navigator.permissions.query({ name: 'microphone' as PermissionName });
  } catch {
    return null;
  }
}

/** Whether the page may use the microphone without asking. */
export async function isMicrophoneGranted(): Promise<boolean> {
  return (await microphonePermission())?.state === 'granted';
}

/**
 * Opens the microphone. The track is not passed on: Daily opens its own, so that devices can be changed later. Ours
 * stays open until then, because Firefox and Safari would ask again for a microphone that is not in use.
 * @param deviceId the one that the visitor has chosen; empty = the system's choice
 * @returns releases the microphone.
 * @throws {CallError} with the reason it cannot be opened.
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
      // NotReadableError and AbortError: the device exists but does not start.
      return 'microphone_busy';
  }
}
