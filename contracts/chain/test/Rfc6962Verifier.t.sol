// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "forge/Test.sol";
import {Rfc6962Verifier} from "../src/Rfc6962Verifier.sol";

/// @notice Proofs of small trees that the test builds by the definition of RFC 6962 §2.1.
/// @dev The published probes are asked on a dev chain, see test/chain/verifier-probes.test.ts.
contract Rfc6962VerifierTest is Test {
    Rfc6962Verifier internal verifier;
    uint256 internal constant MOST = 40;
    bytes32[] internal path;

    function setUp() public {
        verifier = new Rfc6962Verifier();
    }

    function leaf(uint256 index) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x00), index));
    }

    function node(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x01), left, right));
    }

    function splitOf(uint256 count) internal pure returns (uint256 split) {
        split = 1;
        while (split * 2 < count) split *= 2;
    }

    /// Root of `count` leaves from `from` on.
    function rootOf(uint256 from, uint256 count) internal pure returns (bytes32) {
        if (count == 1) return leaf(from);
        uint256 split = splitOf(count);
        return node(rootOf(from, split), rootOf(from + split, count - split));
    }

    /// Puts the audit path of leaf `index` of the tree into `path` (RFC 6962 §2.1.1).
    function findPath(uint256 index, uint256 from, uint256 count) internal {
        if (count == 1) return;
        uint256 split = splitOf(count);
        if (index < split) {
            findPath(index, from, split);
            path.push(rootOf(from + split, count - split));
        } else {
            findPath(index - split, from + split, count - split);
            path.push(rootOf(from, split));
        }
    }

    /// Puts the consistency proof into `path` (RFC 6962 §2.1.2).
    function findConsistency(uint256 older, uint256 from, uint256 count, bool isWhole) internal {
        if (older == count) {
            if (!isWhole) path.push(rootOf(from, count));
            return;
        }
        uint256 split = splitOf(count);
        if (older <= split) {
            findConsistency(older, from, split, isWhole);
            path.push(rootOf(from + split, count - split));
        } else {
            findConsistency(older - split, from + split, count - split, false);
            path.push(rootOf(from, split));
        }
    }

    function test_LeafHash() public view {
        eq(
            verifier.leafHash(""),
            0x6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d,
            "RFC 6962: hash of the empty leaf"
        );
    }

    function test_NothingIsInTheEmptyTree() public view {
        bytes32 empty = sha256("");
        isTrue(!verifier.verifyInclusion(0, 0, empty, empty, new bytes32[](0)), "inclusion");
        isTrue(!verifier.verifyConsistency(0, 0, empty, empty, new bytes32[](0)), "consistency of nothing");
        isTrue(!verifier.verifyConsistency(0, 1, empty, leaf(0), new bytes32[](0)), "consistency from nothing");
    }

    function testFuzz_EveryLeafIsIncluded(uint256 index, uint256 count, uint256 harm) public {
        count = between(count, 1, MOST);
        index = between(index, 0, count - 1);
        findPath(index, 0, count);
        bytes32 root = rootOf(0, count);
        isTrue(verifier.verifyInclusion(uint64(index), uint64(count), leaf(index), root, path), "included");
        isTrue(!verifier.verifyInclusion(uint64(index), uint64(count), leaf(count), root, path), "another leaf");
        isTrue(!verifier.verifyInclusion(uint64(count), uint64(count), leaf(index), root, path), "past the end");
        uint64 larger = 2 * uint64(splitOf(count + 1)) + 1;
        isTrue(!verifier.verifyInclusion(uint64(index), larger, leaf(index), root, path), "a larger tree");
        if (path.length > 0) {
            path[harm % path.length] ^= bytes32(uint256(1) << (harm % 256));
            isTrue(!verifier.verifyInclusion(uint64(index), uint64(count), leaf(index), root, path), "damaged");
            path.pop();
            isTrue(!verifier.verifyInclusion(uint64(index), uint64(count), leaf(index), root, path), "shorter");
        }
        path.push(root);
        path.push(root);
        isTrue(!verifier.verifyInclusion(uint64(index), uint64(count), leaf(index), root, path), "longer");
    }

    function testFuzz_GrowthIsConsistent(uint256 older, uint256 count, uint256 harm) public {
        count = between(count, 1, MOST);
        older = between(older, 1, count);
        findConsistency(older, 0, count, true);
        bytes32 from = rootOf(0, older);
        bytes32 to = rootOf(0, count);
        isTrue(verifier.verifyConsistency(uint64(older), uint64(count), from, to, path), "consistent");
        isTrue(!verifier.verifyConsistency(uint64(older), uint64(count), leaf(99), to, path), "another past");
        isTrue(!verifier.verifyConsistency(uint64(older), uint64(count), from, leaf(99), path), "another present");
        isTrue(!verifier.verifyConsistency(uint64(count) + 1, uint64(count), from, to, path), "shrunk");
        if (path.length > 0) {
            path[harm % path.length] ^= bytes32(uint256(1) << (harm % 256));
            isTrue(!verifier.verifyConsistency(uint64(older), uint64(count), from, to, path), "damaged");
        }
        path.push(to);
        isTrue(!verifier.verifyConsistency(uint64(older), uint64(count), from, to, path), "longer");
    }
}
