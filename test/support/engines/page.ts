/** What tests that run in every engine need of a browser and of its pages. */

export type EngineName = 'Chromium' | 'Firefox' | 'WebKit';

/**
 * `fake`: one that is given without a question. `none`: there is none. `refused`: the visitor has said no, which only
 * Firefox can be told ahead.
 */
export type Microphone = 'fake' | 'none' | 'refused';

export interface EngineOptions {
  /** Whether a page may play sound before any gesture. */
  autoplay: 'allow' | 'deny';
  microphone: Microphone;
}

export interface Engine {
  name: EngineName;
  /** A page in a profile of its own, where the engine can have several; one page at a time. */
  open(url: string, options?: PageOptions): Promise<EnginePage>;
  close(): Promise<void>;
}

export interface PageOptions {
  /** CSS pixels; default {@link usualViewport}. */
  viewport?: { width: number; height: number };
  /** A touch screen, where the engine can pretend to have one. */
  isPhone?: boolean;
}

/** Coordinates are CSS pixels of the page's viewport. */
export interface EnginePage {
  /** Runs a function in the page. It sees nothing of its surroundings; what goes in and out is JSON. */
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
  /** With the finger on a phone, else with the mouse. */
  tap(x: number, y: number): Promise<void>;
  /** The mouse goes down where it is; {@link release} lets go. */
  press(): Promise<void>;
  release(): Promise<void>;
  pressEscape(): Promise<void>;
  /** What the browser said in its console: uncaught errors, errors and warnings; empty where it cannot be asked. */
  complaints(): string[];
  close(): Promise<void>;
}

export const usualViewport = { width: 1280, height: 720 };
