// Checks the vectors of tests/vectors/proof-chain-eddsa-jcs-2022 without any code of ours: Node's own Ed25519
// and SHA-256, and the npm package `canonicalize` (RFC 8785). Written from vc-data-integrity 1.0 and vc-di-eddsa
// 1.0 and the rules of protocol/spec/data-integrity.md.
//
// Usage: node proof-chain.mjs [DIR]
// The package is looked up in scripts/npm, or in the folder that VCNODE_NPM names.
// Last line: "N passed, N failed"; exit 1 on any disagreement with the verdict in a file's name, and when other than
// all vectors ran.

import {createHash, createPublicKey, verify} from 'node:crypto';
import {readdirSync, readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';

const here = new URL('.', import.meta.url);
const packages = process.env.VCNODE_NPM ? pathToFileURL(process.env.VCNODE_NPM + '/') : new URL('../../scripts/npm/', here);
const requireFrom = createRequire(new URL('package.json', packages));
const {default: canonicalize} = await import(pathToFileURL(requireFrom.resolve('canonicalize')));

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
// SubjectPublicKeyInfo of an Ed25519 key, up to the 32 key bytes (RFC 8410).
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

function base58(text) {
  let number = 0n;
  for (const character of text) {
    const digit = ALPHABET.indexOf(character);
    if (digit < 0) throw new Error(`not base58: ${text}`);
    number = number * 58n + BigInt(digit);
  }
  const hex = number === 0n ? '' : number.toString(16);
  const zeros = text.match(/^1*/)[0].length;
  return Buffer.concat([Buffer.alloc(zeros), Buffer.from(hex.length % 2 ? '0' + hex : hex, 'hex')]);
}

function multibase(text, size) {
  if (typeof text !== 'string' || text[0] !== 'z') throw new Error('not base58btc multibase');
  const bytes = base58(text.slice(1));
  if (bytes.length !== size) throw new Error(`${bytes.length} bytes, expected ${size}`);
  return bytes;
}

function keyOf(verificationMethod) {
  const [did, fragment] = verificationMethod.split('#');
  const multikey = did.replace(/^did:key:/, '');
  if (multikey === did || multikey !== fragment) throw new Error('not a did:key verification method');
  const bytes = multibase(multikey, 34);
  if (bytes[0] !== 0xed || bytes[1] !== 0x01) throw new Error('not an Ed25519 key');
  return createPublicKey({key: Buffer.concat([SPKI_PREFIX, bytes.subarray(2)]), format: 'der', type: 'spki'});
}

const sha256 = text => createHash('sha256').update(text, 'utf8').digest();
const asArray = value => Array.isArray(value) ? value : [value];

// The earlier proofs that `proof` signs over; throws if previousProof breaks a rule.
function previousOf(proof, proofs) {
  if (!('previousProof' in proof)) return [];
  const ids = asArray(proof.previousProof);
  if (ids.length === 0 || !ids.every(id => typeof id === 'string')) throw new Error('previousProof is not made of strings');
  if (new Set(ids).size !== ids.length) throw new Error('previousProof names a proof twice');
  return ids.map(id => {
    const found = proofs.filter(candidate => candidate.id === id);
    if (found.length !== 1) throw new Error(`${found.length} proofs have the id ${id}`);
    return found[0];
  });
}

function assertNoCircle(proof, proofs, path = []) {
  if (path.includes(proof)) throw new Error('the proofs name each other in a circle');
  for (const earlier of previousOf(proof, proofs)) assertNoCircle(earlier, proofs, [...path, proof]);
}

function assertContextIsPrefix(document, proof) {
  const signed = asArray(proof['@context']);
  const actual = asArray(document['@context']);
  if (!signed.every((entry, i) => canonicalize(entry) === canonicalize(actual[i]))) throw new Error('@context differs');
}

function verifyProof(proof, proofs, document) {
  if (proof.type !== 'DataIntegrityProof' || proof.cryptosuite !== 'eddsa-jcs-2022') throw new Error('another suite');
  if (proof.proofPurpose !== 'assertionMethod') throw new Error('another purpose');
  const {proofValue, ...configuration} = proof;
  const {proof: _, ...hashed} = document;
  const previous = previousOf(proof, proofs);
  if (previous.length > 0) hashed.proof = previous;
  if ('@context' in configuration) {
    assertContextIsPrefix(document, configuration);
    hashed['@context'] = configuration['@context'];
  }
  const signed = Buffer.concat([sha256(canonicalize(configuration)), sha256(canonicalize(hashed))]);
  if (!verify(null, signed, keyOf(proof.verificationMethod), multibase(proofValue, 64))) throw new Error('bad signature');
}

function verdict(document) {
  try {
    const proofs = asArray(document.proof);
    const ids = proofs.map(proof => proof.id).filter(id => id !== undefined);
    if (new Set(ids).size !== ids.length) throw new Error('two proofs share an id');
    for (const proof of proofs) {
      assertNoCircle(proof, proofs);
      verifyProof(proof, proofs, document);
    }
    return {ok: true, reason: 'verified'};
  } catch(error) {
    return {ok: false, reason: error.message};
  }
}

// 15 cases on each of two documents (tests/vectors/README.md); 4 of the 15 are good chains.
const VECTORS = 30;
const ACCEPTED = 8;

const directory = process.argv[2] ?? fileURLToPath(new URL('../vectors/proof-chain-eddsa-jcs-2022', here));
let passed = 0;
let failed = 0;
let accepted = 0;
for (const name of readdirSync(directory).filter(file => file.endsWith('.json')).sort()) {
  const expected = /Ok-/.test(name);
  const {ok, reason} = verdict(JSON.parse(readFileSync(join(directory, name), 'utf8')));
  console.log(`${ok === expected ? 'ok  ' : 'FAIL'} ${name}: ${reason}`);
  if (ok === expected) ++passed; else ++failed;
  if (ok) ++accepted;
}
if (passed + failed !== VECTORS) console.log(`FAIL ${passed + failed} vectors ran, expected ${VECTORS}`);
if (accepted !== ACCEPTED) console.log(`FAIL ${accepted} vectors were accepted, expected ${ACCEPTED}`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(passed === VECTORS && failed === 0 && accepted === ACCEPTED ? 0 : 1);
