import { describe, expect, it } from 'vitest';
import { Listeners } from '../../src/cluster/listeners.ts';

describe('events', () => {
  it('go on after one that the engine could not tell to the end', () => {
    const listeners = new Listeners<{ said: string }>();
    const heard: string[] = [];
    listeners.on('said', (what) => heard.push(what));
    const overflow = (): never => {
      throw new RangeError('Maximum call stack size exceeded');
    };
    expect(() => listeners.afterAll(overflow)).toThrow(RangeError);
    listeners.emit('said', 'on');
    expect(heard).toEqual(['on']);
  });
});

describe('what is to happen when all has been told', () => {
  it('happens at once while nobody is being told of anything', () => {
    const heard: string[] = [];
    new Listeners<{ said: string }>().afterAll(() => heard.push('done'));
    expect(heard).toEqual(['done']);
  });

  it('waits for what is being told, and what waits to be', () => {
    const listeners = new Listeners<{ said: string }>();
    const heard: string[] = [];
    listeners.on('said', (what) => {
      if (what !== 'one') return;
      listeners.emit('said', 'two');
      listeners.afterAll(() => heard.push('done'));
      listeners.emit('said', 'three');
    });
    listeners.on('said', (what) => heard.push(what));
    listeners.emit('said', 'one');
    expect(heard).toEqual(['one', 'two', 'done', 'three']);
  });
});
