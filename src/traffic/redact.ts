const REDACTED = '[redacted]';

/** Shorter values are too likely to be ordinary words; no provider issues keys this short. */
const SHORTEST_SECRET = 8;

/** Base64 characters beside a hit that may hold bits of the secret's first and last bytes. */
const BASE64_EDGE = 4;

/**
 * Texts that are keys whoever issued them. Each has a literal that is looked for first, so that a text without it
 * costs one scan. Keys that a provider masked itself (`sk-abc***xyz`) do not match, and need not.
 */
const KEY_SHAPES: readonly { readonly marker: RegExp; readonly shape: RegExp }[] = [
  // A digit is required: `sk-toggleable-content-label` is a CSS class.
  { marker: /\bsk-/, shape: /\b(sk-)(?=[\w-]{0,200}\d)[\w-]{20,}/g },
  { marker: /bearer/i, shape: /\b(bearer\s+)[\w.~+/-]{16,}=*/gi },
  { marker: /AIza/, shape: /\b(AIza)[\w-]{30,}/g },
  { marker: /api-key/i, shape: /\b((?:x-goog-|x-)?api-key["']?\s*[:=]\s*["']?)[\w.~+/-]{16,}=*/gi },
  { marker: /[?&]key=/, shape: /([?&]key=)[\w.~%+-]{16,}/g },
];

/**
 * Makes the function that every error, log line and record passes through.
 *
 * Replaces each secret, longest first, in every form in which it can turn up in a text: as it is, JSON-escaped,
 * URL-encoded, in Base64 (also inside `Basic` credentials, whatever the user name), and whatever looks like a key.
 *
 * @param secrets Values of keys; those shorter than 8 characters are ignored.
 */
export function createRedactor(secrets: readonly string[]): (text: string) => string {
  const known = [...new Set(secrets)].filter((secret) => secret.length >= SHORTEST_SECRET);
  const literals = longestFirst(known.flatMap(writtenForms));
  const encoded = longestFirst(known.flatMap(base64Cores));
  const literalPattern = alternation(literals, '');
  const encodedPattern = alternation(encoded, `[\\w+/-]{0,${BASE64_EDGE}}`);

  return (text) => {
    let clean = text;
    if (literalPattern && literals.some((form) => clean.includes(form)))
      clean = clean.replace(literalPattern, REDACTED);
    if (encodedPattern && encoded.some((core) => clean.includes(core)))
      clean = clean.replace(encodedPattern, REDACTED);
    for (const { marker, shape } of KEY_SHAPES)
      if (marker.test(clean)) clean = clean.replace(shape, `$1${REDACTED}`);
    return clean;
  };
}

/** The forms in which a secret is written out in a text. */
function writtenForms(secret: string): string[] {
  const inJson = JSON.stringify(secret).slice(1, -1);
  const percent = percentEncoded(secret);
  return [
    secret,
    inJson,
    // JSON in a JSON string, as when a body is quoted in an error.
    JSON.stringify(inJson).slice(1, -1),
    inJson.replaceAll('/', '\\/'),
    percent,
    percent.replaceAll(/%[0-9A-F]{2}/g, (octet) => octet.toLowerCase()),
  ];
}

/** Like encodeURIComponent, which throws on a lone surrogate: the trip through UTF-8 replaces those. */
function percentEncoded(secret: string): string {
  return encodeURIComponent(Buffer.from(secret, 'utf8').toString('utf8'));
}

/**
 * What Base64 makes of a secret at each of the three alignments, without the characters that its neighbours
 * decide too: how it looks inside the encoding of a longer text such as `user:secret`.
 */
function base64Cores(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8');
  const cores = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const start = offset === 0 ? 0 : offset + 1;
    const end = (offset + bytes.length) % 3 === 0 ? text.length : text.length - 1;
    return text.slice(start, end);
  });
  return cores.flatMap((core) => [core, core.replaceAll('+', '-').replaceAll('/', '_')]);
}

function longestFirst(forms: readonly string[]): string[] {
  return [...new Set(forms)].sort((a, b) => b.length - a.length);
}

/** One pattern for all forms, so that nothing is replaced twice; each may be surrounded by `edge`. */
function alternation(forms: readonly string[], edge: string): RegExp | undefined {
  if (forms.length === 0) return undefined;
  const escaped = forms.map((form) => form.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
  return new RegExp(`${edge}(?:${escaped.join('|')})${edge}${edge === '' ? '' : '={0,2}'}`, 'g');
}
