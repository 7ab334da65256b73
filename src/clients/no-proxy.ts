type Environment = Readonly<Record<string, string | undefined>>;

const LOOPBACK = ['127.0.0.1', 'localhost', '::1'];

/**
 * `NO_PROXY` and `no_proxy` that keep requests to this machine off a forward proxy, and everything the user exempted
 * too. Both spellings get the union: programs differ in which of the two they read first.
 */
export function loopbackExempt(env: Environment): { NO_PROXY: string; no_proxy: string } {
  const given = [env.NO_PROXY, env.no_proxy].flatMap((list) => list?.split(',') ?? []);
  const hosts = given.map((host) => host.trim()).filter((host) => host !== '');
  const list = hosts.includes('*') ? '*' : [...new Set([...hosts, ...LOOPBACK])].join(',');
  return { NO_PROXY: list, no_proxy: list };
}
