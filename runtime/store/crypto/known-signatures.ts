/** Known answers of classical signatures: published keys, messages and signatures. */
import type { SignatureAlgorithm } from '../../kernel/ports/crypto/algorithms.ts';

/** One published signature; hex, the message as text or hex. */
export interface KnownSignature {
  readonly source: string;
  /** Seed of the key pair, where one was published in the form that we take. */
  readonly seed?: string;
  readonly publicKey: string;
  readonly message: Uint8Array;
  readonly signature: string;
}

/** Published signatures by algorithm. */
export const KNOWN_SIGNATURES: Readonly<Partial<Record<SignatureAlgorithm, KnownSignature>>> = {
  ed25519: {
    source: 'RFC 8032 §7.1 test 3',
    seed: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    publicKey: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    message: Buffer.from('af82', 'hex'),
    signature:
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac' +
      '18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  },
  'ecdsa-p256': {
    source: 'RFC 6979 §A.2.5, SHA-256, "test"',
    seed: 'c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721',
    publicKey: '0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6',
    message: Buffer.from('test'),
    signature:
      'f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367' +
      '019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083',
  },
  'ecdsa-secp256k1': {
    source: 'RFC 6979 on secp256k1, key 1, "Satoshi Nakamoto"',
    seed: '0000000000000000000000000000000000000000000000000000000000000001',
    publicKey: '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798',
    message: Buffer.from('Satoshi Nakamoto'),
    signature:
      '934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8' +
      '2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5',
  },
  'bls12-381': {
    source: 'Wycheproof bls_sig_g2_pop_verify tcId 1',
    publicKey:
      '8f62f546d9ace47b11df8d0cf2911ff7cff8d3c247a6a46a' + '6b37cd42c5c19785f0ae24477a6b261b047b20b2993ebac4',
    message: Buffer.from('810c3298362cdfa76d0f618d2c3443e6670a0dd4384cb3983782047f7b86e3b5', 'hex'),
    signature:
      'a6bfda26f1f60ecfa65e9a57ae4bef304305be0bb3eca352c80032932a15928c0ac3abf7b676fefd0ca2a9af231f189c' +
      '0f612e0fb494da9d6bbbb10984616c91e59b1f8850f3975e1e603d9bd10e0b2c47705bf4da99a7e17ad3d344aa3e27c5',
  },
};

/** AES-256-GCM of 16 zero bytes under a zero key and nonce. @source McGrew and Viega, test case 14 */
export const KNOWN_GCM = 'cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919';
