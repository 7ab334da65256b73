import type { Egress } from './config.ts';
import type { Report } from './names.ts';
import type { Path } from './problem.ts';
import type { EgressFile } from './schema.ts';

/** An egress setting; a proxy's URL is never shown, since it may hold a password. */
export function readEgress(written: EgressFile, path: Path, report: Report): Egress {
  if (written === 'direct') return { kind: 'direct' };
  const url = written.url.trim();
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || parsed.hostname === '') {
    report([...path, 'url'], 'is not a URL', { hint: 'such as http://127.0.0.1:3128' });
  } else if (!/^(https?|socks5h?):$/.test(parsed.protocol)) {
    report([...path, 'url'], `must be http, https, socks5 or socks5h, not ${parsed.protocol.slice(0, -1)}`);
  }
  return { kind: 'proxy', url };
}
