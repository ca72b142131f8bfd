/**
 * Known answers of key generation: a published seed, and SHA-256 over the public key published with it.
 */
import type { CryptoAlgorithm } from '../../kernel/ports/crypto/algorithms.ts';

/** One published key pair; hex. */
export interface KnownKey {
  readonly source: string;
  readonly seed: string;
  /** SHA-256 of the public key. */
  readonly publicKeyDigest: string;
}

/** Published key pairs by algorithm. */
export const KNOWN_KEYS: Readonly<Partial<Record<CryptoAlgorithm, KnownKey>>> = {
  'ml-dsa-44': {
    source: 'ACVP ML-DSA-keyGen-FIPS204 tcId 1',
    seed: '7194b13c95231010afd2c909992bd2003ba6f437c3886bdbe3f6b867a14ba161',
    publicKeyDigest: '838b88b6ac41e2c60698173e08ca173d0b0d2839205806e56a8a3d53195f3a03',
  },
  'ml-dsa-65': {
    source: 'ACVP ML-DSA-keyGen-FIPS204 tcId 26',
    seed: 'a991fd42b071d49c48ae3e75c647459e0daad1e1ba356a04801912d3294bcff8',
    publicKeyDigest: 'b1a7d0d2f0d7a04b9d5ffccd9bd578864dab4a01cdd7f70a05cd1f4f0672e43a',
  },
  'ml-dsa-87': {
    source: 'ACVP ML-DSA-keyGen-FIPS204 tcId 51',
    seed: 'a16f5b0796703e2d1a0140a35cbf36efabe70e752ba59b6a9a0e9c4b05302f73',
    publicKeyDigest: '33f49649f05ec2fc3b050007b18ade043bbc8d1c0ded03a269d540486daaa5f4',
  },
  'ml-kem-512': {
    source: 'ACVP ML-KEM-keyGen-FIPS203 tcId 1',
    seed:
      '47b893474672ba92e4b12ee44fb32953af8e8503b5fb471d1614fb8a021a660a1f8cb39e9e30bc45' +
      '8a0dc5408884b1187fb217018df760fa57317703b844a0a9',
    publicKeyDigest: '7e4a2b716a684c1ad33c43c808782da9e1a72f14ccda82723f712d49f53a9f28',
  },
  'ml-kem-768': {
    source: 'ACVP ML-KEM-keyGen-FIPS203 tcId 26',
    seed:
      'e582b7d75e6c80b05ae392a1fc9f7153b12390fd99930368cc67a768baebc8a01cdacb8740c0b87c' +
      '4a379575f187b367cbfa3b300bf591b109f79816e9cbe8f0',
    publicKeyDigest: '4158f6afb5e516c99f1da07da8c651348422b17c1f4e9a08ad73fb1f91249b3e',
  },
  'ml-kem-1024': {
    source: 'ACVP ML-KEM-keyGen-FIPS203 tcId 51',
    seed:
      'f3a706faf090c03db506863ab0b20bd8a1627956318e88c67eb875e8e726600935d2bc43dd1cc879' +
      'f765bf2a0c5e297889dde910e57e2bb0eae417b90ab7a275',
    publicKeyDigest: 'b78619e4fceeeb86dee3fedb945eca6da61dae312771ef8fa871951d391bd7b6',
  },
  'slh-dsa-sha2-128s': {
    source: 'ACVP SLH-DSA-keyGen-FIPS205 tcId 1',
    seed:
      '173d04c938c1c36bf289c3c022d04b1463ae23c41aa546da589774ac20b745c40d794777914c9976' + '6827f0f09ca972be',
    publicKeyDigest: 'e7484e41b32f205939f202c3a29a72a1d43118f5ffc588323f81bf5b547c7b43',
  },
  'slh-dsa-shake-128s': {
    source: 'ACVP SLH-DSA-keyGen-FIPS205 tcId 11',
    seed:
      'c151951f3811029239b74add24c506afdd30363e156e6fe936ec6ed0231feb5c529ffe86200d1f32' + 'c2b60d0cd909f190',
    publicKeyDigest: '25ee9c66d71febbe37e3886dbede0bb4d20958de72c0be86195a6b2f84fab4ce',
  },
  'slh-dsa-sha2-128f': {
    source: 'ACVP SLH-DSA-keyGen-FIPS205 tcId 21',
    seed:
      'c42bcb3b5a6f331f5cce899253c6d9e29ff2b7ead7a04bab1794db8cc659c3b4a868f1bd5debc12d' + '4c9fad66aabd0a94',
    publicKeyDigest: 'f588f376e9f44d86021b382d7fa07ebf01fa9d2dcfa4377d0b36493ff027716e',
  },
  'slh-dsa-shake-128f': {
    source: 'ACVP SLH-DSA-keyGen-FIPS205 tcId 31',
    seed:
      '3956ab391b4d22fc907af0740326d061ab0eb206436f2b86ebe086d77739b3e456505c229f4e7fa6' + 'b201714c7dcc9da3',
    publicKeyDigest: '5107ab7cd0834360d91f144e2447c1774f4290099a127e83a2ffd01b4788aff5',
  },
  'slh-dsa-sha2-192s': {
    source: 'ACVP SLH-DSA-keyGen-FIPS205 tcId 41',
    seed:
      '040266529c1864088925506c20a624a2b6d50cd77c1c6f0d2841150ae8157512ef34a343ffea77ff' +
      '7d9e814b45a8b41464462665f4202886206a8f632267186ca6a1cad08a2b9a86',
    publicKeyDigest: '498ec4eab28a1b253b5a8a293b16cc8e09c2d18c05a1d0f05c159256ac8e347e',
  },
  'slh-dsa-shake-192s': {
    source: 'ACVP SLH-DSA-keyGen-FIPS205 tcId 51',
    seed:
      '8732621860e9a6e1887be55f7af692b98eb4c10b2599f94ad5cc9d6470d8b21136158e8b1710f1fb' +
      'e03eced37ed4ac6853fc64d46d7e1653ebbb36ed5fbc12c6e7cef3cb756482c8',
    publicKeyDigest: '5a2b44b7b015601dfb0392a5bebb3f5e2c97b80e0d21d02daf9e97251927422b',
  },
  'slh-dsa-sha2-192f': {
    source: 'ACVP SLH-DSA-keyGen-FIPS205 tcId 61',
    seed:
      'a021b4b9d6dee168722bc10225e50a946642af630c3c7c7d69e3a40ba09df2ac165b792a07f064ac' +
      '5fc28d8c99a580f4ee4823d09e79854706daa80ae3179b5bc8c2e9409d6328a3',
    publicKeyDigest: 'aa4c793154ef9545179d3a5186279961765b13baea9b465a1321bc3447fb7c8d',
  },
  'slh-dsa-shake-192f': {
    source: 'ACVP SLH-DSA-keyGen-FIPS205 tcId 71',
    seed:
      'fb7a2c2c75ce6c96b5f4328e0ab300476fc6f864cb5b0b99990ecb726ca822a4e3652dd92ec0aab7' +
      '637ea41c0482ae2868dcc671e3534f81a352c275b6a25f906d2ed0ff62b8b4e3',
    publicKeyDigest: '19e63a15a01a9d882ab679b4d56c627e2f2f5471af24f17c4ffad0ecdda961d9',
  },
  'slh-dsa-sha2-256s': {
    source: 'ACVP SLH-DSA-keyGen-FIPS205 tcId 81',
    seed:
      'fcbf36a9807b30697be063a5105e091b412a391dd39e1326eba23cbd4096ca77ef4121c08dd71be9' +
      '13572f1f91e57d0acbcd5cec28539ac275832bbaa6c11081a0b4f5549ebcadb951dc2e512c76b062' +
      '0d8fb8100b4ee886ef8784780d52a254',
    publicKeyDigest: '8dc17bc9c27953af4d7b5eafa534f2e0c73d6a1fc7a89d93e42574ae5b4146d5',
  },
  'slh-dsa-shake-256s': {
    source: 'ACVP SLH-DSA-keyGen-FIPS205 tcId 91',
    seed:
      'e440e39644a11a6a58e850c09c8f03c273e465237f3bef7c58de62281e676cea99c199c00db30f84' +
      '99a61b5b9dc8a361725f6ae80e97037176f408c30b38844dd7b5e755b4879fde3288a21af3e32fbb' +
      '006fd9b8bc2b180eb9b0d82c9f3157af',
    publicKeyDigest: '49a30ef4ed23a45399324c774fab8572e668f0266575c152783c8187395d9365',
  },
  'slh-dsa-sha2-256f': {
    source: 'ACVP SLH-DSA-keyGen-FIPS205 tcId 101',
    seed:
      '18523702a0fe2c9e488948b127185bab93d3f02c3d7c23a1b379f762de0509e56ab0d9f93540bd80' +
      '9d1d2e8a050440aa81e853750470e2b00c959dbd3be40e2bd7125f5d00ba47f1fc8d4c32c2f57c44' +
      '4bd384d7ce770bc50dd5980c1d1264d0',
    publicKeyDigest: '437f7d433ea72359d569ca5508d7ffed7089a4d42ff6a64fd9c986a01cf089f6',
  },
  'slh-dsa-shake-256f': {
    source: 'ACVP SLH-DSA-keyGen-FIPS205 tcId 111',
    seed:
      '2ac9403858d186b172edd8df9c78a11449893681487d3af0dad0ec341e8aca48afa2771bae6c17dd' +
      '6f77b4e3808b05f56f31b8f4128df2ccb677f0283cfb18da559bc883105e8ba0264648b532626155' +
      'f87edb4bedcfc12a24204d3b696d5370',
    publicKeyDigest: '8cdec44cfd91c2b990cc535cf5951475b9bddbb6d9b4b01d5f2885a7fdd9806c',
  },
  'falcon-512': {
    source: 'Falcon round 3 KAT, count 0',
    seed:
      '7c9935a0b07694aa0c6d10e4db6b1add2fd81a25ccb14803' + '2dcd739936737f2db505d7cfad1b497499323c8686325e47',
    publicKeyDigest: 'e74cb05c857846d8c768a2d3a2461d589482e770461fdbbe9e2e9dc6415e2daf',
  },
  'falcon-1024': {
    source: 'Falcon round 3 KAT, count 0',
    seed:
      '7c9935a0b07694aa0c6d10e4db6b1add2fd81a25ccb14803' + '2dcd739936737f2db505d7cfad1b497499323c8686325e47',
    publicKeyDigest: 'f392083048bb1bc08d77ef3782dd114154480adebbf5ee0c3853816cba0a7341',
  },
  'x-wing': {
    source: 'draft-connolly-cfrg-xwing-kem appendix C, vector 1',
    seed: '7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26',
    publicKeyDigest: '2e816deebcd76c5c80d0cd2d174478871658e8e2ff42bc9d4a6e486372e856bb',
  },
};
