/**
 * Replaces WebRTC in a browser built without it (Debian's WebKit): both ends are in one page, and what one end adds
 * arrives at the other. There is no network in it.
 */
window.RTCPeerConnection ??= (() => {
  const ends = new Map();
  let count = 0;
  return class RTCPeerConnection {
    #name = String(count++);
    #tracks = [];

    addTrack(track) {
      this.#tracks.push(track);
    }

    async createOffer() {
      return { type: 'offer', sdp: this.#name };
    }

    async createAnswer() {
      return { type: 'answer', sdp: this.#name };
    }

    async setLocalDescription(description) {
      this.localDescription = description;
      ends.set(this.#name, this);
    }

    async setRemoteDescription({ sdp }) {
      for (const track of ends.get(sdp).#tracks) this.ontrack?.({ track });
    }

    async addIceCandidate() {}

    close() {
      ends.delete(this.#name);
    }
  };
})();
