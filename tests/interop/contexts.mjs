// The JSON-LD context of the plain profile, by jsonld.js in safe mode (npm, below @digitalbazaar/vc): no term of
// the page's worked example is dropped or relative, and every member below the achievement gives a statement.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import {test} from 'node:test';
import {fileURLToPath, pathToFileURL} from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const npm = createRequire(path.join(root, 'scripts/npm/package.json'));
const {default: jsonld} = await import(pathToFileURL(npm.resolve('jsonld')));
const {default: {contexts: published}} = await import(pathToFileURL(npm.resolve('@digitalbazaar/credentials-context')));
const read = name => readFileSync(path.join(root, 'protocol/spec', name), 'utf8');

const NAMESPACE = 'https://vcnode.example/ns/micro-credential#';
const own = JSON.parse(read('contexts/micro-credential-v1.jsonld'));
const example = JSON.parse(read('micro-credential.md').match(/```json example=credential\n([^]*?)\n```/)[1]);

async function documentLoader(url) {
  const document = url === 'https://vcnode.example/ns/micro-credential/v1' ? own : published.get(url);
  assert.ok(document, `asked for ${url}`);
  return {contextUrl: null, documentUrl: url, document};
}

test('every member of the example means something', async () => {
  const quads = await jsonld.toRDF(example, {documentLoader, safe: true});
  const used = new Set(quads.map(quad => quad.predicate.value).filter(name => name.startsWith(NAMESPACE)).map(name => name.slice(NAMESPACE.length)));
  const achievement = Object.keys(example.credentialSubject.achievement).filter(name => name !== 'id');
  for (const name of [...achievement, 'learner', 'assessment', 'component', 'awardedDate', 'ects', 'hours', 'eqf', 'nqf', 'cycle', 'skill', 'grade',
    'supervision', 'statement', 'stackMode', 'towards', 'rule', 'legalName', 'country', 'region', 'birthDate'])
    assert.ok(used.has(name), name);
});

test('what the context does not know is refused in safe mode', async () => {
  const strange = structuredClone(example);
  strange.credentialSubject.achievement.unheardOf = 1;
  await assert.rejects(jsonld.toRDF(strange, {documentLoader, safe: true}), /[Ss]afe mode/);
});
