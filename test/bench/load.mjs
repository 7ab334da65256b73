// Closed-loop load whose every answer is checked: each delta once, in order, and the terminal there.

import { createParser } from 'eventsource-parser';
import { Pool } from 'undici';
import { deltaText, isTerminal, parseModel, replyText, requestBody, requestPath } from './wire.mjs';

/** One cell: `requests` in all, `concurrency` at a time. Times in ms. */
export async function runLoad({
  url,
  protocol,
  model,
  stream,
  bytes,
  concurrency,
  requests,
  rampMs,
  headers,
}) {
  const pool = new Pool(new URL(url).origin, { connections: concurrency, headersTimeout: 0, bodyTimeout: 0 });
  const base = new URL(url).pathname.replace(/\/$/, '');
  const shape = parseModel(model);
  const body = requestBody(protocol, model, stream, bytes);
  const errors = [];
  const firstDelta = [];
  const deltaAge = [];
  let left = requests;
  const began = performance.now();

  async function one() {
    const start = performance.now();
    const answer = await pool.request({
      path: base + requestPath(protocol),
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
    if (answer.statusCode !== 200)
      throw new Error(`${answer.statusCode}: ${(await answer.body.text()).slice(0, 200)}`);
    if (!stream) {
      check(replyText(protocol, await answer.body.json()), shape.deltas);
      return;
    }
    let next = 0;
    let ended = false;
    const parser = createParser({
      onEvent({ data }) {
        if (isTerminal(protocol, data)) {
          ended = true;
          return;
        }
        const text = data.startsWith('{') ? deltaText(protocol, JSON.parse(data)) : undefined;
        for (const [, index, sent] of text?.matchAll(/<(\d+)@(\d+)>/g) ?? []) {
          if (Number(index) !== next) throw new Error(`delta ${index} where ${next} was due`);
          if (next === 0) firstDelta.push(performance.now() - start);
          deltaAge.push(Number(process.hrtime.bigint() - BigInt(sent)) / 1e6);
          next++;
        }
      },
    });
    const decoder = new TextDecoder();
    for await (const chunk of answer.body) parser.feed(decoder.decode(chunk, { stream: true }));
    if (next !== shape.deltas) throw new Error(`${next} deltas of ${shape.deltas}`);
    if (!ended) throw new Error('no terminal');
  }

  async function worker(index) {
    if (rampMs) await new Promise((resolve) => setTimeout(resolve, (index * rampMs) / concurrency));
    while (left-- > 0) {
      try {
        await one();
      } catch (error) {
        errors.push(error.message);
      }
    }
  }
  await Promise.all(Array.from({ length: concurrency }, (_, index) => worker(index)));
  const seconds = (performance.now() - began) / 1000;
  await pool.destroy();
  return {
    requests,
    errors,
    perSecond: requests / seconds,
    firstDelta: median(firstDelta),
    deltaAge: median(deltaAge),
  };
}

function check(text, deltas) {
  const found = [...text.matchAll(/<(\d+)@/g)].map((match) => Number(match[1]));
  if (found.length !== deltas || found.some((value, index) => value !== index))
    throw new Error('the reply is not whole');
}

export function median(values) {
  return percentile(values, 0.5);
}

/** @param share 0.99 for the 99th percentile */
export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
