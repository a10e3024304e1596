// data.mjs: `janus doc --format json` is canonical (RFC 8785) and fits its published schema; the UTCP manual has the shape of version 1.0.
// Depends on ajv and canonicalize (package.json): node data.mjs FOLDER JANUS, JANUS the folder of the executable, with schema.json, json/*.json and utcp-*/utcp.json in it.
// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import canonicalize from 'canonicalize';

const work = process.argv[2];
let passed = 0, failed = 0;
function check(what, ok, more = '') {
  if (ok) { passed++; return; }
  failed++;
  console.log(`FAILED: ${what}${more ? ': ' + more : ''}`);
}
const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false });
const schema = JSON.parse(readFileSync(join(work, 'schema.json'), 'utf8'));
const fits = ajv.compile(schema);
for (const file of readdirSync(join(work, 'json'))) {
  const text = readFileSync(join(work, 'json', file), 'utf8');
  const value = JSON.parse(text);
  check(`${file} fits the schema`, fits(value), ajv.errorsText(fits.errors));
  check(`${file} is canonical`, text === canonicalize(value) + '\n');
  const paths = new Set(value.items.map(i => i.path));
  check(`${file}: paths are unique`, paths.size === value.items.length);
  const dangling = value.items.flatMap(i => [i.parent, i.module, ...(i.doc?.links ?? []).map(l => l.item), ...(i.errors ?? []).map(e => e.item)]).filter(p => p !== undefined && !paths.has(p));
  check(`${file}: what is named exists`, dangling.length === 0, dangling.slice(0, 5).join(' '));
  const broken = structuredClone(value);
  broken.items[0].surprise = 1;
  check(`${file}: the schema refuses what it does not know`, !fits(broken));
}
// The shape of a manual, as the specification of UTCP 1.0 gives it.
const manual = ajv.compile({
  type: 'object', required: ['utcp_version', 'manual_version', 'tools'], additionalProperties: false,
  properties: {
    utcp_version: { type: 'string', pattern: '^1\\.0\\.\\d+$' }, manual_version: { type: 'string' }, info: { type: 'object' }, auth: { type: 'object' },
    tools: { type: 'array', items: {
      type: 'object', required: ['name', 'description', 'inputs', 'outputs', 'tool_call_template'],
      properties: {
        name: { type: 'string' }, description: { type: 'string' }, inputs: { $ref: '#/$defs/schema' }, outputs: { $ref: '#/$defs/schema' }, tags: { type: 'array', items: { type: 'string' } },
        tool_call_template: { type: 'object', required: ['call_template_type', 'commands'], properties: { name: { type: 'string' }, call_template_type: { const: 'cli' }, commands: { type: 'array', minItems: 1, items: { type: 'object', required: ['command'], additionalProperties: false, properties: { command: { type: 'string' }, append_to_final_output: { type: 'boolean' } } } } } },
      },
    } },
  },
  $defs: {
    type: { enum: ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'] },
    schema: { type: 'object', properties: { type: { anyOf: [{ $ref: '#/$defs/type' }, { type: 'array', items: { $ref: '#/$defs/type' } }] }, properties: { type: 'object', additionalProperties: { $ref: '#/$defs/schema' } }, items: { $ref: '#/$defs/schema' }, required: { type: 'array', items: { type: 'string' } } }, not: { anyOf: [{ required: ['$ref'] }, { required: ['oneOf'] }] } },
  },
});
// A value that fits a schema; of a text that holds JSON, such a text.
const value_of = schema => {
  if (schema.contentSchema) return JSON.stringify(value_of(schema.contentSchema)).replaceAll("'", '\\u0027');
  if (schema.enum) return schema.enum[0];
  const type = [schema.type].flat()[0];
  if (type === 'array') return [value_of(schema.items), value_of(schema.items)];
  if (type === 'object') return Object.fromEntries(Object.entries(schema.properties).map(([name, s]) => [name, value_of(s)]));
  return { string: schema.maxLength === 1 ? 'é' : "Ada Lovelace".slice(0, schema.maxLength), integer: 12, number: 1.5, boolean: true }[type];
};
for (const folder of readdirSync(work).filter(f => f.startsWith('utcp-'))) {
  const value = JSON.parse(readFileSync(join(work, folder, 'utcp.json'), 'utf8'));
  check(`${folder}: the shape of a manual`, manual(value), ajv.errorsText(manual.errors));
  for (const tool of value.tools) {
    const inputs = new Ajv2020({ strict: false }).compile(tool.inputs);
    const others = Object.fromEntries(Object.entries(tool.inputs.properties).map(([n, s]) => [n, value_of(s)]));
    check(`${tool.name}: takes values that fit`, inputs(others), JSON.stringify(inputs.errors));
    for (const [name, schema] of Object.entries(tool.inputs.properties)) {
      check(`${tool.name}: ${name} has its place in the command`, tool.tool_call_template.commands[0].command.includes(`'UTCP_ARG_${name}_UTCP_END'`));
      check(`${tool.name}: ${name} is a number, a boolean or a text`, ['integer', 'number', 'boolean', 'string'].includes(schema.type));
      if (schema.type !== 'string' || schema.enum) continue;
      for (const text of ["'; touch /tmp/x; '", 'a\0b']) check(`${tool.name}: ${name} refuses ${JSON.stringify(text)}`, !inputs({ ...others, [name]: text }));
    }
  }
}
// Tools are run as a client would run them: the arguments put into the command, which a shell runs.
const shop = JSON.parse(readFileSync(join(work, 'utcp-shop', 'utcp.json'), 'utf8'));
let ran = 0;
for (const tool of shop.tools) {
  if (tool['x-janus-capabilities']) continue;
  let command = tool.tool_call_template.commands[0].command;
  for (const [name, schema] of Object.entries(tool.inputs.properties)) command = command.replaceAll(`UTCP_ARG_${name}_UTCP_END`, () => String(value_of(schema)));
  const done = spawnSync('sh', ['-c', command], { encoding: 'utf8', env: { ...process.env, PATH: `${process.argv[3]}:${process.env.PATH}` } });
  check(`${tool.name} runs: ${command}`, done.status === 0, done.stderr);
  let result;
  try { result = JSON.parse(done.stdout); } catch { result = undefined; }
  check(`${tool.name}: its result has the type that the manual says`, new Ajv2020({ strict: false }).compile(tool.outputs)(result), done.stdout);
  ran++;
}
check('some tool was run', ran > 0);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
