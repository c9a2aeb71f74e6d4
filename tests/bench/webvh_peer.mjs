// didwebvh-ts's side of webvh_figures.py. First line in: {did, log, witness}. Then for each number N one line out:
// {"seconds"}, the CPU seconds of this process for N validations of the whole log, text to resolution. Signatures are
// checked by Node's OpenSSL, which is the fastest verifier it can be given.
import {createPublicKey, verify} from 'node:crypto';
import {createRequire} from 'node:module';
import path from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath, pathToFileURL} from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const npm = createRequire(path.join(root, 'scripts/npm/package.json'));
const ts = await import(pathToFileURL(npm.resolve('didwebvh-ts').replace('/cjs/index.cjs', '/esm/index.js')));
const prefix = Buffer.from('302a300506032b6570032100', 'hex');
const verifier = {
  async verify(signature, message, publicKey) {
    const key = createPublicKey({key: Buffer.concat([prefix, Buffer.from(publicKey).subarray(-32)]), format: 'der', type: 'spki'});
    return verify(null, message, key, signature);
  },
};

async function validate({did, log}) {
  const entries = log.split('\n').filter(line => line !== '').map(line => JSON.parse(line));
  const {meta} = await ts.resolveDIDFromLog(entries, {verifier, scid: did.split(':')[2], requestedDid: did});
  if (meta.error !== undefined || meta.versionId !== entries.at(-1).versionId) throw new Error(`the log does not resolve: ${JSON.stringify(meta)}`);
}

let question;
for await (const line of createInterface({input: process.stdin})) {
  if (question === undefined) {
    question = JSON.parse(line);
    continue;
  }
  const start = process.cpuUsage();
  for (let i = 0; i < Number(line); ++i) await validate(question);
  const used = process.cpuUsage(start);
  console.log(JSON.stringify({seconds: (used.user + used.system) / 1e6}));
}
