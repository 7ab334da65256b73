import { expect, test } from 'vitest';
import {
  formatCost,
  formatElapsed,
  formatPath,
  formatSeconds,
  formatTokens,
  formatUsd,
} from '../../src/display/format.ts';

test('tokens', () => {
  const counts = [
    0, 811, 999, 1000, 12_640, 99_949, 99_950, 402_100, 999_499, 999_500, 12_345_678, 250_000_000,
  ];
  expect(counts.map(formatTokens)).toEqual([
    '0',
    '811',
    '999',
    '1.0k',
    '12.6k',
    '99.9k',
    '100k',
    '402k',
    '999k',
    '1.0M',
    '12.3M',
    '250M',
  ]);
});

test('seconds', () => {
  const times = [0, 410, 9994, 9995, 12_300, 99_949, 120_000, 999_499, 1_000_000, 7_200_000, 400_000_000];
  expect(times.map(formatSeconds)).toEqual([
    '0.00s',
    '0.41s',
    '9.99s',
    '10.0s',
    '12.3s',
    '99.9s',
    '120s',
    '999s',
    '17m',
    '2.0h',
    '111h',
  ]);
});

test('every figure fits its column of five cells', () => {
  for (let exponent = 0; exponent < 9; exponent++) {
    for (const digits of [1, 4.44, 9.4999, 9.5, 9.9949, 9.995, 9.99999]) {
      const value = digits * 10 ** exponent;
      expect(formatTokens(value).length).toBeLessThanOrEqual(5);
      expect(formatSeconds(value).length).toBeLessThanOrEqual(5);
      expect(formatCost(value / 1e6).length).toBeLessThanOrEqual(5);
    }
  }
});

test('cost', () => {
  expect([0, 0.00001, 0.0019, 0.0999, 0.27, 12.344, 123.4].map(formatCost)).toEqual([
    '0',
    '<.001',
    '.0019',
    '.0999',
    '0.27',
    '12.34',
    '123',
  ]);
  expect([0, 0.00001, 0.0019, 0.27].map(formatUsd)).toEqual(['$0', '$<0.001', '$0.0019', '$0.27']);
});

test('elapsed time', () => {
  expect([0, 999, 3000, 125_000, 3_720_000].map(formatElapsed)).toEqual(['0s', '0s', '3s', '2m05s', '1h02m']);
});

test('paths below the home directory', () => {
  expect(formatPath('/home/ada/src', '/home/ada')).toBe('~/src');
  expect(formatPath('/home/ada', '/home/ada')).toBe('~');
  expect(formatPath('/home/adam', '/home/ada')).toBe('/home/adam');
});
