/** What tests that run in every engine need from a browser and its pages. */

export type EngineName = 'Chromium' | 'Firefox' | 'WebKit';

/**
 * `fake`: granted without a question. `none`: there is none. `refused`: the visitor has said no, which only Firefox
 * can be set to in advance.
 */
export type Microphone = 'fake' | 'none' | 'refused';

export interface EngineOptions {
  /** Whether a page may play sound before any gesture. */
  autoplay: 'allow' | 'deny';
  microphone: Microphone;
}

export interface Engine {
  name: EngineName;
  /** A page in a fresh profile, if the engine can have several; one page at a time. */
  open(url: string, options?: PageOptions): Promise<EnginePage>;
  close(): Promise<void>;
}

export interface PageOptions {
  /** CSS pixels; default {@link usualViewport}. */
  viewport?: { width: number; height: number };
  /** A touch screen, if the engine can emulate one. */
  isPhone?: boolean;
}

/** Coordinates are CSS pixels of the page's viewport. */
export interface EnginePage {
  /** Runs a function in the page, without its surroundings; arguments and result are JSON. */
  run<Args extends unknown[], Result>(
    act: (...args: Args) => Result | Promise<Result>,
    ...args: Args
  ): Promise<Result>;
  /** The same in the page's only frame. */
  runInFrame<Args extends unknown[], Result>(
    act: (...args: Args) => Result | Promise<Result>,
    ...args: Args
  ): Promise<Result>;
  move(x: number, y: number): Promise<void>;
  /** With the finger on a phone, otherwise with the mouse. */
  tap(x: number, y: number): Promise<void>;
  /** The mouse goes down where it is; {@link release} releases it. */
  press(): Promise<void>;
  release(): Promise<void>;
  pressEscape(): Promise<void>;
  /** The browser's console messages: uncaught errors, errors and warnings; empty if they cannot be read. */
  complaints(): string[];
  close(): Promise<void>;
}

export const usualViewport = { width: 1280, height: 720 };
