import { expect, test } from 'vitest';
import { newestOf } from '../../src/display/newest.ts';
import { exchange } from './traffic.ts';

test('the newest exchange is in view, a title asked for on the side only where there is nothing else', () => {
  const turn = { ...exchange(1), purpose: 'turn' };
  const title = { ...exchange(2), purpose: 'thread_title' };
  const next = exchange(3);
  expect(newestOf([])).toBeUndefined();
  expect(newestOf([title])).toBe(title);
  expect(newestOf([title, turn])).toBe(turn);
  expect(newestOf([next, turn, title])).toBe(next);
});
