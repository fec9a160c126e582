import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { ROOT } from './root.ts';

/** What reads certificates: the statements of makers about their authenticators, which Latchkey refuses. */
const OF_CERTIFICATES =
  /[\\/](verifyAttestation(FIDOU2F|AndroidSafetyNet|TPM|AndroidKey|Apple)|convertX509PublicKeyToCOSE|getCertificateInfo|validateCertificatePath|validateExtFIDOGenCEAAGUID|isCertRevoked|mapX509SignatureAlgToCOSEAlg|metadataService|verifyMDSBlob)\.js$/;

/** The certificates of makers. */
const CERTIFICATES = /[\\/]defaultRootCerts[\\/].*\.js$/;

/** What Latchkey calls. */
const ENTRY = `
  export { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server';
  export { decodeAttestationObject, isoBase64URL } from '@simplewebauthn/server/helpers';
`;

/** All that is asked of the ASN.1 libraries once no certificate is read. */
const ASN1 = `
  import { readEcdsaSignature } from ${JSON.stringify(join(ROOT, 'src/lib/ecdsa-signature.ts'))};
  export const AsnParser = { parse: readEcdsaSignature };
  export const ECDSASigValue = undefined;
`;

/**
 * Writes `@simplewebauthn/server` for the Worker into one file, without what reads certificates, which is nine tenths of it.
 * Whatever would call that all the same throws.
 */
export async function writeWebAuthn(outfile: string): Promise<void> {
  const withoutCertificates: Plugin = {
    name: 'without-certificates',
    setup({ onLoad, onResolve }) {
      onLoad({ filter: OF_CERTIFICATES }, ({ path }) => ({
        contents: exportsOf(
          path,
          (name) => `export function ${name}() { throw new Error('Without ${name}'); }`,
        ),
      }));
      onLoad({ filter: CERTIFICATES }, ({ path }) => ({
        contents: exportsOf(path, (name) => `export const ${name} = '';`),
      }));
      onResolve({ filter: /^@peculiar\// }, () => ({ path: 'asn1', namespace: 'latchkey' }));
      onLoad({ filter: /^asn1$/, namespace: 'latchkey' }, () => ({ contents: ASN1, resolveDir: ROOT }));
    },
  };
  await build({
    stdin: { contents: ENTRY, resolveDir: ROOT },
    bundle: true,
    outfile,
    format: 'esm',
    logLevel: 'error',
    // Something else is asked of those libraries.
    logOverride: { 'import-is-undefined': 'error' },
    plugins: [withoutCertificates],
  });
}

/** What a module exports, each written anew. */
function exportsOf(path: string, written: (name: string) => string): string {
  const names = readFileSync(path, 'utf8').matchAll(/^export (?:async )?(?:function|class|const) (\w+)/gm);
  return [...names].map(([, name = '']) => written(name)).join('\n');
}
