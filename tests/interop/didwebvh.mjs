// Both directions with npm's didwebvh-ts: what it says of our logs, good and bad, and what we say of the logs it
// makes. It is a second opinion, not an oracle: it accepts logs it must refuse, and each such difference stands
// here with the rule that decides it. A difference that is not listed fails the test, and so does one that is gone.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {createHash, createPrivateKey, createPublicKey, sign, verify} from 'node:crypto';
import {createRequire} from 'node:module';
import path from 'node:path';
import {test} from 'node:test';
import {fileURLToPath, pathToFileURL} from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const npm = createRequire(path.join(root, 'scripts/npm/package.json'));
const ts = await import(pathToFileURL(npm.resolve('didwebvh-ts').replace('/cjs/index.cjs', '/esm/index.js')));

const peer = process.env.VCNODE_WEBVH_PEER;
const lines = text => text.split('\n').filter(line => line !== '');
const run = (mode, input = '') => lines(execFileSync(peer, [mode], {input, encoding: 'utf8', maxBuffer: 1 << 28})).map(line => JSON.parse(line));
// didwebvh-ts takes no clock, and its deactivation is made at the present time.
const now = new Date().toISOString();
const judge = logs => run('judge', logs.map(({did, log, witness}) => JSON.stringify({did, log, witness, now}) + '\n').join(''));

// Logs that must not resolve and that didwebvh-ts 2.8.0 resolves: name → the rule of the specification.
const TS_ACCEPTS = new Map(Object.entries({
  'after-deactivation': 'deactivated: no further updates to the DID are permitted',
  'entry-without-proofs': 'each entry MUST include a proof signed by an authorized key',
  'first-entry-without-proofs': 'each entry MUST include a proof signed by an authorized key',
  'takeover-without-proofs': 'each entry MUST include a proof signed by an authorized key',
  'host-is-a-number': 'the domain name MUST NOT include IP addresses',
  'host-is-localhost': 'a fully qualified domain name: domain-segment 1+( "." domain-segment )',
  'leading-zero': 'the version number starts at 1 and is incremented by one; our choice: written without leading zeros',
  'member-twice': 'each entry is a JSON object; our choice: I-JSON, as JCS (RFC 8785) requires',
  'moved-without-old-name': 'the DIDDoc MUST contain the prior DID string as an alsoKnownAs entry',
  'path-segment-empty': 'path-segment is a part of a URL path; our choice: not an empty one',
  'pre-rotation-omits-hashes': 'while pre-rotation is active, nextKeyHashes and updateKeys MUST be present',
  'ttl-negative': 'ttl: an unsigned integer',
  'ttl-text': 'ttl: an unsigned integer',
  'unknown-member': 'each entry is a JSON object consisting of the following properties',
  'unknown-parameter': 'parameters MUST only include properties defined in the version of the specification',
}));
// Damaged copies of its own logs that didwebvh-ts 2.8.0 resolves: it does not verify the hash of a first entry, nor,
// once that is changed, the signature over it.
const TS_ACCEPTS_DAMAGED = ['create', 'portable', 'commit'].map(name => `${name}: versionId changed`);

class Key {
  constructor(number) {
    const seed = createHash('sha256').update(`didwebvh-ts key ${number}`).digest();
    this.secret = createPrivateKey({key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]), format: 'der', type: 'pkcs8'});
    const raw = createPublicKey(this.secret).export({format: 'der', type: 'spki'}).subarray(-32);
    this.multikey = ts.multibaseEncode(Buffer.concat([Buffer.from([0xed, 0x01]), raw]), ts.MultibaseEncoding.BASE58_BTC);
    this.did = `did:key:${this.multikey}`;
  }
  getVerificationMethodId() { return `${this.did}#${this.multikey}`; }
  async sign({document, proof}) {
    const data = await ts.prepareDataForSigning(document, proof);
    return {proofValue: ts.multibaseEncode(sign(null, data, this.secret), ts.MultibaseEncoding.BASE58_BTC)};
  }
}

const verifier = {
  async verify(signature, message, publicKey) {
    const raw = Buffer.from(publicKey).subarray(-32);
    const key = createPublicKey({key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw]), format: 'der', type: 'spki'});
    return verify(null, message, key, signature);
  },
};

// What didwebvh-ts says of did.jsonl and did-witness.json: {ok, why, versionId, doc}.
async function opinion({did, log, witness}) {
  try {
    const entries = lines(log).map(line => JSON.parse(line));
    const scid = did.split(':')[2];
    const {doc, meta} = await ts.resolveDIDFromLog(entries, {verifier, witnessProofs: JSON.parse(witness), scid, requestedDid: did});
    return {ok: meta.error === undefined, why: JSON.stringify(meta.problemDetails), versionId: meta.versionId, doc};
  } catch (error) {
    return {ok: false, why: error.message};
  }
}

