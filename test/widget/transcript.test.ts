import { expect } from '@open-wc/testing';
import { textOf } from '../../widget/panel/keep-transcript.ts';
import { addPiece, type Line, type Piece, type Speaker, startSpeaking } from '../../widget/transcript.ts';
import { repair } from '../../widget/transcript-repair.ts';

const final = (role: Speaker, text: string): Piece => ({ role, text, final: true });
const partial = (role: Speaker, text: string): Piece => ({ role, text, final: false });
const build = (...pieces: Piece[]): readonly Line[] => pieces.reduce(addPiece, [] as readonly Line[]);
const shown = (lines: readonly Line[]) => lines.map((line) => `${line.role}: ${textOf(line)}`);

describe('transcript', () => {
  it('a guess is replaced by the next guess and by what is final', () => {
    expect(
      shown(
        build(partial('user', 'I wo'), partial('user', 'I would like'), final('user', 'I would like tea.')),
      ),
    ).to.eql(['user: I would like tea.']);
  });

  it('the sentences of one turn share a bubble, and a guess comes after what is final', () => {
    const lines = build(
      final('assistant', 'Hello.'),
      final('assistant', 'How can I help?'),
      partial('assistant', 'We'),
    );
    expect(shown(lines)).to.eql(['assistant: Hello. How can I help? We']);
  });

  it('the other side having said something final ends the turn', () => {
    const lines = build(
      final('assistant', 'Hello.'),
      final('user', 'Hi.'),
      final('assistant', 'Well.'),
      final('user', 'Yes.'),
    );
    expect(shown(lines)).to.eql(['assistant: Hello.', 'user: Hi.', 'assistant: Well.', 'user: Yes.']);
  });

  it('a guess of one side does not end the turn of the other', () => {
    const lines = build(final('assistant', 'One.'), partial('user', 'mm'), final('assistant', 'Two.'));
    expect(shown(lines)).to.eql(['assistant: One. Two.', 'user: mm']);
  });

  it('words that are final only after the assistant has begun to speak still land in their own bubble', () => {
    let lines = build(partial('user', 'What does it co'));
    lines = startSpeaking(lines, 'assistant');
    lines = addPiece(lines, partial('assistant', 'It'));
    lines = addPiece(lines, final('user', 'What does it cost?'));
    expect(shown(lines)).to.eql(['user: What does it cost?', 'assistant: It']);
  });

  it('after the assistant began to speak, new words of the visitor open a new bubble', () => {
    let lines = build(final('user', 'One.'));
    lines = startSpeaking(lines, 'assistant');
    expect(shown(addPiece(lines, partial('user', 'Two')))).to.eql(['user: One.', 'user: Two']);
  });

  it('empty pieces change nothing', () => {
    const lines = build(final('user', 'Hi.'));
    expect(addPiece(lines, final('user', '  '))).to.equal(lines);
  });

  it('the conversation corrects what was misheard and fills in what was missed', () => {
    const lines = build(final('assistant', 'Hello.'), final('user', 'Tee please'));
    const conversation = [
      final('assistant', 'Hello.'),
      final('user', 'Tea please.'),
      final('assistant', 'Gladly.'),
    ];
    expect(shown(repair(lines, conversation))).to.eql([
      'assistant: Hello.',
      'user: Tea please.',
      'assistant: Gladly.',
    ]);
    const missed = build(final('assistant', 'Hello.'), final('assistant', 'Gladly.'));
    expect(shown(repair(missed, conversation))).to.eql([
      'assistant: Hello.',
      'user: Tea please.',
      'assistant: Gladly.',
    ]);
  });

  it('a conversation that lags behind removes nothing', () => {
    const lines = build(
      final('assistant', 'Hello.'),
      final('user', 'Hi.'),
      final('assistant', 'How are you?'),
    );
    expect(shown(repair(lines, [final('assistant', 'Hello.')]))).to.eql(shown(lines));
    expect(
      shown(repair(lines, [final('assistant', 'Hello.'), final('user', 'Hi.'), final('assistant', 'How')])),
    ).to.eql(shown(lines));
  });

  it('ids stay unique after repairs', () => {
    const lines = build(final('user', 'a'), final('assistant', 'b'), partial('user', 'c'));
    const ids = repair(lines, [final('assistant', 'x'), final('user', 'y'), final('assistant', 'z')]).map(
      ({ id }) => id,
    );
    expect(new Set(ids).size).to.equal(ids.length);
  });
});
