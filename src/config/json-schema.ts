import * as z from 'zod/mini';
import { configFile } from './schema.ts';

/** The JSON Schema of a config file, for editors (`# yaml-language-server: $schema=…`). */
export function configJsonSchema(): Readonly<Record<string, unknown>> {
  const schema = z.toJSONSchema(configFile, { target: 'draft-07', io: 'input' });
  return { ...schema, title: 'llmup config' };
}
