/** The visitor's sound settings; kept until the page is left. */
export interface Sound {
  /** Device ids; empty = the system's choice. */
  microphone: string;
  speaker: string;
  /** 0 to 1. */
  volume: number;
}

export const initialSound: Sound = Object.freeze({ microphone: '', speaker: '', volume: 1 });
