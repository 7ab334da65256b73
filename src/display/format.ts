import { homedir } from 'node:os';
import { sep } from 'node:path';

/** Tokens in at most five cells: `811`, `12.6k`, `402k`, `1.2M`. */
export function formatTokens(count: number): string {
  if (count < 1000) return String(Math.round(count));
  if (count < 99_950) return `${(count / 1000).toFixed(1)}k`;
  if (count < 999_500) return `${Math.round(count / 1000)}k`;
  return count < 99_950_000 ? `${(count / 1e6).toFixed(1)}M` : `${Math.round(count / 1e6)}M`;
}

/** A size in few cells: `812 B`, `12.6 kB`, `2.1 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 999_950 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A short time in at most five cells: `0.41s`, `12.3s`, `120s`, `12m`. */
export function formatSeconds(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 9.995) return `${seconds.toFixed(2)}s`;
  if (seconds < 99.95) return `${seconds.toFixed(1)}s`;
  if (seconds < 999.5) return `${Math.round(seconds)}s`;
  if (seconds < 5970) return `${Math.round(seconds / 60)}m`;
  return seconds < 359_640 ? `${(seconds / 3600).toFixed(1)}h` : `${Math.round(seconds / 3600)}h`;
}

/** A time that runs: `3s`, `2m05s`, `1h02m`. */
export function formatElapsed(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  const two = (value: number) => String(value).padStart(2, '0');
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${two(seconds % 60)}s`;
  return `${Math.floor(seconds / 3600)}h${two(Math.floor((seconds % 3600) / 60))}m`;
}

/** USD without the sign, in at most five cells: `.0019`, `0.27`, `12.34`, `123`. */
export function formatCost(usd: number): string {
  if (usd === 0) return '0';
  if (usd < 0.1) return usd < 0.00005 ? '<.001' : usd.toFixed(4).slice(1);
  return usd < 99.995 ? usd.toFixed(2) : usd.toFixed(0);
}

/** `$0.0042`. */
export function formatUsd(usd: number): string {
  return `$${formatCost(usd).replace(/^(<?)\./, '$10.')}`;
}

/** `10:05:20`, local. */
export function formatClock(epochMs: number): string {
  const at = new Date(epochMs);
  return [at.getHours(), at.getMinutes(), at.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}

/** How long ago: `just now`, `12m ago`, `3h ago`, `5d ago`. */
export function formatAge(epochMs: number, now: number): string {
  const minutes = Math.floor((now - epochMs) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes}m ago`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h ago` : `${Math.floor(hours / 24)}d ago`;
}

/** A path as people write it, with `~` for the home directory. */
export function formatPath(path: string, home: string = homedir()): string {
  if (path === home) return '~';
  return home && path.startsWith(home + sep) ? `~${path.slice(home.length)}` : path;
}

/** `1 request`, `2 requests`. */
export function formatCount(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}