const clone = value => JSON.parse(JSON.stringify(value));
const text = log => log.map(entry => JSON.stringify(entry) + '\n').join('');
// Implicit services differ by design: the specification gives relative ids and a folder that ends with '/'.
function comparable(document) {
  const copy = clone(document);
  const kept = (copy.service ?? []).filter(service => !/#(files|whois)$/.test(service.id));
  delete copy.service;
  return kept.length > 0 ? {...copy, service: kept} : copy;
}

test('didwebvh-ts on our logs: the same verdict, but for the differences that are listed', async () => {
  const accepted = [];
  const cases = run('make');
  for (const log of cases) {
    const theirs = await opinion(log);
    if (theirs.ok && log.code !== 'ok') accepted.push(log.name);
    if (log.code === 'ok') assert.equal(theirs.ok, true, `${log.name}: ${theirs.why}`);
  }
  assert.equal(cases.length, 62);
  assert.deepEqual(accepted.sort(), [...TS_ACCEPTS.keys()].sort());
});

async function tsLogs() {
  const [one, two, three, w1, w2] = [1, 2, 3, 11, 12].map(number => new Key(number));
  const hash = key => ts.deriveNextKeyHash(key.multikey);
  const method = key => [{type: 'Multikey', publicKeyMultibase: key.multikey, purpose: 'assertionMethod'}];
  const base = {address: 'uni.example', verifier, verificationMethods: method(one), created: '2025-01-01T00:00:00Z'};
  const later = {verifier, updated: '2025-01-02T00:00:00Z'};
  const out = [];
  const put = (name, made, witness = []) => out.push({name, did: made.did, log: clone(made.log), witness: clone(witness)});

  const created = await ts.createDID({...base, signer: one, updateKeys: [one.multikey]});
  put('create', created);
  const updated = await ts.updateDID({...later, log: clone(created.log), signer: one, updateKeys: [two.multikey], verificationMethods: method(two)});
  put('rotate', updated);
  put('deactivate', await ts.deactivateDID({verifier, log: clone(updated.log), signer: two}));
  const portable = await ts.createDID({...base, signer: one, updateKeys: [one.multikey], portable: true});
  put('portable', portable);
  put('move', await ts.updateDID({...later, log: clone(portable.log), signer: one, updateKeys: [one.multikey], address: 'new.example', verificationMethods: method(one)}));
  const committed = await ts.createDID({...base, signer: one, updateKeys: [one.multikey], nextKeyHashes: [await hash(two)]});
  put('commit', committed);
  put('pre-rotate', await ts.updateDID({...later, log: clone(committed.log), signer: two, updateKeys: [two.multikey],
    nextKeyHashes: [await hash(three)], verificationMethods: method(two)}));
  const witness = {threshold: 2, witnesses: [{id: w1.did}, {id: w2.did}]};
  const witnessed = await ts.createDID({...base, signer: one, updateKeys: [one.multikey], witness});
  const versionId = witnessed.log[0].versionId;
  const proofs = [];
  for (const key of [w1, w2]) {
    const proof = {type: 'DataIntegrityProof', cryptosuite: 'eddsa-jcs-2022', verificationMethod: key.getVerificationMethodId(),
      created: '2025-01-01T00:00:00Z', proofPurpose: 'assertionMethod'};
    proofs.push({...proof, ...await key.sign({document: {versionId}, proof})});
  }
  put('witnessed', witnessed, [{versionId, proof: proofs}]);
  return out;
}

test('our verdict on logs made by didwebvh-ts: valid, with the same version and document', async () => {
  const logs = await tsLogs();
  const verdicts = judge(logs.map(({did, log, witness}) => ({did, log: text(log), witness: JSON.stringify(witness)})));
  assert.equal(logs.length, 8);
  for (const [i, {name, did, log, witness}] of logs.entries()) {
    const theirs = await opinion({did, log: text(log), witness: JSON.stringify(witness)});
    assert.equal(theirs.ok, true, `${name}: ${theirs.why}`);
    assert.equal(verdicts[i].code, 'ok', name);
    assert.equal(verdicts[i].versionId, theirs.versionId, name);
    if (verdicts[i].document !== null) assert.deepEqual(comparable(verdicts[i].document), comparable(theirs.doc), name);
  }
});

// Each log of theirs damaged in the same ways.
function damaged({did, log, witness}) {
  const change = edit => { const copy = clone(log); edit(copy); return {did, log: text(copy), witness: JSON.stringify(witness)}; };
  const last = log.length - 1;
  const flip = value => value.slice(0, 20) + (value[20] === 'a' ? 'b' : 'a') + value.slice(21);
  return [
    ['entries in reverse', change(copy => copy.reverse()), log.length > 1],
    ['first entry missing', change(copy => copy.shift()), true],
    ['last entry twice', change(copy => copy.push(copy[last])), true],
    ['versionTime changed', change(copy => { copy[last].versionTime = '2025-03-01T00:00:00Z'; }), true],
    ['document changed', change(copy => { copy[last].state.note = 'x'; }), true],
    ['proofValue changed', change(copy => { copy[last].proof[0].proofValue = flip(copy[last].proof[0].proofValue); }), true],
    ['versionId changed', change(copy => { copy[last].versionId = flip(copy[last].versionId); }), true],
    ['SCID changed', change(copy => { copy[0].parameters.scid = flip(copy[0].parameters.scid); }), true],
  ].filter(([, , damages]) => damages).map(([name, log]) => ({name, ...log}));
}

test('their logs damaged: we accept none, they accept those that are listed', async () => {
  const accepted = [];
  let executed = 0;
  for (const log of await tsLogs()) {
    const copies = damaged(log);
    const verdicts = judge(copies);
    for (const [i, copy] of copies.entries()) {
      assert.notEqual(verdicts[i].code, 'ok', `${log.name}: ${copy.name}`);
      if ((await opinion(copy)).ok) accepted.push(`${log.name}: ${copy.name}`);
      ++executed;
    }
  }
  assert.equal(executed, 60);
  assert.deepEqual(accepted.sort(), TS_ACCEPTS_DAMAGED.sort());
});
