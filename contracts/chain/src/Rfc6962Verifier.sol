// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Proofs of Merkle logs, checked on chain
/// @notice Inclusion and consistency proofs of RFC 9162 §2.1 over SHA-256; free as a call that sends nothing.
/// @dev Holds no state. About 1,450 gas for each hash of an inclusion proof, 2,200 of a consistency proof.
contract Rfc6962Verifier {
    /// @notice Hash of a leaf.
    /// @param entry bytes of the entry
    function leafHash(bytes calldata entry) external pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x00), entry));
    }

    /// @notice Whether a leaf is in the tree of `size` leaves under `root`.
    /// @param index position of the leaf, from 0
    /// @param size leaves of the tree
    /// @param leaf hash of the leaf
    /// @param root root of the tree
    /// @param proof hashes from the leaf's level upwards (RFC 9162 §2.1.3.2)
    function verifyInclusion(uint64 index, uint64 size, bytes32 leaf, bytes32 root, bytes32[] calldata proof)
        public
        pure
        returns (bool)
    {
        if (index >= size) return false;
        uint64 node = index;
        uint64 last = size - 1;
        bytes32 hash = leaf;
        for (uint256 i = 0; i < proof.length; ++i) {
            if (last == 0) return false;
            if (node & 1 == 1 || node == last) {
                hash = _node(proof[i], hash);
                // A node without a right brother stands for its parent, until it is one itself.
                while (node & 1 == 0 && node != 0) {
                    node >>= 1;
                    last >>= 1;
                }
            } else {
                hash = _node(hash, proof[i]);
            }
            node >>= 1;
            last >>= 1;
        }
        return last == 0 && hash == root;
    }

    /// @notice Whether the tree of `toSize` leaves begins with the tree of `fromSize` leaves.
    /// @dev Nothing is consistent with the tree of no leaves: from there a proof would say nothing.
    /// @param fromSize leaves of the older tree; not zero
    /// @param toSize leaves of the newer tree
    /// @param fromRoot root of the older tree
    /// @param toRoot root of the newer tree
    /// @param proof hashes of RFC 9162 §2.1.4.2
    function verifyConsistency(
        uint64 fromSize,
        uint64 toSize,
        bytes32 fromRoot,
        bytes32 toRoot,
        bytes32[] calldata proof
    ) public pure returns (bool) {
        if (fromSize == 0 || fromSize > toSize) return false;
        if (fromSize == toSize) return proof.length == 0 && fromRoot == toRoot;
        uint64 node = fromSize - 1;
        uint64 last = toSize - 1;
        while (node & 1 == 1) {
            node >>= 1;
            last >>= 1;
        }
        uint256 used = 0;
        bytes32 older = fromRoot;
        // Where the older tree is complete, its root is itself the first node and is not sent.
        if (node != 0) {
            if (proof.length == 0) return false;
            older = proof[used++];
        }
        bytes32 newer = older;
        for (; used < proof.length; ++used) {
            if (last == 0) return false;
            bytes32 next = proof[used];
            if (node & 1 == 1 || node == last) {
                older = _node(next, older);
                newer = _node(next, newer);
                while (node & 1 == 0 && node != 0) {
                    node >>= 1;
                    last >>= 1;
                }
            } else {
                newer = _node(newer, next);
            }
            node >>= 1;
            last >>= 1;
        }
        return last == 0 && older == fromRoot && newer == toRoot;
    }

    function _node(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x01), left, right));
    }
}
